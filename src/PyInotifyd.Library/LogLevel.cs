namespace PyInotifyd.Library;

/// <summary>How important a message is.</summary>
public enum LogLevel
{
    /// <summary>For the hunt of an error.</summary>
    Debug = 10,

    /// <summary>The normal course of things.</summary>
    Info = 20,

    /// <summary>Something to look at.</summary>
    Warning = 30,

    /// <summary>Something failed.</summary>
    Error = 40,

    /// <summary>It cannot go on.</summary>
    Critical = 50,
}

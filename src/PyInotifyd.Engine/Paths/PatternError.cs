namespace PyInotifyd.Engine.Paths;

/// <summary>Why a pattern or a template was refused.</summary>
public sealed class PatternError
{
    internal PatternError(string message, int position, bool notSupported)
    {
        Message = message;
        Position = position;
        NotSupported = notSupported;
    }

    /// <summary>One line, worded as Python's where Python refuses the pattern too; it ends with the position.</summary>
    public string Message { get; }

    /// <summary>Where in the text.</summary>
    /// <remarks>Units: code points, the first is 0.</remarks>
    public int Position { get; }

    /// <summary>Whether Python accepts this and only this engine does not; then the message contains <c>not supported</c>.</summary>
    public bool NotSupported { get; }
}

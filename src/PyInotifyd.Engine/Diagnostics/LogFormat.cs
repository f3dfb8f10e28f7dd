namespace PyInotifyd.Engine.Diagnostics;

/// <summary>How a message looks on standard error.</summary>
public enum LogFormat : byte
{
    /// <summary><c>2026-11-22 15:59:57,958 - pyinotifyd/daemon - INFO - message</c>.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

namespace PyInotifyd.Daemon.Monitor;

/// <summary>What a placeholder of <c>--format</c> stands for.</summary>
internal enum MonitorField : byte
{
    /// <summary>Nothing: only the text before it counts.</summary>
    None,

    /// <summary>When the event was read: local time, ISO 8601 with microseconds and offset.</summary>
    Time,

    /// <summary>The event's name, without IN_ISDIR.</summary>
    MaskName,

    /// <summary>The event's flags as the kernel gave them, hexadecimal.</summary>
    Mask,

    /// <summary>The path.</summary>
    PathName,

    /// <summary>Where it was before a rename.</summary>
    SrcPathName,

    /// <summary>The last name of the path.</summary>
    Name,

    /// <summary>What is before the last name.</summary>
    DirName,

    /// <summary>The path that is watched, as it was given.</summary>
    Watch,

    /// <summary>Whether it is a directory: true or false.</summary>
    Dir,

    /// <summary>What both halves of a rename have in common, else 0.</summary>
    Cookie,
}

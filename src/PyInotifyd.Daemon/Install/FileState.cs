namespace PyInotifyd.Daemon.Install;

/// <summary>What is where a file is to be installed or was.</summary>
internal enum FileState : byte
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>The very file.</summary>
    Same,

    /// <summary>Another one that the program may replace: of another version, or for another path of the binary.</summary>
    Ours,

    /// <summary>Somebody's work.</summary>
    Modified,

    /// <summary>Nothing that is written to or removed: a link, a directory, or behind a link.</summary>
    Refused,
}

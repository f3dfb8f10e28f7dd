namespace PyInotifyd.Daemon.Install;

/// <summary>Whose a file is once it is installed.</summary>
internal enum InstalledFileKind : byte
{
    /// <summary>The program's, such as a manual page: replaced and removed as it is.</summary>
    Program,

    /// <summary>The program's, and sealed, since administrators do change it: replaced and removed while the seal is whole.</summary>
    Service,

    /// <summary>The administrator's: never replaced, and removed only where it is as it was written.</summary>
    Setting,
}

namespace PyInotifyd.Engine.Inotify;

/// <summary>Scans watched trees for entries that somebody has an account of by inode.</summary>
/// <remarks>Threads: reactor only.</remarks>
internal interface IRescan
{
    /// <summary>Has the watches of a root scanned as soon as may be; entries that are wanted are reported, whatever their change time.</summary>
    void RequestScan(byte[] root);

    /// <summary>Whether a scan of a root is still to come.</summary>
    bool IsScanPending(byte[] root);
}

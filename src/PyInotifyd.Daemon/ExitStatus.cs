namespace PyInotifyd.Daemon;

/// <summary>What the program ends with.</summary>
internal static class ExitStatus
{
    /// <summary>Done.</summary>
    public const int Fine = 0;

    /// <summary>The configuration or the run failed, or a second signal cut the shutdown short.</summary>
    public const int Failed = 1;

    /// <summary>Used wrongly, or by somebody who is not root where root is needed.</summary>
    public const int Usage = 2;

    /// <summary>What was to be installed or removed could not be.</summary>
    public const int InstallFailed = 3;

    /// <summary>What was asked for is not there.</summary>
    public const int NothingFound = 4;
}

namespace PyInotifyd.Library;

/// <summary>What of a tree is reported at the start.</summary>
public enum StartScan
{
    /// <summary>Nothing old.</summary>
    None,

    /// <summary>What changed since the last run; needs a state file.</summary>
    Changed,

    /// <summary>All that is there, as if it had just been created.</summary>
    All,
}

namespace PyInotifyd.Engine.Jobs.Launch;

/// <summary>What the launcher was doing when it failed, as it stands in the record.</summary>
internal enum LaunchStep
{
    /// <summary>It has not got as far as to read the record.</summary>
    None,

    /// <summary>Reading the record.</summary>
    Record,

    /// <summary>Setting the niceness.</summary>
    Nice,

    /// <summary>Setting the supplementary groups.</summary>
    Groups,

    /// <summary>Setting the group ids.</summary>
    Gid,

    /// <summary>Setting the user ids.</summary>
    Uid,

    /// <summary>Dropping capabilities.</summary>
    Capabilities,

    /// <summary>Finding the identity as it should be.</summary>
    Verification,

    /// <summary>Setting no_new_privs.</summary>
    NoNewPrivs,

    /// <summary>Entering the directory.</summary>
    Directory,

    /// <summary>Executing the program.</summary>
    Program,

    /// <summary>The next thing is the program itself.</summary>
    Done,
}

namespace PyInotifyd.Engine.Jobs;

/// <summary>Names a value of the event that a command may ask for.</summary>
public enum Placeholder
{
    /// <summary><c>{maskname}</c>: the event's flags by name.</summary>
    MaskName,

    /// <summary><c>{pathname}</c>: the absolute path.</summary>
    PathName,

    /// <summary><c>{src_pathname}</c>: where a moved path was before; empty when unknown.</summary>
    SrcPathName,

    /// <summary><c>{name}</c>: the last component of the path.</summary>
    Name,

    /// <summary><c>{dirname}</c>: the path without its last component.</summary>
    DirName,

    /// <summary><c>{watch}</c>: the path of the watch that saw the event.</summary>
    Watch,

    /// <summary><c>{task_id}</c>: the identity of the task.</summary>
    TaskId,
}

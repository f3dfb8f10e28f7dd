namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of a worker.</summary>
internal static class WorkerKeys
{
    internal static readonly ConfigKey Command = ConfigKey.Of(ConfigType.TextList, "command", "Program and arguments of the worker.").MustBeGiven();

    internal static readonly KeyGroup Group = new("a worker", new KeyGroup("", Command), ProcessKeys.Group);
}

namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of <c>batch</c>.</summary>
internal static class BatchKeys
{
    internal static readonly ConfigKey Max = ConfigKey.Integer("max", 1000, 1, 1_000_000, "Paths of one run at most; so many do not wait for more.");

    internal static readonly ConfigKey Wait = ConfigKey.Duration("wait", 2_000, "How long a path that is due waits for others.");

    internal static readonly ConfigKey Format = ConfigKey.Choice(
        "format", 0, "Form of the list on stdin; for a worker json only.", new("json", "One event as JSON a line."), new("nul", "Bare paths, each followed by NUL."));

    internal static readonly KeyGroup Group = new("batch", Max, Wait, Format);
}

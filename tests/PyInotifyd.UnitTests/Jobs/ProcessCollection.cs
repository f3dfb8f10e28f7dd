using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

/// <summary>Tests that start processes: alone, since they count descriptors and children and lower limits of the whole test process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    public const string Name = "Processes";
}

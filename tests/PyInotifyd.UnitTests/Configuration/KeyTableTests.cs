using System.Collections.Generic;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class KeyTableTests
{
    public static TheoryData<KeyGroup> Groups =>
    [
        KeyTable.Root, KeyTable.Included, KeyTable.Defaults, KeyTable.Shell, KeyTable.Exec, KeyTable.FileManager, KeyTable.Task, KeyTable.Rule, KeyTable.Batch,
        KeyTable.Worker, KeyTable.EventMap, KeyTable.Watch, KeyTable.Logging, KeyTable.Syslog,
    ];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Keys_of_a_group_have_different_names_and_a_sentence(KeyGroup group)
    {
        HashSet<string> names = [];
        foreach (ConfigKey key in group.Keys)
        {
            Assert.True(names.Add(key.Name), key.Name);
            Assert.EndsWith(".", key.Doc);
            Assert.True((key.Type is ConfigType.Choice or ConfigType.ChoiceMap) == (key.Choices.Length > 0), key.Name);
            Assert.True((key.Type is ConfigType.Object or ConfigType.ObjectList or ConfigType.ObjectMap) == (key.Group is not null), key.Name);
            Assert.False(key.HasDefault && key.Required, key.Name);
        }
    }

    [Fact]
    public void Event_map_has_all_events()
    {
        foreach (string name in EventNames.All)
        {
            Assert.Equal(ConfigType.Actions, KeyTable.EventMap.Find(name)!.Type);
        }
    }

    [Fact]
    public void Defaults_of_the_table_are_those_of_the_specs()
    {
        SchedulerSpec scheduler = ConfigText.Scheduler("\"type\": \"shell\", \"cmd\": \"true\"");
        Assert.Equal(new SchedulerSpec { Name = "s", Job = new ShellJobSpec("true", ProcessSpec.Default) }, scheduler);
        WatchSpec watch = ConfigText.Watch("\"default_sched\": \"s\"");
        Assert.Equal(new WatchSpec { Path = watch.Path, EventMap = watch.EventMap }, watch);
    }
}

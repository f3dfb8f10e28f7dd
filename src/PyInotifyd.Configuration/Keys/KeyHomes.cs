using System;

namespace PyInotifyd.Configuration.Keys;

/// <summary>Tells where a key belongs that stands in the wrong kind of object.</summary>
internal static class KeyHomes
{
    /// <summary>Returns what has a key of exactly this name, as <c>a watch</c>, for one that stands in <paramref name="here"/>; null where nothing has.</summary>
    public static string? Find(string name, KeyGroup here)
    {
        if (here == RootKeys.Included && RootKeys.Group.Find(name) is not null)
        {
            return RootKeys.Group.Name;
        }

        if (SchedulerKeys.Common.Find(name) is not null)
        {
            return SchedulerKeys.Common.Name;
        }

        if (SchedulerKeys.Defaults.Find(name) is not null)
        {
            return "schedulers of type \"shell\" and \"exec\"";
        }

        ReadOnlySpan<KeyGroup> groups =
        [
            SchedulerKeys.Shell, SchedulerKeys.Exec, SchedulerKeys.FileManager, SchedulerKeys.Task, RuleKeys.Group, WatchKeys.Group, EventMapKeys.Group,
            LoggingKeys.Group, LoggingKeys.SyslogGroup, BatchKeys.Group, WorkerKeys.Group, RootKeys.Group,
        ];
        foreach (KeyGroup group in groups)
        {
            if (group.Find(name) is not null)
            {
                return group.Name;
            }
        }

        return null;
    }
}

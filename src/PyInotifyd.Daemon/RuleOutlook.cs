using System;
using System.Collections.Generic;
using System.Globalization;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Jobs.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Looks ahead at what a rule of a file manager would meet: refusals, a destination that is taken, permissions, and rules that its own work sets off. Touches nothing.</summary>
/// <remarks>What it says is for people: the file system may be another one when the task runs, and who asks may be another user than the daemon.</remarks>
internal sealed class RuleOutlook
{
    private const int MaxHops = 32;

    // As what the file manager's work arrives: linked, renamed, or closed by whoever writes on.
    private const EventMask Arrival = EventMask.Create | EventMask.MovedTo | EventMask.CloseWrite;

    private readonly EngineSpec _spec;
    private readonly List<WatchReach> _reaches;
    private readonly byte[] _path;
    private readonly int _type;
    private readonly bool _exists;
    private readonly Action<string> _warn;

    /// <summary>Takes a path, what it is, and who gets the warnings.</summary>
    public RuleOutlook(EngineSpec spec, List<WatchReach> reaches, byte[] path, int type, bool exists, Action<string> warn)
    {
        (_spec, _reaches, _path, _type, _exists, _warn) = (spec, reaches, path, type, exists, warn);
    }

    private bool IsDir => _type == Libc.S_IFDIR;

    /// <summary>Looks at one rule of one scheduler.</summary>
    public void Look(SchedulerSpec scheduler, RuleSet rules, FileRule rule, byte[]? destination)
    {
        WarnOfSource(rule);
        if (destination is not null)
        {
            WarnOfDestination(rule, destination);
            WarnOfAgain(scheduler, rules, destination);
        }
    }

    private void WarnOfSource(FileRule rule)
    {
        bool isPlain = _type is Libc.S_IFREG or Libc.S_IFDIR or Libc.S_IFLNK;
        if (!isPlain && rule.Spec.Action != RuleAction.Delete)
        {
            _warn(Quote(_path) + " is a named pipe, a socket or a device, which is refused");
        }

        if (rule.Spec.Action == RuleAction.Delete && IsDir && !rule.Spec.Rec)
        {
            _warn(Quote(_path) + " is a directory, and rec is not set: it is removed only if it is empty");
        }

        if (!_exists)
        {
            return;
        }

        if (rule.Spec.Action == RuleAction.Copy && isPlain && _type != Libc.S_IFLNK)
        {
            Check(_path, IsDir ? Libc.R_OK | Libc.X_OK : Libc.R_OK, "cannot be read");
        }
        else if (rule.Spec.Action != RuleAction.Copy)
        {
            Check(Directory(_path), Libc.W_OK | Libc.X_OK, "cannot be written, so nothing is taken out of it");
        }
    }

    private void WarnOfDestination(FileRule rule, byte[] destination)
    {
        string name = Quote(destination);
        if (destination.AsSpan().SequenceEqual(_path))
        {
            _warn("the destination " + name + " is the path itself, which is refused");
            return;
        }

        if (IsDir && destination.Length > _path.Length && destination.AsSpan().StartsWith(_path) && destination[_path.Length] == (byte)'/')
        {
            _warn("the destination " + name + " lies in the directory itself, which is refused");
        }

        if (Exists(destination, follow: false, out statx found))
        {
            if (!rule.Spec.Override)
            {
                _warn("the destination " + name + " exists, and override is not set");
            }
            else if (found.Type == Libc.S_IFDIR && !IsDir)
            {
                _warn("the destination " + name + " is a directory, which no file replaces");
            }
        }

        WarnOfDirectory(rule, destination);
    }

    private void WarnOfDirectory(FileRule rule, byte[] destination)
    {
        byte[] directory = Directory(destination);
        bool isMissing = false;
        while (!Exists(directory, follow: true, out statx found))
        {
            if (!isMissing && !rule.Spec.AutoCreate)
            {
                _warn("the directory " + Quote(directory) + " of the destination does not exist, and auto_create is not set");
                return;
            }

            if (directory.Length == 1)
            {
                return;
            }

            isMissing = true;
            directory = Directory(directory);
        }

        _ = Exists(directory, follow: true, out statx nearest);
        if (nearest.Type != Libc.S_IFDIR)
        {
            _warn(Quote(directory) + " in the destination is not a directory");
        }
        else
        {
            Check(directory, Libc.W_OK | Libc.X_OK, "cannot be written");
        }
    }

    private void WarnOfAgain(SchedulerSpec scheduler, RuleSet rules, byte[] destination)
    {
        string name = Quote(destination);
        if (rules.Find(destination, out FileRule? again) == MatchOutcome.Matched)
        {
            _warn("the destination " + name + " matches rule " + Number(again!.Index) + " of the same scheduler, " + scheduler.Name
                + (IsScheduledAt(scheduler, destination) ? "; it is not triggered by its own writes, but by those of others" : ", though no watch reports it there"));
        }

        HashSet<string> seen = [scheduler.Name];
        Follow(scheduler, scheduler, destination, seen, 1);
    }

    // From one scheduler to the next that takes what arrives at a path.
    private void Follow(SchedulerSpec first, SchedulerSpec writer, byte[] arrived, HashSet<string> seen, int hop)
    {
        foreach (SchedulerSpec next in _spec.Schedulers)
        {
            if (next.Name == writer.Name || next.Job is not FileManagerJobSpec files || !(IsDir ? next.Dirs : next.Files) || !IsScheduledAt(next, arrived, Arrival))
            {
                continue;
            }

            RuleSet rules = new(files.Rules);
            if (rules.Find(arrived, out FileRule? rule) != MatchOutcome.Matched)
            {
                continue;
            }

            if (next.Name == first.Name)
            {
                _warn("what arrives at " + Quote(arrived) + " triggers rule " + Number(rule!.Index) + " of scheduler " + next.Name + " again; such a circle is stopped after "
                    + Number(MaxHops) + " actions");
                continue;
            }

            byte[]? destination = rule!.Destination is null ? null : rules.Expand(rule, arrived, out _);
            _warn("what arrives at " + Quote(arrived) + " triggers rule " + Number(rule.Index) + " of scheduler " + next.Name + ": " + rule.Verb
                + (destination is null ? "" : " to " + Quote(destination)));
            if (destination is not null && hop < MaxHops && seen.Add(next.Name))
            {
                Follow(first, next, destination, seen, hop + 1);
            }
        }
    }

    private bool IsScheduledAt(SchedulerSpec scheduler, byte[] path, EventMask events = EventMask.All)
    {
        foreach (WatchReach reach in _reaches)
        {
            if (Schedules(reach.Spec.EventMap, scheduler.Name, events) && reach.Covers(path) && reach.Reports(path))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Schedules(EventMapSpec map, string scheduler, EventMask events)
    {
        for (int slot = 0; slot < EventNames.SlotCount; slot++)
        {
            foreach (ActionSpec action in (EventNames.FromSlot(slot) & events) == 0 ? SpecList<ActionSpec>.Empty : map[slot])
            {
                if (!action.IsCancel && action.Scheduler == scheduler)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Check(byte[] path, int mode, string what)
    {
        int result = Libc.faccessat(Libc.AT_FDCWD, [.. path, 0], mode, Libc.AT_EACCESS);
        if (result < 0)
        {
            _warn(Quote(path) + " " + what + " by user " + Number((int)Libc.geteuid()) + ", who asks: " + Errno.Name(result) + " " + Errno.Text(result));
        }
    }

    private static byte[] Directory(ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        return slash <= 0 ? [(byte)'/'] : path[..slash].ToArray();
    }

    private static bool Exists(byte[] path, bool follow, out statx found) =>
        Libc.statx(Libc.AT_FDCWD, [.. path, 0], (follow ? 0 : Libc.AT_SYMLINK_NOFOLLOW) | Libc.AT_NO_AUTOMOUNT, Libc.STATX_TYPE, out found) == 0;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Quote(ReadOnlySpan<byte> path) => "'" + SurrogateEscape.Decode(path) + "'";
}

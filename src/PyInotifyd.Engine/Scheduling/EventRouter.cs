using System;
using System.Runtime.CompilerServices;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>Brings the events of the watches to the schedulers that their event maps name.</summary>
/// <remarks>
/// The actions of a watch are compiled at its first event, kept in <see cref="Watch.Route"/>, and compiled anew after a reload.
/// Threads: reactor only.   Cost: an event without actions is one look at an array; nothing is allocated but for new tasks (and for the line <c>received event</c>, where that is wanted).
/// </remarks>
public sealed class EventRouter : IWatchSink
{
    private readonly SchedulerSet _schedulers;
    private readonly Logger _logger;

    /// <summary>Makes a router to the schedulers of a set.</summary>
    public EventRouter(SchedulerSet schedulers, Log log)
    {
        _schedulers = schedulers;
        _logger = log.GetLogger("eventmap");
    }

    /// <summary>When the events that come now were read: the monotonic clock after read(2), in nanoseconds. Delays are counted from it.</summary>
    public long EventTimeNs { get; set; }

    /// <summary>A file of the daemon, which may lie in a watched tree; events of it, and of names that are longer by <c>.new</c> or <c>.bad</c>, are left out. Empty: none.</summary>
    public byte[] OwnFile { get; set; } = [];

    /// <inheritdoc/>
    public bool Wants(Watch watch, EventMask mask, bool isDir) => RouteOf(watch).ActionsOn(mask, isDir).Length != 0 || _logger.IsEnabled(LogLevel.Debug);

    /// <inheritdoc/>
    public void OnEvent(in WatchEvent e)
    {
        if (OwnFile.Length != 0 && IsOwn(e.PathName))
        {
            return;
        }

        if (_logger.IsEnabled(LogLevel.Debug))
        {
            LogEvent(in e);
        }

        Route.Action[] actions = RouteOf(e.Watch).ActionsOn(e.Mask, e.IsDir);
        if (actions.Length != 0)
        {
            Act(in e, actions);
        }
    }

    private void Act(in WatchEvent e, Route.Action[] actions)
    {

        FileEvent file = new()
        {
            Mask = e.Mask,
            IsDir = e.IsDir,
            Wd = e.Wd,
            Cookie = e.Cookie,
            PathName = e.PathName,
            SrcPathName = e.SrcPathName,
            WatchPath = e.Watch.Root,
        };
        foreach (Route.Action action in actions)
        {
            if (action.IsCancel)
            {
                action.Scheduler.Cancel(in file);
            }
            else
            {
                action.Scheduler.Trigger(in file, EventTimeNs);
            }
        }
    }

    /// <inheritdoc/>
    public void OnTreeMoved(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to) => _schedulers.MoveTree(from, to);

    /// <inheritdoc/>
    public void OnTreeGone(ReadOnlySpan<byte> path) => _schedulers.DropTree(path);

    /// <inheritdoc/>
    public void OnTreeScanned(ReadOnlySpan<byte> root) => _schedulers.DropVanished(root);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Route RouteOf(Watch watch) => watch.Route is Route route && route.Generation == _schedulers.Generation ? route : Compile(watch);

    private Route Compile(Watch watch)
    {
        Route route = new(watch.Spec.EventMap, _schedulers);
        watch.Route = route;
        return route;
    }

    private bool IsOwn(ReadOnlySpan<byte> path)
    {
        if (path.Length < OwnFile.Length || path.Length > OwnFile.Length + 4 || !path.StartsWith(OwnFile))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = path[OwnFile.Length..];
        return rest.IsEmpty || rest.SequenceEqual(".new"u8) || rest.SequenceEqual(".bad"u8);
    }

    private void LogEvent(in WatchEvent e)
    {
        LogRecord record = new(LogLevel.Debug, _logger.Name, "received event")
        {
            Kind = LogKind.Event,
            Mask = (uint)e.Mask,
            MaskName = EventNames.Full(e.Mask),
            SelfIsDir = e.SelfIsDir,
            PathName = e.PathName,
            SrcPathName = e.SrcPathName,
            Wd = e.Wd,
            Cookie = e.Cookie,
        };
        _logger.Write(in record);
    }
}

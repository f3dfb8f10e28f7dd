using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Remembers the files that the file managers made, as they left them, so that a scheduler is not triggered by its own work and a circle of schedulers comes to an end.</summary>
/// <remarks>
/// A file is known by device, inode and change time: whoever changes it afterwards makes it somebody else's. While an action still works on it, any change time is its own.
/// Only files are remembered whose place a rule of some scheduler may match, most often none; of those the last <see cref="Capacity"/>.
/// Threads: any. The one lock besides the mailbox's: an event may be read before the mail of the action that caused it, so mail comes too late.
/// </remarks>
internal sealed class OwnWrites
{
    private const int Capacity = 262_144;
    private const long InProgress = long.MinValue;

    private readonly Lock _lock = new();
    private readonly Dictionary<FileIdentity, Entry> _entries = [];
    private readonly Queue<FileIdentity> _order = new();
    private volatile bool _any;

    private readonly record struct Entry(long ChangedNs, string Scheduler, int Hops);

    /// <summary>Whether anything is remembered.</summary>
    public bool IsEmpty => !_any;

    /// <summary>Says that a scheduler's action works on a file.</summary>
    public void Begin(in statx file, string scheduler, int hops) => Set(in file, new Entry(InProgress, scheduler, hops));

    /// <summary>Says how an action left a file.</summary>
    public void Complete(in statx file, string scheduler, int hops) => Set(in file, new Entry(file.stx_ctime.Nanoseconds, scheduler, hops));

    /// <summary>Whether a file is as a scheduler's own action left it.</summary>
    public bool IsOwn(in statx file, string scheduler)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(FileIdentity.Of(in file), out Entry entry) && entry.Scheduler == scheduler
                && (entry.ChangedNs == InProgress || entry.ChangedNs == file.stx_ctime.Nanoseconds);
        }
    }

    /// <summary>Returns through how many actions a file has come here; 0: it is somebody else's.</summary>
    public int HopsOf(in statx file)
    {
        if (IsEmpty)
        {
            return 0;
        }

        lock (_lock)
        {
            return _entries.TryGetValue(FileIdentity.Of(in file), out Entry entry) && (entry.ChangedNs == InProgress || entry.ChangedNs == file.stx_ctime.Nanoseconds)
                ? entry.Hops
                : 0;
        }
    }

    private void Set(in statx file, Entry entry)
    {
        FileIdentity identity = FileIdentity.Of(in file);
        lock (_lock)
        {
            if (!_entries.ContainsKey(identity))
            {
                _order.Enqueue(identity);
            }

            _entries[identity] = entry;
            _any = true;
            if (_order.Count > Capacity)
            {
                _entries.Remove(_order.Dequeue());
            }
        }
    }
}

using System;
using System.Diagnostics;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Reactor;

/// <summary>The array that poll(2) gets, kept up to date instead of being made anew, and the source of each of its entries.</summary>
/// <remarks>
/// <para>
/// Descriptors are small numbers, so an array indexed by descriptor finds the entry of a source: adding and removing are O(1) and need nothing stored in
/// the source.
/// </para>
/// <para>
/// Removal leaves a hole (descriptor -1, which poll passes over) and a new source always goes to the end, even under a descriptor that has just become
/// free. That keeps the order of registration, and nothing moves while results are being handed out: an index below the length at poll's return means the
/// same entry until the end of the step. Holes are closed before the next poll, since the kernel counts them against RLIMIT_NOFILE; poll itself walks the
/// array anyway.
/// </para>
/// Threads: the reactor's.
/// </remarks>
internal sealed class PollTable
{
    /// <summary>Entry of the event source; its descriptor is -1 while there is none.</summary>
    public const int EventIndex = 0;

    /// <summary>Entry of the mailbox.</summary>
    public const int MailIndex = 1;

    /// <summary>First entry of a source that was added.</summary>
    public const int FirstSource = 2;

    private pollfd[] _entries = new pollfd[16];
    private IPollSource?[] _sources = new IPollSource?[16];
    private int[] _indexByFd = new int[64];
    private int _firstHole = int.MaxValue;
    private int _eventFd = -1;

    public PollTable(int mailFd)
    {
        _entries[EventIndex] = new pollfd { fd = -1, events = (short)Libc.POLLIN };
        _entries[MailIndex] = new pollfd { fd = mailFd, events = (short)Libc.POLLIN };
        Count = FirstSource;
    }

    /// <summary>Number of entries, holes included.</summary>
    public int Count { get; private set; }

    /// <summary>The entries for poll(2), valid until the next change.</summary>
    public Span<pollfd> Entries => _entries.AsSpan(0, Count);

    public void SetEventFd(int fd)
    {
        _eventFd = fd;
        _entries[EventIndex] = new pollfd { fd = fd, events = (short)Libc.POLLIN };
    }

    /// <summary>Has the next poll pass over the event source, or wait for it again.</summary>
    public void SetEventResting(bool isResting) => _entries[EventIndex] = new pollfd { fd = isResting ? -1 : _eventFd, events = (short)Libc.POLLIN };

    public IPollSource? SourceAt(int index) => _sources[index];

    public void Add(IPollSource source)
    {
        int fd = source.Fd;
        ArgumentOutOfRangeException.ThrowIfNegative(fd);
        if (fd >= _indexByFd.Length)
        {
            Array.Resize(ref _indexByFd, Math.Max(fd + 1, _indexByFd.Length * 2));
        }

        if (_indexByFd[fd] != 0)
        {
            throw new InvalidOperationException("descriptor " + fd.ToString() + " is registered already: was it closed without being removed?");
        }

        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
            Array.Resize(ref _sources, Count * 2);
        }

        _entries[Count] = new pollfd { fd = fd, events = source.Events };
        _sources[Count] = source;
        _indexByFd[fd] = Count++;
    }

    /// <summary>Removes a source; false when it is not in the table.</summary>
    public bool Remove(IPollSource source)
    {
        int index = IndexOf(source);
        if (index < 0)
        {
            return false;
        }

        _indexByFd[_entries[index].fd] = 0;
        _entries[index].fd = -1;
        _sources[index] = null;
        _firstHole = Math.Min(_firstHole, index);
        return true;
    }

    /// <summary>Reads the events of a source anew; false when it is not in the table.</summary>
    public bool Update(IPollSource source)
    {
        int index = IndexOf(source);
        if (index < 0)
        {
            return false;
        }

        _entries[index].events = source.Events;
        return true;
    }

    /// <summary>Closes the holes, keeping the order.</summary>
    public void Compact()
    {
        if (_firstHole >= Count)
        {
            return;
        }

        int to = _firstHole;
        for (int from = _firstHole; from < Count; from++)
        {
            if (_sources[from] is null)
            {
                continue;
            }

            Debug.Assert(_entries[from].fd >= 0, "an entry with a source has a descriptor");
            _entries[to] = _entries[from];
            _sources[to] = _sources[from];
            _indexByFd[_entries[to].fd] = to;
            to++;
        }

        Array.Clear(_sources, to, Count - to);
        Count = to;
        _firstHole = int.MaxValue;
    }

    private int IndexOf(IPollSource source)
    {
        int fd = source.Fd;
        int index = (uint)fd < (uint)_indexByFd.Length ? _indexByFd[fd] : 0;
        return index != 0 && ReferenceEquals(_sources[index], source) ? index : -1;
    }
}

using System;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Shows on a terminal how many directories are watched so far, while large trees are set up; passes everything on to the kernel.</summary>
/// <remarks>
/// The line comes after a third of a second, so that small trees show nothing, changes ten times a second, and is erased at the end and before any other message.
/// Threads: the reactor's, but for <see cref="Erase"/>, which a signal may call too.
/// </remarks>
internal sealed class SetupProgress : IInotify
{
    private const long FirstNs = 333_000_000;
    private const long IntervalNs = 100_000_000;
    private const int CallsPerLook = 64;

    private readonly IInotify _kernel;
    private readonly IClock _clock;
    private readonly int _terminal;
    private long _dueNs;
    private int _added;
    private bool _ended;
    private volatile bool _shown;

    /// <summary>Makes one that writes to a terminal.</summary>
    public SetupProgress(IInotify kernel, IClock clock, int terminal)
    {
        _kernel = kernel;
        _clock = clock;
        _terminal = terminal;
        _dueNs = clock.NowNs + FirstNs;
    }

    /// <inheritdoc/>
    public int Fd => _kernel.Fd;

    /// <inheritdoc/>
    public int QueueLimit => _kernel.QueueLimit;

    /// <inheritdoc/>
    public int AddDirectory(int dirfd, uint mask) => Counted(_kernel.AddDirectory(dirfd, mask));

    /// <inheritdoc/>
    public int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame) => Counted(_kernel.AddChild(dirfd, terminatedName, mask, isSame));

    /// <inheritdoc/>
    public int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask) => _kernel.AddPath(terminatedPath, mask);

    /// <inheritdoc/>
    public int Remove(int wd) => _kernel.Remove(wd);

    /// <inheritdoc/>
    public int Read(Span<byte> buffer) => _kernel.Read(buffer);

    /// <inheritdoc/>
    public int Pending() => _kernel.Pending();

    /// <inheritdoc/>
    public void MakeRoom() => _kernel.MakeRoom();

    /// <summary>Takes the line away, if it is there; it may come back.</summary>
    public void Erase()
    {
        if (_shown)
        {
            _shown = false;
            _ = Libc.write(_terminal, "\r\e[K"u8);
        }
    }

    /// <summary>Takes the line away for good.</summary>
    public void End()
    {
        _ended = true;
        Erase();
    }

    private int Counted(int result)
    {
        if (result >= 0 && ++_added % CallsPerLook == 0 && !_ended && _clock.NowNs is var now && now >= _dueNs)
        {
            _dueNs = now + IntervalNs;
            _shown = true;
            _ = Libc.write(_terminal, Encoding.ASCII.GetBytes("\r\e[Kwatching " + _added.ToString() + " directories so far"));
        }

        return result;
    }
}

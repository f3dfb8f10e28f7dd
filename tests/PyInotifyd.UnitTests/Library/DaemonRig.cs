namespace PyInotifyd.UnitTests.Library;

using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using PyInotifyd.Library;
using PyInotifyd.TestKit;
using Xunit;
using Watch = PyInotifyd.Library.Watch;

/// <summary>A daemon of the library that runs in this process, with the kernel's inotify, on a temporary directory; and what it has logged.</summary>
internal sealed class DaemonRig : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly List<string> _lines = [];

    public TempTree Tree { get; } = new();

    public Daemon Daemon { get; private set; } = null!;

    public Task<bool> Ended { get; private set; } = null!;

    /// <summary>Starts it with one watch on the directory; done when that stands.</summary>
    public async Task Start(EventMap events, Func<Watch, Setup>? setup = null)
    {
        Watch watch = new(Tree.Path, events) { Rec = true, AutoAdd = true };
        Daemon = new Daemon(setup is null ? SetupOf(watch) : setup(watch), Write);
        Ended = Daemon.RunAsync();
        await Daemon.Ready.WaitAsync(s_patience);
    }

    public static Setup SetupOf(params Watch[] watches)
    {
        Setup setup = new() { LogLevel = LogLevel.Debug };
        foreach (Watch watch in watches)
        {
            setup.Watches.Add(watch);
        }

        return setup;
    }

    /// <summary>Returns what a source of a test is given, or fails when nothing comes.</summary>
    public static async Task<T> Await<T>(TaskCompletionSource<T> source) => await source.Task.WaitAsync(s_patience);

    /// <summary>Waits until a number of lines hold a text, and returns them.</summary>
    public List<string> WaitFor(string text, int count = 1)
    {
        long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        lock (_gate)
        {
            while (true)
            {
                List<string> found = _lines.FindAll(line => line.Contains(text, StringComparison.Ordinal));
                if (found.Count >= count)
                {
                    return found;
                }

                int left = (int)Math.Max(0, end - Environment.TickCount64);
                Assert.True(left != 0 && Monitor.Wait(_gate, left), $"no {count} lines with '{text}' in\n{string.Join('\n', _lines)}");
            }
        }
    }

    /// <summary>Returns how many lines hold a text.</summary>
    public int Count(string text)
    {
        lock (_gate)
        {
            return _lines.FindAll(line => line.Contains(text, StringComparison.Ordinal)).Count;
        }
    }

    /// <summary>Ends it in an orderly way, and says whether that was so.</summary>
    public async Task<bool> Stop()
    {
        Daemon.Stop();
        return await Ended.WaitAsync(s_patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (Ended is not null)
        {
            Daemon.Kill();
            _ = await Ended.WaitAsync(s_patience);
        }

        Tree.Dispose();
    }

    private void Write(LogMessage message)
    {
        lock (_gate)
        {
            _lines.Add(message.Level.ToString().ToUpperInvariant() + " " + message.Logger + ": " + message.Text);
            Monitor.PulseAll(_gate);
        }
    }
}

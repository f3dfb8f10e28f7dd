using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading;
using PyInotifyd.Linux;

namespace PyInotifyd.TestKit;

/// <summary>A running daemon, the published binary, with what it has logged so far.</summary>
/// <remarks>
/// Tests wait for a condition over the log (<see cref="WaitFor(Func{string, bool}, TimeSpan?)"/>), which is looked at again with each new line: no sleeps.
/// Errors: a wait that is not over by its deadline, or by the end of the daemon, throws with the whole log.
/// Owns: a temporary directory with the configuration; <see cref="Dispose"/> ends the daemon, by its process id, and removes it.
/// Threads: one reads standard error, one standard output; all members may be called from the test's thread only.
/// </remarks>
public sealed class DaemonProcess : IDisposable
{
    /// <summary>How long a test waits unless it says otherwise: far more than any step needs on a loaded machine.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    private const string ConfigurationName = "config.json";

    private readonly TempTree _folder;
    private readonly Process _process;
    private readonly Thread _errorReader;
    private readonly Thread _outputReader;

    // The lock of everything below it; pulsed with each new line and at the end of the log.
    private readonly object _gate = new();
    private readonly List<string> _log = [];
    private readonly List<string> _output = [];
    private bool _logEnded;

    private DaemonProcess(TempTree folder, ProcessStartInfo start)
    {
        _folder = folder;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _errorReader = StartReader(_process.StandardError.BaseStream, _log);
        _outputReader = StartReader(_process.StandardOutput.BaseStream, _output);
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>The absolute path of the configuration file.</summary>
    public string ConfigurationPath => _folder.PathOf(ConfigurationName);

    /// <summary>Starts the binary with <c>-c</c> and a file that holds <paramref name="configuration"/>.</summary>
    /// <param name="configuration">The text of the configuration file.</param>
    /// <param name="prepare">Changes program, arguments or environment before the start, to add <c>-d</c> or an emulator for example.</param>
    public static DaemonProcess Start(string configuration, Action<ProcessStartInfo>? prepare = null)
    {
        TempTree folder = new();
        try
        {
            folder.Write(ConfigurationName, configuration);
            ProcessStartInfo start = new(PublishedBinary.X64, ["-c", folder.PathOf(ConfigurationName)])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };

            // Set where the tests run as a service, and not meant for this daemon.
            start.Environment.Remove("JOURNAL_STREAM");
            start.Environment.Remove("NOTIFY_SOCKET");
            prepare?.Invoke(start);
            return new DaemonProcess(folder, start);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Returns the lines on standard error so far.</summary>
    public string[] Log()
    {
        lock (_gate)
        {
            return [.. _log];
        }
    }

    /// <summary>Returns the lines on standard output so far.</summary>
    public string[] Output()
    {
        lock (_gate)
        {
            return [.. _output];
        }
    }

    /// <summary>Returns the number of lines that are in the log now, for a wait that looks at later ones only.</summary>
    public int Mark()
    {
        lock (_gate)
        {
            return _log.Count;
        }
    }

    /// <summary>Waits until all watches are set.</summary>
    public string WaitForReady() => WaitFor(line => line.Contains("ready, watching ", StringComparison.Ordinal));

    /// <summary>Waits for a log line that contains <paramref name="text"/> and returns it.</summary>
    public string WaitFor(string text, TimeSpan? deadline = null) => WaitFor(line => line.Contains(text, StringComparison.Ordinal), deadline);

    /// <summary>Waits for a log line that meets the condition and returns the first such line.</summary>
    public string WaitFor(Func<string, bool> condition, TimeSpan? deadline = null) => WaitForAfter(0, condition, deadline);

    /// <summary>Waits for a log line from number <paramref name="mark"/> on that meets the condition and returns the first such line.</summary>
    public string WaitForAfter(int mark, Func<string, bool> condition, TimeSpan? deadline = null)
    {
        string? found = null;
        int next = mark;
        WaitUntil(
            log =>
            {
                while (found is null && next < log.Count)
                {
                    found = condition(log[next]) ? log[next] : null;
                    next++;
                }

                return found is not null;
            },
            deadline);
        return found!;
    }

    /// <summary>Waits until the log holds at least <paramref name="count"/> lines that contain <paramref name="text"/>.</summary>
    public void WaitForCount(int count, string text, TimeSpan? deadline = null)
    {
        int seen = 0;
        int next = 0;
        WaitUntil(
            log =>
            {
                for (; next < log.Count; next++)
                {
                    seen += log[next].Contains(text, StringComparison.Ordinal) ? 1 : 0;
                }

                return seen >= count;
            },
            deadline);
    }

    /// <summary>Waits until the condition over the whole log holds; it is looked at now and after each new line.</summary>
    public void WaitUntil(Func<IReadOnlyList<string>, bool> condition, TimeSpan? deadline = null)
    {
        long end = Environment.TickCount64 + (long)(deadline ?? DefaultDeadline).TotalMilliseconds;
        lock (_gate)
        {
            while (!condition(_log))
            {
                long left = end - Environment.TickCount64;
                if (_logEnded)
                {
                    throw new InvalidOperationException(WithLog("the daemon ended before the condition was met"));
                }

                if (left <= 0)
                {
                    throw new TimeoutException(WithLog("the condition was not met in time"));
                }

                Monitor.Wait(_gate, (int)left);
            }
        }
    }

    /// <summary>Sends a signal, one of the constants of <see cref="Libc"/>.</summary>
    public void Signal(int signal)
    {
        int result = Libc.kill(_process.Id, signal);
        if (result < 0)
        {
            throw new InvalidOperationException(WithLog($"kill {signal}: {Errno.Name(result)}"));
        }
    }

    /// <summary>Stops the daemon (SIGSTOP) and returns when none of its threads runs any more; SIGCONT lets it go on.</summary>
    public void Suspend()
    {
        Signal(Libc.SIGSTOP);
        Stopwatch watch = Stopwatch.StartNew();
        while (Array.Exists(Directory.GetDirectories($"/proc/{Id}/task"), IsRunning))
        {
            if (watch.Elapsed > DefaultDeadline)
            {
                throw new TimeoutException(WithLog("the daemon does not stop on SIGSTOP"));
            }

            Thread.Sleep(1);
        }
    }

    /// <summary>Writes the configuration file anew and has the daemon read it (SIGHUP).</summary>
    public void Reload(string configuration)
    {
        _folder.Write(ConfigurationName, configuration);
        Signal(Libc.SIGHUP);
    }

    /// <summary>Asks the daemon to shut down (SIGTERM) and returns its exit status.</summary>
    public int Stop(TimeSpan? deadline = null)
    {
        Signal(Libc.SIGTERM);
        return WaitForExit(deadline);
    }

    /// <summary>Waits until the daemon has ended and all of its log has been read, and returns the exit status.</summary>
    public int WaitForExit(TimeSpan? deadline = null)
    {
        if (!_process.WaitForExit(deadline ?? DefaultDeadline))
        {
            throw new TimeoutException(WithLog("the daemon did not end in time"));
        }

        _errorReader.Join(deadline ?? DefaultDeadline);
        _outputReader.Join(deadline ?? DefaultDeadline);
        return _process.ExitCode;
    }

    /// <summary>Returns the message with the whole log below it, for an assertion that fails.</summary>
    public string WithLog(string message)
    {
        StringBuilder text = new(message);
        text.Append("\n--- log of pyinotifyd, process ").Append(_process.Id);
        text.Append(_process.HasExited ? $", ended with status {_process.ExitCode}" : ", running").Append('\n');
        foreach (string line in Log())
        {
            text.Append(line).Append('\n');
        }

        return text.Append("---").ToString();
    }

    /// <summary>Ends the daemon, with the tasks it runs where it still can, and removes the temporary directory.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // The first TERM may wait for tasks, a second one kills them; a daemon that hangs or is stopped takes KILL.
            Libc.kill(_process.Id, Libc.SIGTERM);
            Libc.kill(_process.Id, Libc.SIGCONT);
            if (!_process.WaitForExit(TimeSpan.FromMilliseconds(500)))
            {
                Libc.kill(_process.Id, Libc.SIGTERM);
                if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
                {
                    _process.Kill();
                    _process.WaitForExit();
                }
            }
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private static bool IsRunning(string task)
    {
        try
        {
            string text = File.ReadAllText(task + "/stat");
            return text[text.LastIndexOf(')') + 2] is not ('T' or 't');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Thread StartReader(Stream stream, List<string> lines)
    {
        Thread thread = new(() => ReadLines(stream, lines)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private void ReadLines(Stream stream, List<string> lines)
    {
        using StreamReader reader = new(stream, Encoding.UTF8);
        try
        {
            while (reader.ReadLine() is { } line)
            {
                lock (_gate)
                {
                    lines.Add(line);
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The daemon is gone; a grandchild may still hold the other end.
        }
        finally
        {
            lock (_gate)
            {
                _logEnded |= lines == _log;
                Monitor.PulseAll(_gate);
            }
        }
    }
}

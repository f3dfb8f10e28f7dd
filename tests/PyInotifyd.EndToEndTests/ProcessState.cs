using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>What /proc tells of a process.</summary>
internal static class ProcessState
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>Stops the daemon (SIGSTOP) and returns when none of its threads runs any more.</summary>
    public static void Suspend(DaemonProcess daemon) => daemon.Suspend();

    /// <summary>Waits until a condition holds that nothing announces; it is looked at every few milliseconds.</summary>
    public static void Await(Func<bool> condition, string what, TimeSpan? deadline = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > (deadline ?? s_deadline))
            {
                throw new TimeoutException("waited in vain for " + what);
            }

            Thread.Sleep(2);
        }
    }

    /// <summary>Returns the open descriptors of a process, number and target.</summary>
    public static SortedDictionary<int, string> Descriptors(int pid)
    {
        SortedDictionary<int, string> found = [];
        foreach (string path in Directory.GetFiles($"/proc/{pid}/fd"))
        {
            if (new FileInfo(path).LinkTarget is { } target)
            {
                found.Add(int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), target);
            }
        }

        return found;
    }

    /// <summary>Returns the number of threads of a process.</summary>
    public static int Threads(int pid) => Directory.GetDirectories($"/proc/{pid}/task").Length;

    /// <summary>Says whether one of a process's threads has a name.</summary>
    public static bool HasThread(int pid, string name)
    {
        foreach (string directory in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            try
            {
                if (File.ReadAllText(directory + "/comm").TrimEnd('\n') == name)
                {
                    return true;
                }
            }
            catch (IOException)
            {
                // It ended between the two looks.
            }
        }

        return false;
    }

    /// <summary>Returns the children of a process, with their states (<c>Z</c>: ended and not reaped).</summary>
    public static List<(int Pid, char State)> Children(int pid)
    {
        List<(int Pid, char State)> children = [];
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out int each) && Fields(directory) is { } fields && fields[1] == pid.ToString(CultureInfo.InvariantCulture))
            {
                children.Add((each, fields[0][0]));
            }
        }

        return children;
    }

    /// <summary>Returns the name of the program that a process runs.</summary>
    public static string Name(int pid) => File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');

    /// <summary>Asserts that a process is gone or will be.</summary>
    public static void AwaitGone(int pid) => Await(() => !Directory.Exists($"/proc/{pid}") || State($"/proc/{pid}") == 'Z', $"process {pid} to end");

    private static char State(string directory) => Fields(directory) is { } fields ? fields[0][0] : 'T';

    // After the name in parentheses, which may hold anything: state, parent, …; null: gone.
    private static string[]? Fields(string directory)
    {
        try
        {
            string text = File.ReadAllText(directory + "/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}

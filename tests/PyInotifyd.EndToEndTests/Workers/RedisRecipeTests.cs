using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Workers;

/// <summary>The recipe of the README, its text as printed but for paths and the port, with a real redis-server.</summary>
public sealed class RedisRecipeTests
{
    private const int Files = 50;

    [Fact]
    public void Events_reach_the_stream_though_the_broker_is_down_for_a_while()
    {
        using TempTree tree = new();
        tree.MakeDirectory("in");
        tree.MakeDirectory("redis");
        string port = FreePort().ToString(CultureInfo.InvariantCulture);
        string[] recipe = Recipe();
        tree.Write("redis_stream.py", Replace(recipe[0], "6379", port));
        string configuration = Replace(recipe[1], "/etc/pyinotifyd/redis_stream.py", tree.PathOf("redis_stream.py"));
        configuration = Replace(configuration, "/var/lib/pyinotifyd/state", tree.PathOf("state"));
        configuration = Replace(configuration, "/incoming", tree.PathOf("in"));

        using DaemonProcess daemon = DaemonProcess.Start(configuration);
        daemon.WaitForReady();
        Process broker = StartBroker(tree, port);
        try
        {
            Write(tree, 0);
            daemon.WaitForCount(Files, "task finished");
            Stop(broker);
            Write(tree, Files);
            daemon.WaitForCount(Files, "retry task");
            Assert.Contains("error=", daemon.WaitFor("task failed"));
            broker = StartBroker(tree, port);
            daemon.WaitForCount(2 * Files, "task finished");

            string stream = Ask(port, "XRANGE", "files", "-", "+");
            IEnumerable<int> missing = Enumerable.Range(0, 2 * Files).Where(i => !stream.Contains($"/in/f{i}\\\"", StringComparison.Ordinal) && !stream.Contains($"/in/f{i}\"", StringComparison.Ordinal));
            Assert.Empty(missing);
            Assert.Equal(0, daemon.Stop());
        }
        finally
        {
            Stop(broker);
        }
    }

    private static void Write(TempTree tree, int first)
    {
        for (int i = first; i < first + Files; i++)
        {
            tree.Write("in/f" + i);
        }
    }

    /// <summary>Returns the first block of Python and the first of JSON below the heading of the recipe.</summary>
    private static string[] Recipe()
    {
        string text = File.ReadAllText(RepositoryRoot.Path + "/README.md");
        text = text[text.IndexOf("### Batch to a Redis stream", StringComparison.Ordinal)..];
        return [Block(text, "```python\n"), Block(text, "```json\n")];
    }

    private static string Block(string text, string start)
    {
        text = text[(text.IndexOf(start, StringComparison.Ordinal) + start.Length)..];
        return text[..text.IndexOf("```", StringComparison.Ordinal)];
    }

    private static string Replace(string text, string old, string with)
    {
        Assert.Contains(old, text);
        return text.Replace(old, with, StringComparison.Ordinal);
    }

    private static Process StartBroker(TempTree tree, string port)
    {
        ProcessStartInfo start = new(
            "redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", tree.PathOf("redis"), "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no"])
        {
            RedirectStandardOutput = true,
        };
        Process broker = Process.Start(start)!;
        while (broker.StandardOutput.ReadLine() is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal))
        {
        }

        Assert.False(broker.HasExited);
        new Thread(() => broker.StandardOutput.ReadToEnd()) { IsBackground = true }.Start();
        return broker;
    }

    private static void Stop(Process broker)
    {
        if (!broker.HasExited)
        {
            Libc.kill(broker.Id, Libc.SIGTERM);
            Assert.True(broker.WaitForExit(30_000));
        }
    }

    private static string Ask(string port, params string[] words)
    {
        using Process client = Process.Start(new ProcessStartInfo("redis-cli", ["-p", port, .. words]) { RedirectStandardOutput = true })!;
        string answer = client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        return answer;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

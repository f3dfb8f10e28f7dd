using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>Clients that are many, slow, rude or gone do not keep the daemon from its work.</summary>
public sealed class HostileClientTests
{
    private const string Status = """{"command":"status"}""" + "\n";

    [Fact]
    public void Thousand_clients_at_once_are_answered()
    {
        using ControlRig rig = new();
        List<Socket> clients = [];
        try
        {
            for (int i = 0; i < 1000; i++)
            {
                clients.Add(rig.Connect());
            }

            foreach (Socket client in clients)
            {
                client.Send(Encoding.UTF8.GetBytes(Status));
            }

            int answered = 0;
            foreach (Socket client in clients)
            {
                try
                {
                    answered += ControlRig.ReadLine(client).StartsWith("{\"version\":", StringComparison.Ordinal) ? 1 : 0;
                }
                catch (SocketException)
                {
                    // It had to go: the limit of open files leaves no room for all.
                }
            }

            // With the usual soft limit of 1,024 files there is room for 704.
            Assert.InRange(answered, 700, 1000);
            rig.ProveThatItWorks("f");
            Assert.Contains("ready", rig.Fine("status"));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        ProcessState.Await(() => ProcessState.Descriptors(rig.Daemon.Id).Values.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)) == 1, "the connections to be closed");
    }

    [Fact]
    public void Silent_clients_make_room_for_one_that_asks()
    {
        // With its own limit of open files there is room for 16 clients at most.
        using TempTree tree = new();
        tree.MakeDirectory("w");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""{ "control_socket": "{{tree.PathOf("s")}}", "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": {} } ] }""",
            start =>
            {
                string[] words = [start.FileName, .. start.ArgumentList];
                start.FileName = "/bin/sh";
                start.ArgumentList.Clear();
                foreach (string word in (string[])["-c", "ulimit -n 40; exec \"$@\"", "sh", .. words])
                {
                    start.ArgumentList.Add(word);
                }
            });
        daemon.WaitForReady();
        List<Socket> silent = [];
        for (int i = 0; i < 200; i++)
        {
            silent.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
            silent[^1].Connect(new UnixDomainSocketEndPoint(tree.PathOf("s")));
            silent[^1].Send([(byte)'{']);
        }

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["status", "-s", tree.PathOf("s")]);

        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        Assert.InRange(ProcessState.Descriptors(daemon.Id).Count, 5, 39);
        silent.ForEach(client => client.Dispose());
        Assert.Equal(0, daemon.Stop());
    }

    [Fact]
    public void Garbage_does_not_keep_the_daemon_from_its_work()
    {
        using ControlRig rig = new();
        using CancellationTokenSource end = new();
        Thread[] rowdies = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() => Rowdy(rig, seed, end.Token)))];
        long before = Memory(rig);
        foreach (Thread rowdy in rowdies)
        {
            rowdy.Start();
        }

        // CI has little time; with $PYINOTIFYD_GARBAGE_SECONDS it goes on for longer.
        int seconds = int.Parse(Environment.GetEnvironmentVariable("PYINOTIFYD_GARBAGE_SECONDS") ?? "2", System.Globalization.CultureInfo.InvariantCulture);
        Stopwatch watch = Stopwatch.StartNew();
        int done = 0;
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            rig.ProveThatItWorks("f" + done++);
        }

        end.Cancel();
        Assert.All(rowdies, rowdy => Assert.True(rowdy.Join(TimeSpan.FromSeconds(60))));
        Assert.True(done > 2, $"only {done} tasks");
        Assert.Contains("state:       ready\n", rig.Fine("status"));
        Assert.InRange(Memory(rig), 0, before + (32 * 1024));
        Assert.Equal(0, rig.Daemon.Stop());
    }

    [Fact]
    public void Client_that_never_reads_takes_no_memory_and_holds_up_nothing()
    {
        using ControlRig rig = new();
        for (int i = 0; i < 1500; i++)
        {
            rig.Tree.Write($"w/{new string('x', 200)}{i}");
        }

        ProcessState.Await(() => rig.Counter("later", "delayed") == 1500, "1,500 tasks");
        Assert.Equal(1500, rig.Tasks().Select(task => task.GetProperty("pathname").GetString()).Distinct().Count());
        long before = Memory(rig);
        List<Socket> deaf = [];
        byte[] requests = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("""{"command":"tasks"}""" + "\n", 20)));
        for (int i = 0; i < 200; i++)
        {
            deaf.Add(rig.Connect());
            deaf[^1].Send(requests);
        }

        rig.ProveThatItWorks("f");
        Assert.Equal(1500, rig.Tasks().Count);
        Assert.InRange(Memory(rig), 0, before + (48 * 1024));

        // One that begins to read gets whole lines.
        string line = ControlRig.ReadLine(deaf[^1]);
        Assert.StartsWith("{\"tasks\":[{\"id\":\"", line);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind);
        deaf.ForEach(client => client.Dispose());
        ProcessState.Await(() => ProcessState.Descriptors(rig.Daemon.Id).Values.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)) == 1, "the connections to be closed");
    }

    [Fact]
    public void Requests_may_come_in_pieces_and_many_at_once()
    {
        using ControlRig rig = new();
        using Socket client = rig.Connect();
        foreach (byte b in Encoding.UTF8.GetBytes(Status))
        {
            client.Send([b]);
        }

        Assert.StartsWith("{\"version\":", ControlRig.ReadLine(client));
        client.Send(Encoding.UTF8.GetBytes(Status + "{}\n\n{\"command\":\"pause\"}\n{\"command\":\"resume\"}\n" + Status.TrimEnd()));
        client.Shutdown(SocketShutdown.Send);
        Assert.StartsWith("{\"version\":", ControlRig.ReadLine(client));
        Assert.Equal("""{"error":"missing \"command\", a string"}""", ControlRig.ReadLine(client));
        Assert.StartsWith("{\"error\":\"not a request: ", ControlRig.ReadLine(client));
        Assert.Equal("{\"ok\":true}", ControlRig.ReadLine(client));
        Assert.Equal("{\"ok\":true}", ControlRig.ReadLine(client));
        Assert.StartsWith("{\"version\":", ControlRig.ReadLine(client));
        Assert.Equal(0, client.Receive(new byte[1]));

        using Socket endless = rig.Connect();
        endless.Send(new byte[8192]);
        Assert.Equal("""{"error":"a request is one line of at most 8191 bytes"}""", ControlRig.ReadLine(endless));
        Assert.Equal(0, endless.Receive(new byte[1]));

        // What hung up before the answer has been heard all the same.
        using (Socket hasty = rig.Connect())
        {
            hasty.Send(Encoding.UTF8.GetBytes("{\"command\":\"pause\"}\n"));
        }

        ProcessState.Await(() => rig.Status().GetProperty("paused").GetBoolean(), "the pause");
    }

    private static void Rowdy(ControlRig rig, int seed, CancellationToken end)
    {
        Random random = new(seed);
        byte[] answer = new byte[65536];
        while (!end.IsCancellationRequested)
        {
            try
            {
                using Socket socket = rig.Connect();
                socket.Blocking = random.Next(2) == 0;
                for (int i = 0; i < 20 && !end.IsCancellationRequested; i++)
                {
                    byte[] garbage = new byte[random.Next(1, 20_000)];
                    random.NextBytes(garbage);
                    switch (random.Next(4))
                    {
                        case 0:
                            garbage = Encoding.UTF8.GetBytes(Status + Status[..random.Next(Status.Length)]);
                            break;
                        case 1:
                            garbage = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"command\":\"tasks\"}\n", random.Next(200))));
                            break;
                        case 2:
                            garbage = Encoding.UTF8.GetBytes(new string('[', random.Next(8000)) + "\n");
                            break;
                        default:
                            break;
                    }

                    socket.Send(garbage);
                    if (random.Next(2) == 0)
                    {
                        socket.ReceiveTimeout = 20;
                        socket.Receive(answer);
                    }
                }
            }
            catch (SocketException)
            {
                // It was thrown out, or would have had to wait.
            }
        }
    }

    private static long Memory(ControlRig rig)
    {
        string line = File.ReadLines($"/proc/{rig.Daemon.Id}/status").First(each => each.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Control;

/// <summary>A daemon with a control socket in a directory of its own, and ways to talk to it.</summary>
internal sealed class ControlRig : IDisposable
{
    public const string Schedulers = """
        "now": { "type": "shell", "cmd": "cat {pathname} > $OUT/{name}" },
        "later": { "type": "exec", "argv": ["/bin/true"], "delay": "1h" },
        "broken": { "type": "shell", "cmd": "[ -e $OUT/mended ]" }
        """;

    public ControlRig(string root = "", string schedulers = Schedulers, string map = """ "IN_MOVED_TO": "now", "IN_CLOSE_WRITE": "later", "IN_CREATE": null, "IN_ATTRIB": "broken", "IN_DELETE": { "cancel": "later" } """)
    {
        Tree.MakeDirectory("w");
        Tree.MakeDirectory("out");
        Configuration = $$"""
            {
              "control_socket": "{{Socket}}", "shutdown_timeout": 0, {{root}}
              "defaults": { "env": { "OUT": "{{Tree.PathOf("out")}}" } },
              "schedulers": { {{schedulers}} },
              "watches": [ { "path": "{{Tree.PathOf("w")}}", "event_map": { {{map}} } } ]
            }
            """;
        Daemon = DaemonProcess.Start(Configuration);
        Daemon.WaitForReady();
    }

    public TempTree Tree { get; } = new();

    public string Socket => Tree.PathOf("s");

    public string Configuration { get; }

    public DaemonProcess Daemon { get; }

    /// <summary>Runs the client.</summary>
    public CommandResult Client(params string[] arguments) => CommandResult.Of(PublishedBinary.X64, [.. arguments, "-s", Socket]);

    /// <summary>Runs the client, which must succeed, and returns what it prints.</summary>
    public string Fine(params string[] arguments)
    {
        CommandResult result = Client(arguments);
        Assert.True(result is { ExitStatus: 0, Error: "" }, Daemon.WithLog($"{string.Join(' ', arguments)}: {result}"));
        return result.Output;
    }

    /// <summary>Returns the status.</summary>
    public JsonElement Status() => JsonDocument.Parse(Ask("""{"command":"status"}""")).RootElement;

    /// <summary>Returns a counter of a scheduler.</summary>
    public long Counter(string scheduler, string name) => Status().GetProperty("schedulers").GetProperty(scheduler).GetProperty(name).GetInt64();

    /// <summary>Returns the tasks, one JSON object a line.</summary>
    public List<JsonElement> Tasks(string command = "tasks") =>
        [.. Fine(command, "--json").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public Socket Connect()
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(Socket));
        return socket;
    }

    /// <summary>Sends a line on a connection of its own and returns the answer.</summary>
    public string Ask(string line)
    {
        using Socket socket = Connect();
        socket.Send(Encoding.UTF8.GetBytes(line + "\n"));
        return ReadLine(socket);
    }

    /// <summary>Reads a line; what there is until the end of the stream where there is none.</summary>
    public static string ReadLine(Socket socket)
    {
        List<byte> line = [];
        byte[] one = new byte[1];
        while (socket.Receive(one) == 1 && one[0] != '\n')
        {
            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line]);
    }

    /// <summary>Has a task run and waits for its result: the daemon does its work.</summary>
    public void ProveThatItWorks(string name)
    {
        Tree.Write(name, "content");
        Tree.Move(name, "w/" + name);
        ProcessState.Await(() => Tree.Exists("out/" + name) && Tree.ReadText("out/" + name) == "content", name);
    }

    public void Dispose()
    {
        Daemon.Dispose();
        Tree.Dispose();
    }
}

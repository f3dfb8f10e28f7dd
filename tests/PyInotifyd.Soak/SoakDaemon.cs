using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.Soak;

/// <summary>The daemon under test: its configuration in several versions, what it says of itself, and what the kernel says of it.</summary>
/// <remarks>A task that finds nothing under its path fails, so that it is tried again where the file went: a directory may be renamed while its task runs.</remarks>
internal sealed class SoakDaemon : IDisposable
{
    private readonly TempTree _tree;
    private readonly RecordingWorker _recorder;
    private readonly QueueFlood _flood;
    private readonly bool _isTraced;
    private DaemonProcess? _process;
    private int _logMark;
    private long _shellOffset;
    private int _version;

    public SoakDaemon(TempTree tree, bool isTraced)
    {
        _isTraced = isTraced;
        _tree = tree;
        _recorder = new RecordingWorker(tree, failEvery: 37, failOnGone: true);
        _flood = new QueueFlood(tree);
        tree.Write("record.sh", """
            { content=$(cat < "$PYINOTIFYD_PATHNAME"); } 2>/dev/null && kind=file || kind=gone
            printf '%s\0%s\0%s\0%s\0%s\0' "$PYINOTIFYD_TASK_ID" "$PYINOTIFYD_MASKNAME" "$PYINOTIFYD_PATHNAME" $kind "$content" >> "$1"
            [ $kind = file ]
            """);
    }

    public DaemonProcess Process => _process ?? throw new InvalidOperationException("the daemon is not running");

    public QueueFlood Flood => _flood;

    /// <summary>The number of inotify overflows that the running daemon has seen.</summary>
    public long Overflows => Status().GetProperty("overflows").GetInt64();

    public void Start()
    {
        _process?.Dispose();
        _logMark = 0;
        _process = DaemonProcess.Start(Configuration());
        _process.WaitForReady();
    }

    /// <summary>Has another version of the configuration read, and waits until it has been.</summary>
    public void Reload()
    {
        int mark = Process.Mark();
        _version++;
        Process.Reload(Configuration());
        Process.WaitForAfter(mark, line => line.Contains("ready, watching ", StringComparison.Ordinal));
    }

    public void Kill()
    {
        Process.Signal(Libc.SIGKILL);
        Process.WaitForExit();
    }

    /// <summary>Says whether there is nothing left to do.</summary>
    public bool IsIdle()
    {
        JsonElement status = Status();
        return status.GetProperty("state").GetString() == "ready"
            && status.GetProperty("schedulers").EnumerateObject().All(each => Pending(each.Value, "delayed") + Pending(each.Value, "waiting") + Pending(each.Value, "running") == 0);
    }

    /// <summary>Returns what tasks have recorded since the last call.</summary>
    public List<RecordedTask> NextTasks() => [.. _recorder.Next(), .. NextOfShell()];

    /// <summary>Returns the lines that have been logged since the last call.</summary>
    public string[] NextLog()
    {
        string[] log = Process.Log();
        string[] next = log[_logMark..];
        _logMark = log.Length;
        return next;
    }

    /// <summary>Returns device and inode of everything that the daemon watches, as its inotify descriptor shows them.</summary>
    public HashSet<(ulong Device, ulong Inode)> Watched()
    {
        HashSet<(ulong Device, ulong Inode)> found = [];
        foreach (string fd in Directory.GetFiles($"/proc/{Process.Id}/fd").Where(fd => new FileInfo(fd).LinkTarget == "anon_inode:inotify"))
        {
            foreach (string line in File.ReadLines(fd.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal)).Where(line => line.StartsWith("inotify ", StringComparison.Ordinal)))
            {
                found.Add((Hex(line, "sdev:"), Hex(line, "ino:")));
            }
        }

        return found;
    }

    /// <summary>The number of open descriptors.</summary>
    public int Descriptors() => Directory.GetFiles($"/proc/{Process.Id}/fd").Length;

    /// <summary>The resident memory, in KiB.</summary>
    public int ResidentKb()
    {
        string line = File.ReadLines($"/proc/{Process.Id}/status").First(each => each.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line["VmRSS:".Length..^"kB".Length], CultureInfo.InvariantCulture);
    }

    public void Dispose() => _process?.Dispose();

    private string Configuration() => $$"""
        {
          "control_socket": "{{_tree.PathOf("socket")}}",
          "state_file": "{{_tree.PathOf("state")}}",
          "shutdown_timeout": "10s",
          "max_pending": {{(_version % 4 == 3 ? 100 : 100_000)}},
          "logging": { "loggers": { {{(_isTraced ? "\"eventmap\": \"DEBUG\"" : "\"sched\": \"WARNING\"")}} } },
          "workers": { {{_recorder.Command}} },
          "schedulers": {
            "work": { "type": "task", "worker": "recorder", "job": "record", "retries": 4, "retry_delay": "20ms", "delay": {{(_version % 3 == 1 ? "\"20ms\"" : "0")}} },
            "shell": { "type": "shell", "cmd": "/bin/sh {{_tree.PathOf("record.sh")}} {{_tree.PathOf("shell.record")}}", "retries": 4, "retry_delay": "20ms", "max_concurrency": {{2 + (_version % 3)}} }
          },
          "event_maps": {
            "work": { "IN_CLOSE_WRITE": "work", "IN_MOVED_TO": "work", "IN_DELETE": { "cancel": "work" } },
            "shell": { "IN_CLOSE_WRITE": "shell", "IN_MOVED_TO": "shell", "IN_DELETE": { "cancel": "shell" } }
          },
          "watches": [
            { "path": "{{_tree.PathOf("w1")}}", "rec": true, "auto_add": true, "exclude_filter": [ "(?s).*\\.ign$" ], "event_map": "work" },
            { "path": [ "{{_tree.PathOf("r")}}", "{{_tree.PathOf("m")}}" ], "rec": true, "auto_add": true, "exclude_filter": [ "(?s).*\\.ign$" ], "event_map": "work" },
            { "path": "{{_tree.PathOf("w2")}}", "rec": true, "auto_add": true, "exclude_filter": [ "(?s).*\\.ign$" ], "event_map": "{{(_version % 5 == 4 ? "work" : "shell")}}" },
            {{_flood.Watch("work")}}
          ]
        }
        """;

    private JsonElement Status()
    {
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(_tree.PathOf("socket")));
        socket.Send("{\"command\":\"status\"}\n"u8);
        List<byte> answer = [];
        byte[] buffer = new byte[8192];
        for (int size; answer.Count == 0 || answer[^1] != '\n'; answer.AddRange(buffer.AsSpan(0, size)))
        {
            size = socket.Receive(buffer);
            if (size == 0)
            {
                throw new IOException("the daemon closed the control connection: " + Encoding.UTF8.GetString([.. answer]));
            }
        }

        return JsonDocument.Parse(answer.ToArray()).RootElement;
    }

    private List<RecordedTask> NextOfShell()
    {
        List<RecordedTask> rows = [];
        if (!_tree.Exists("shell.record"))
        {
            return rows;
        }

        using FileStream file = new(_tree.PathOf("shell.record"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length - _shellOffset];
        file.Position = _shellOffset;
        file.ReadExactly(bytes);
        string[] fields = Encoding.UTF8.GetString(bytes).Split('\0');
        for (int i = 0; i + 5 < fields.Length; i += 5)
        {
            _shellOffset += fields[i..(i + 5)].Sum(field => Encoding.UTF8.GetByteCount(field) + 1);
            rows.Add(new RecordedTask(fields[i], fields[i + 1], fields[i + 2], fields[i + 3], fields[i + 4] + "\n"));
        }

        return rows;
    }

    private static long Pending(JsonElement scheduler, string name) => scheduler.GetProperty(name).GetInt64();

    private static ulong Hex(string line, string name)
    {
        int at = line.IndexOf(name, StringComparison.Ordinal) + name.Length;
        int end = line.IndexOf(' ', at);
        return ulong.Parse(line.AsSpan(at, end - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}

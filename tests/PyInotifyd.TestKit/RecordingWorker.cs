using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;

namespace PyInotifyd.TestKit;

/// <summary>A worker in Python that writes down what each task saw, in one write a task and before the task is answered.</summary>
/// <remarks>
/// A task costs some 50 µs instead of a process, so that tests may have many thousands. With <c>failEvery</c> each so-many-th try is recorded and then answered with an error.
/// Owns: two files in the given tree, <c>NAME.py</c> and the record.
/// </remarks>
public sealed class RecordingWorker
{
    private readonly TempTree _tree;
    private readonly string _record;
    private long _offset;

    /// <summary>Writes the program into the tree.</summary>
    /// <param name="tree">Where, outside of what is watched.</param>
    /// <param name="name">Name of the worker.</param>
    /// <param name="failEvery">Every how-many-th try fails; 0: none.</param>
    /// <param name="failOnGone">A try that finds nothing under its path fails.</param>
    public RecordingWorker(TempTree tree, string name = "recorder", int failEvery = 0, bool failOnGone = false)
    {
        _tree = tree;
        _record = name + ".record";
        tree.Write(name + ".py", Program);
        Command = $"\"{name}\": {{ \"command\": [ \"/usr/bin/python3\", \"-I\", \"-S\", \"{tree.PathOf(name + ".py")}\", \"{tree.PathOf(_record)}\", \"{failEvery}\", \"{(failOnGone ? "gone" : "")}\" ] }}";
    }

    /// <summary>The member of <c>workers</c> in a configuration.</summary>
    public string Command { get; }

    private static string Program => """
        import json, os, stat, sys
        record = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        fail_every = int(sys.argv[2])
        tries = 0
        for line in sys.stdin.buffer:
            task = json.loads(line)
            if "cancel" in task:
                continue
            event = task["event"]
            path = event["pathname"]
            kind = "gone"
            content = ""
            try:
                status = os.lstat(os.fsencode(path))
                kind = "dir" if stat.S_ISDIR(status.st_mode) else "file" if stat.S_ISREG(status.st_mode) else "other"
                if kind == "file":
                    with open(os.fsencode(path), "rb") as file:
                        content = file.read(65536).decode("latin-1")
            except FileNotFoundError:
                pass
            except NotADirectoryError:
                pass
            row = {"task": task["id"], "event": event["maskname"], "path": path, "kind": kind, "content": content}
            os.write(record, json.dumps(row).encode() + b"\n")
            tries += 1
            if kind == sys.argv[3] or fail_every and tries % fail_every == 0:
                answer = {"id": task["id"], "status": "error", "message": "one of them has to"}
            else:
                answer = {"id": task["id"], "status": "ok"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
        """;

    /// <summary>Returns what has been recorded since the last call, in order.</summary>
    public List<RecordedTask> Next()
    {
        List<RecordedTask> rows = [];
        if (!_tree.Exists(_record))
        {
            return rows;
        }

        using FileStream file = new(_tree.PathOf(_record), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length - _offset];
        file.Position = _offset;
        file.ReadExactly(bytes);
        int end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        _offset += end;
        foreach (string line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            JsonElement row = JsonDocument.Parse(line).RootElement;
            rows.Add(new RecordedTask(Text(row, "task"), Text(row, "event"), Text(row, "path"), Text(row, "kind"), Text(row, "content")));
        }

        return rows;
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;
}

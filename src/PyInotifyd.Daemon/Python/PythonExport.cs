using System;
using System.Collections.Generic;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Python;

/// <summary>Reads what the Python module writes while it executes a configuration: problems, messages, and at the end the configuration.</summary>
/// <remarks>Shape: that of pyinotifyd_config.py, which describes it.   Threads: one at a time.</remarks>
internal sealed class PythonExport
{
    private const int MaxBytes = 64 << 20;

    private readonly byte[] _path;
    private readonly string _file;
    private readonly PythonOutput _output;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private byte[] _buffer = new byte[16 * 1024];
    private int _length;
    private int _configurationLength = -1;

    /// <summary>Begins to read about a file.</summary>
    public PythonExport(byte[] path, PythonOutput output)
    {
        (_path, _output) = (path, output);
        _file = SurrogateEscape.Decode(path);
    }

    /// <summary>What is wrong with the file.</summary>
    public List<ConfigProblem> Errors { get; } = [];

    /// <summary>What is doubtful in it.</summary>
    public List<ConfigProblem> Warnings { get; } = [];

    /// <summary>What happens otherwise here than with the original.</summary>
    public List<ConfigProblem> Notes { get; } = [];

    /// <summary>The configuration as JSON; null before it is complete.</summary>
    public byte[]? Configuration { get; private set; }

    /// <summary>Whether Python goes on, to run jobs.</summary>
    public bool HasJobs { get; private set; }

    /// <summary>Takes what has been read from Python.</summary>
    public void Take(ReadOnlySpan<byte> chunk)
    {
        if (_length + chunk.Length > _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + chunk.Length));
        }

        chunk.CopyTo(_buffer.AsSpan(_length));
        _length += chunk.Length;
        int at = 0;
        while (Configuration is null)
        {
            if (_configurationLength >= 0)
            {
                if (_length - at >= _configurationLength)
                {
                    Configuration = _buffer.AsSpan(at, _configurationLength).ToArray();
                    at += _configurationLength;
                }

                break;
            }

            int newline = _buffer.AsSpan(at, _length - at).IndexOf((byte)'\n');
            if (newline < 0)
            {
                break;
            }

            Line(_buffer.AsSpan(at, newline).ToArray());
            at += newline + 1;
        }

        _buffer.AsSpan(at, _length - at).CopyTo(_buffer);
        _length -= at;
        if (_length > MaxBytes)
        {
            Fail("its configuration is larger than 64 MiB");
            _length = 0;
        }
    }

    /// <summary>Adds an error about the file as a whole.</summary>
    public void Fail(string message) => Errors.Add(new ConfigProblem { File = _file, Message = message });

    /// <summary>Returns a problem of the configuration with the line of the file that it comes from instead of a place in the JSON.</summary>
    public ConfigProblem Locate(ConfigProblem problem)
    {
        string best = "";
        int line = 0;
        foreach ((string place, int placeLine) in _places)
        {
            bool isPrefix = problem.Path.StartsWith(place, StringComparison.Ordinal)
                && (problem.Path.Length == place.Length || problem.Path[place.Length] is '.' or '[');
            if (isPrefix && place.Length > best.Length)
            {
                (best, line) = (place, placeLine);
            }
        }

        // The last word of the place says which argument it is, when nothing of the path is left.
        string rest = problem.Path[best.Length..].TrimStart('.');
        string path = rest.Length != 0 ? rest : best[(best.LastIndexOf('.') + 1)..];
        return new ConfigProblem { File = _file, Line = line, Path = path == "$" ? "" : path, Message = problem.Message };
    }

    private void Line(byte[] line)
    {
        JsonNode? node = JsonParser.Parse(new SourceText(_path, line), new ProblemList());
        if (node is null)
        {
            return;
        }

        Add(node, "error", Errors);
        Add(node, "warning", Warnings);
        Add(node, "note", Notes);
        if (node.Member("log") is { } level && node.Member("message") is { } message)
        {
            _output.Message(Level(level.Text), node.Member("logger")?.Text ?? "root", message.Text);
        }

        if (node.Member("config") is { } length && int.TryParse(length.Text, out int bytes))
        {
            _configurationLength = bytes;
            HasJobs = node.Member("jobs")?.Kind == JsonKind.True;
            foreach (JsonNode place in node.Member("places")?.Children ?? [])
            {
                _places[place.Name!] = LineOf(place);
            }
        }
    }

    private void Add(JsonNode node, string kind, List<ConfigProblem> problems)
    {
        if (node.Member(kind) is { } text)
        {
            problems.Add(new ConfigProblem { File = _file, Line = LineOf(node.Member("line")), Message = text.Text });
        }
    }

    private static LogLevel Level(string name) => name switch
    {
        "DEBUG" => LogLevel.Debug,
        "INFO" => LogLevel.Info,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => LogLevel.Critical,
    };

    private static int LineOf(JsonNode? node) => int.TryParse(node?.Text, out int line) ? line : 0;
}

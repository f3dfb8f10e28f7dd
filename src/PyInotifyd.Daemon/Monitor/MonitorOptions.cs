using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Binding;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>What <c>pyinotifyd monitor</c> is asked.</summary>
/// <remarks>Options and paths in any order, short options combined or not, until <c>--</c> ends the options.   Shape: text by surrogate escapes.</remarks>
internal sealed class MonitorOptions
{
    // A long option, its short one where it has one, and whether it takes a value.
    private static readonly (string Long, char Short, bool HasValue)[] s_options =
    [
        ("--recursive", 'r', false), ("--event", 'e', true), ("--exclude", '\0', true), ("--format", '\0', true), ("--json", '\0', false),
        ("--null", '0', false), ("--timeout", '\0', true), ("--count", '\0', true), ("--help", 'h', false),
    ];

    private readonly List<string> _exclude = [];
    private readonly List<UnixPath> _paths = [];
    private readonly List<string> _warnings = [];
    private string? _format;

    /// <summary>Whether directories are watched with all below them.</summary>
    public bool Recursive { get; private set; }

    /// <summary>The events that are printed; all fifteen unless it says otherwise.</summary>
    public EventMask Events { get; private set; }

    /// <summary>Patterns of paths that give no events and are not descended into.</summary>
    public IReadOnlyList<string> Exclude => _exclude;

    /// <summary>What a line looks like; null: JSON.</summary>
    public MonitorFormat? Format { get; private set; }

    /// <summary>Whether lines end with NUL.</summary>
    public bool Null { get; private set; }

    /// <summary>How long to wait without an event, in milliseconds; 0: for ever.</summary>
    public long TimeoutMs { get; private set; }

    /// <summary>How many events to print; <see cref="long.MaxValue"/>: all.</summary>
    public long Count { get; private set; } = long.MaxValue;

    /// <summary>What is watched: absolute, normalised, each once.</summary>
    public IReadOnlyList<UnixPath> Paths => _paths;

    /// <summary>What is valid and hardly meant, a line each.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Whether only an explanation is wanted.</summary>
    public bool Help { get; private set; }

    private bool Json { get; set; }

    /// <summary>Reads the words after the command; returns what is wrong, or null.</summary>
    public static string? Parse(ReadOnlySpan<string> words, out MonitorOptions options)
    {
        options = new MonitorOptions();
        string? error = null;
        bool onlyOperands = false;
        for (int i = 0; i < words.Length && error is null && !options.Help; i++)
        {
            string word = words[i];
            if (onlyOperands || word.Length < 2 || word[0] != '-')
            {
                error = options.AddPath(word);
            }
            else if (word == "--")
            {
                onlyOperands = true;
            }
            else
            {
                error = word[1] == '-' ? options.Long(word, words, ref i) : options.Short(word, words, ref i);
            }
        }

        return error is not null || options.Help ? error : options.Complete();
    }

    private string? Long(string word, ReadOnlySpan<string> words, ref int i)
    {
        int equals = word.IndexOf('=');
        string name = equals < 0 ? word : word[..equals];
        NearestName nearest = new(name);
        foreach ((string known, char letter, bool hasValue) in s_options)
        {
            if (known != name)
            {
                nearest.Offer(known);
                continue;
            }

            if (!hasValue)
            {
                return equals < 0 ? Set(name, "") : "option '" + name + "' takes no value";
            }

            return Set(name, equals < 0 ? Next(words, ref i) : word[(equals + 1)..]);
        }

        return "unknown option '" + name + "' of monitor" + nearest.Question;
    }

    private string? Short(string word, ReadOnlySpan<string> words, ref int i)
    {
        for (int at = 1; at < word.Length; at++)
        {
            int index = Array.FindIndex(s_options, option => option.Short == word[at] && word[at] != '\0');
            if (index < 0)
            {
                return "unknown option '-" + (char.IsSurrogate(word[at]) ? word[at..] : word[at].ToString()) + "' of monitor";
            }

            if (s_options[index].HasValue)
            {
                return Set("-" + word[at], at + 1 < word.Length ? word[(at + 1)..] : Next(words, ref i));
            }

            _ = Set(s_options[index].Long, "");
        }

        return null;
    }

    private string? Set(string name, string? value)
    {
        if (value is null || (value.Length == 0 && name is "-e" or "--event" or "--exclude"))
        {
            return "option '" + name + "' needs a value";
        }

        switch (name)
        {
            case "--recursive":
                Recursive = true;
                return null;
            case "--json":
                Json = true;
                return null;
            case "--null":
                Null = true;
                return null;
            case "--help":
                Help = true;
                return null;
            case "-e" or "--event":
                EventMask events = Events;
                string? wrong = EventWords.Add(value, ref events);
                Events = events;
                return wrong;
            case "--exclude":
                return AddExclude(value);
            case "--format":
                _format = value;
                return SurrogateEscape.IndexOfUnencodable(value) < 0 ? null : "option '--format': not text";
            case "--timeout":
                string? error = Duration.ReadOption(value, 1, out long ms);
                TimeoutMs = ms;
                return error is null ? null : "option '--timeout': " + (error.StartsWith("must be", StringComparison.Ordinal) ? "must be more than 0; leave it out to wait for ever" : error);
            default:
                bool isCount = long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long count) && count > 0;
                Count = count;
                return isCount ? null : "option '--count': expected a whole number, 1 or more, found '" + value + "'";
        }
    }

    private string? AddExclude(string pattern)
    {
        if (!PythonRegex.TryParse(pattern, out PythonRegex? regex, out PatternError? error))
        {
            return "option '--exclude': '" + pattern + "': " + error!.Message;
        }

        _exclude.Add(pattern);
        if (PatternAdvice.Of(regex!) is { } advice)
        {
            _warnings.Add("option '--exclude': '" + pattern + "' " + advice);
        }

        return null;
    }

    private string? AddPath(string word)
    {
        if (word.Length == 0 || !SurrogateEscape.TryEncode(word, out byte[]? bytes))
        {
            return "monitor: '" + word + "' is no path";
        }

        if (bytes[0] != (byte)'/')
        {
            byte[] directory = new byte[4096];
            int length = Libc.getcwd(directory);
            if (length <= 0)
            {
                return "monitor: the current directory is not known (" + Errno.Name(length) + "), give absolute paths";
            }

            bytes = [.. directory.AsSpan(0, length), (byte)'/', .. bytes];
        }

        UnixPath path = new(NormalPath.Of(bytes));
        if (!_paths.Contains(path))
        {
            _paths.Add(path);
        }

        return null;
    }

    private string? Complete()
    {
        if (_paths.Count == 0)
        {
            return "monitor needs a path";
        }

        if (Json && _format is not null)
        {
            return "options '--json' and '--format' exclude each other";
        }

        Format = Json ? null : _format is null ? MonitorFormat.Default : MonitorFormat.Parse(_format);
        Events = Events == EventMask.None ? EventMask.All : Events;
        foreach (string pattern in _exclude)
        {
            if (PythonRegex.TryParse(pattern, out PythonRegex? regex, out _) && PatternAdvice.Of(regex!) is null && PatternAdvice.Of(regex!, _paths) is { } advice)
            {
                _warnings.Add("option '--exclude': '" + pattern + "' " + advice.Replace("this watch", "the paths given", StringComparison.Ordinal));
            }
        }

        return null;
    }

    private static string? Next(ReadOnlySpan<string> words, ref int i) => i + 1 < words.Length ? words[++i] : null;
}

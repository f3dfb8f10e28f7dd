using System;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>What <c>pyinotifyd explain</c> is asked.</summary>
internal sealed class ExplainOptions
{
    /// <summary>The configuration; null: the default one.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>The events; none: each that is mapped.</summary>
    public EventMask Events { get; private set; }

    /// <summary>Whether the answer is JSON.</summary>
    public bool Json { get; private set; }

    /// <summary>The path.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Whether the path says by a slash at its end that it means a directory.</summary>
    public bool IsDirectoryByName => Path.EndsWith('/');

    /// <summary>Reads the words after the command; returns what is wrong, or null.</summary>
    public static string? Parse(ReadOnlySpan<string> words, out ExplainOptions options)
    {
        options = new ExplainOptions();
        bool onlyOperands = false;
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            int equals = word.StartsWith("--", StringComparison.Ordinal) ? word.IndexOf('=') : -1;
            string name = equals < 0 ? word : word[..equals];
            if (onlyOperands || word.Length < 2 || word[0] != '-')
            {
                if (options.Path.Length != 0)
                {
                    return "explain takes one path";
                }

                options.Path = word;
            }
            else if (word == "--")
            {
                onlyOperands = true;
            }
            else if (word == "--json")
            {
                options.Json = true;
            }
            else if (name is "-c" or "--config" or "-e" or "--event")
            {
                string? value = equals >= 0 ? word[(equals + 1)..] : i + 1 < words.Length ? words[++i] : null;
                if (string.IsNullOrEmpty(value))
                {
                    return "option '" + name + "' needs a value";
                }

                if (name is "-c" or "--config")
                {
                    options.ConfigFile = value;
                }
                else
                {
                    EventMask events = options.Events;
                    if (EventWords.Add(value, ref events) is { } error)
                    {
                        return error;
                    }

                    options.Events = events;
                }
            }
            else
            {
                return "unknown option '" + word + "' of explain";
            }
        }

        return options.Path.Length == 0 ? "explain needs a path" : null;
    }

    /// <summary>Returns the path as events have it: absolute, normalised; false, and why, where there is no such path.</summary>
    public bool TryPath(out byte[] path, out string error)
    {
        error = "";
        if (!SurrogateEscape.TryEncode(Path, out byte[]? bytes) || bytes.AsSpan().Contains((byte)0))
        {
            (path, error) = ([], "explain: the path is none that a file can have");
            return false;
        }

        if (bytes[0] != (byte)'/')
        {
            byte[] directory = new byte[4096];
            int length = Libc.getcwd(directory);
            if (length < 0)
            {
                (path, error) = ([], "explain: the current directory is not known (" + Errno.Name(length) + "), give an absolute path");
                return false;
            }

            bytes = [.. directory.AsSpan(0, length), (byte)'/', .. bytes];
        }

        path = NormalPath.Of(bytes);
        return true;
    }
}

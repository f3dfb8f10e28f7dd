using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Daemon;

/// <summary>What <c>pyinotifyd explain</c> is asked.</summary>
internal sealed class ExplainOptions
{
    /// <summary>The configuration; null: the default one.</summary>
    public string? ConfigFile { get; private set; }

    /// <summary>The event; none: each that is mapped.</summary>
    public EventMask Event { get; private set; }

    /// <summary>Whether the answer is JSON.</summary>
    public bool Json { get; private set; }

    /// <summary>The path.</summary>
    public string Path { get; private set; } = "";

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
                else if (EventNames.TryParse(value, out EventMask mask))
                {
                    options.Event = mask;
                }
                else
                {
                    return "'" + value + "' is no event; see pyinotifyd --list";
                }
            }
            else
            {
                return "unknown option '" + word + "' of explain";
            }
        }

        return options.Path.Length == 0 ? "explain needs a path" : null;
    }
}

using System;
using PyInotifyd.Configuration.Binding;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration;

/// <summary>Reads configuration files.</summary>
/// <remarks>
/// A file becomes a tree of values that know their places (<see cref="JsonParser"/>); every object of it is checked against the one table of keys
/// (<see cref="Keys.KeyTable"/>) when a binder looks at it, and the binder makes specs of what is valid. Nothing throws and nothing stops at the first
/// error: all of them are collected, sorted by place and returned together. After a syntax error the rest of that file is unknown, so only what stands
/// before it is reported, and nothing that may be defined in the rest is called missing.
///
/// Tried and rejected: Utf8JsonReader (see <see cref="JsonParser"/>), and a serializer with DTOs beside the key table, which would state every key a
/// second time, know no places and make the program larger.
/// Threads: any; the class holds no state.
/// </remarks>
public static class ConfigurationReader
{
    /// <summary>Reads a configuration file and the files that it includes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trust">Which files are obeyed; null: all that can be read.</param>
    /// <param name="looksAround">Warn of paths and programs that are not there at the moment.</param>
    /// <remarks>
    /// Shape: a path without NUL, relative to the current directory unless it is absolute.
    /// Errors: none is thrown; what cannot be read is an error of the result.
    /// </remarks>
    public static ConfigurationResult Read(ReadOnlySpan<byte> path, FileTrust? trust = null, bool looksAround = false)
    {
        trust ??= FileTrust.OfAll;
        ProblemList problems = new() { LooksAround = looksAround };
        string? error = ConfigFile.Read(path, trust, out byte[] bytes, out FileIdentity identity, out string? doubt);
        SourceText source = new(path.ToArray(), bytes);
        if (doubt is not null)
        {
            problems.Doubtful(source, doubt);
        }

        if (error is null)
        {
            return Read(source, identity, trust, problems);
        }

        problems.Unreadable(source, error);
        return new ConfigurationResult(null, problems.ToProblems(warnings: false), []);
    }

    /// <summary>Reads a configuration that has been loaded already; files that it names are looked for beside <paramref name="fileName"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fileName">Where it stands.</param>
    /// <param name="trust">Which of the files that it names are obeyed; null: all that can be read.</param>
    /// <param name="looksAround">As for <see cref="Read(ReadOnlySpan{byte}, FileTrust?, bool)"/>.</param>
    /// <remarks>Owns: the text, which must not change afterwards.</remarks>
    public static ConfigurationResult ReadText(byte[] text, string fileName, FileTrust? trust = null, bool looksAround = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!SurrogateEscape.TryEncode(fileName, out byte[]? path))
        {
            throw new ArgumentException("the name stands for no bytes", nameof(fileName));
        }

        return Read(new SourceText(path, text), default, trust ?? FileTrust.OfAll, new ProblemList { LooksAround = looksAround });
    }

    private static ConfigurationResult Read(SourceText source, FileIdentity identity, FileTrust trust, ProblemList problems)
    {
        DaemonSpec? spec = null;
        JsonNode? root = JsonParser.Parse(source, problems);
        if (root is not null && root.Kind != JsonKind.Object)
        {
            problems.Error(root, $"expected an object, found {Shown.Found(root)}");
        }
        else if (root is not null)
        {
            spec = ConfigurationBinder.Bind(root, identity, trust, problems);
        }

        return new ConfigurationResult(problems.ErrorCount != 0 ? null : spec, problems.ToProblems(warnings: false), problems.ToProblems(warnings: true));
    }
}

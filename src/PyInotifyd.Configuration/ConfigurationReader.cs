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
    /// <remarks>
    /// Shape: a path without NUL, relative to the current directory unless it is absolute.
    /// Errors: none is thrown; what cannot be read is an error of the result.
    /// </remarks>
    public static ConfigurationResult Read(ReadOnlySpan<byte> path)
    {
        ProblemList problems = new();
        string? error = ConfigFile.Read(path, out byte[] bytes, out FileIdentity identity);
        SourceText source = new(path.ToArray(), bytes);
        if (error is null)
        {
            return Read(source, identity, problems);
        }

        problems.Unreadable(source, error);
        return new ConfigurationResult(null, problems.ToProblems(warnings: false), []);
    }

    /// <summary>Reads a configuration that has been loaded already; files that it names are looked for beside <paramref name="fileName"/>.</summary>
    /// <remarks>Owns: the text, which must not change afterwards.</remarks>
    public static ConfigurationResult ReadText(byte[] text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!SurrogateEscape.TryEncode(fileName, out byte[]? path))
        {
            throw new ArgumentException("the name stands for no bytes", nameof(fileName));
        }

        return Read(new SourceText(path, text), default, new ProblemList());
    }

    private static ConfigurationResult Read(SourceText source, FileIdentity identity, ProblemList problems)
    {
        DaemonSpec? spec = null;
        JsonNode? root = JsonParser.Parse(source, problems);
        if (root is not null && root.Kind != JsonKind.Object)
        {
            problems.Error(root, $"expected an object, found {Shown.Found(root)}");
        }
        else if (root is not null)
        {
            spec = ConfigurationBinder.Bind(root, identity, problems);
        }

        return new ConfigurationResult(problems.ErrorCount != 0 ? null : spec, problems.ToProblems(warnings: false), problems.ToProblems(warnings: true));
    }
}

using System;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Looks at the files that the command of a worker names: its program and its scripts, which go on running for the daemon.</summary>
/// <remarks>
/// A word names a file if one is there: as an absolute path, below the worker's directory, after the <c>=</c> of an option, and for the program in the PATH of the worker too. Directories, and files that are
/// made later, are not looked at.
/// </remarks>
internal sealed class WorkerFiles(FileTrust trust, ProblemList problems)
{
    /// <summary>Reports each file of a command that others may write.</summary>
    /// <param name="list">The words as they stand in the configuration.</param>
    /// <param name="command">The words.</param>
    /// <param name="process">How the worker runs.</param>
    public void Check(JsonNode list, SpecList<string> command, ProcessSpec process)
    {
        if (!trust.Checks || ValueReader.Bytes(process.Cwd, out byte[] directory) is not null)
        {
            return;
        }

        for (int i = 0; i < command.Count; i++)
        {
            if (ValueReader.Bytes(command[i], out byte[] word) is not null || word.Length == 0)
            {
                continue;
            }

            JsonNode node = list.Children[i];
            if (i == 0 && Array.IndexOf(word, (byte)'/') < 0)
            {
                CheckSearched(node, word, directory, process);
                continue;
            }

            if (!CheckFile(node, Below(directory, word)) && word[0] == '-')
            {
                int equals = Array.IndexOf(word, (byte)'=');
                _ = equals > 0 && equals + 1 < word.Length && CheckFile(node, Below(directory, word.AsSpan(equals + 1)));
            }
        }
    }

    private void CheckSearched(JsonNode node, byte[] name, byte[] directory, ProcessSpec process)
    {
        ReadOnlySpan<byte> rest = SearchPath(process);
        while (true)
        {
            int colon = rest.IndexOf((byte)':');
            ReadOnlySpan<byte> element = colon < 0 ? rest : rest[..colon];
            if (CheckFile(node, Below(directory, element.IsEmpty ? name : [.. element, (byte)'/', .. name])) || colon < 0)
            {
                return;
            }

            rest = rest[(colon + 1)..];
        }
    }

    private static byte[] SearchPath(ProcessSpec process)
    {
        for (int i = 0; i < process.Env.Count; i++)
        {
            if (process.Env[i].Name == "PATH")
            {
                return process.Env[i].Value is { } value && ValueReader.Bytes(value, out byte[] path) is null ? path : "/bin:/usr/bin"u8.ToArray();
            }
        }

        ReadOnlySpan<byte> environment = ProcessEnvironment.Copy();
        while (!environment.IsEmpty)
        {
            ReadOnlySpan<byte> entry = environment[..environment.IndexOf((byte)0)];
            if (entry.StartsWith("PATH="u8))
            {
                return entry["PATH=".Length..].ToArray();
            }

            environment = environment[(entry.Length + 1)..];
        }

        return "/bin:/usr/bin"u8.ToArray();
    }

    // False where there is no such file.
    private bool CheckFile(JsonNode node, byte[] path)
    {
        if (trust.Look(path, out string? fault) != Libc.S_IFREG)
        {
            return false;
        }

        if (fault is not null && trust.IsLenient)
        {
            problems.Warning(node, SurrogateEscape.Decode(path) + " " + ConfigFile.Doubt(fault));
        }
        else if (fault is not null)
        {
            problems.Error(node, SurrogateEscape.Decode(path) + " " + ConfigFile.Refusal(fault));
        }

        return true;
    }

    private static byte[] Below(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path) => path[0] == '/' ? path.ToArray() : [.. directory, (byte)'/', .. path];
}

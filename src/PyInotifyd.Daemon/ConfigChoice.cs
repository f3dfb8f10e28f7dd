using System.Diagnostics.CodeAnalysis;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Chooses the configuration file.</summary>
internal static class ConfigChoice
{
    private const string Json = "/etc/pyinotifyd/config.json";
    private const string Python = "/etc/pyinotifyd/config.py";

    /// <summary>Returns the path of the file to read; false, and why, where there is none that can be read.</summary>
    public static bool TryChoose(string? given, [NotNullWhen(true)] out byte[]? path, [NotNullWhen(false)] out string? error) =>
        TryChoose(given, Json, Python, out path, out error);

    /// <summary>The same with other places of the defaults.</summary>
    internal static bool TryChoose(string? given, string json, string python, [NotNullWhen(true)] out byte[]? path, [NotNullWhen(false)] out string? error)
    {
        path = null;
        if (given is null && Exists(python))
        {
            if (Exists(json))
            {
                error = "both " + json + " and " + python + " exist: choose one with -c";
                return false;
            }

            given = python;
        }

        given ??= json;
        error = null;
        if (!SurrogateEscape.TryEncode(given, out path))
        {
            error = "the name of the configuration is not a name that a file can have";
            return false;
        }

        return true;
    }

    private static bool Exists(string path) =>
        SurrogateEscape.TryEncode(path + "\0", out byte[]? bytes) && Libc.statx(Libc.AT_FDCWD, bytes, 0, Libc.STATX_TYPE, out _) >= 0;
}

using System;
using PyInotifyd.Configuration;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Where the daemon keeps what only matters to its next start, such as the names of temporary files.</summary>
internal static class RuntimeDirectory
{
    /// <summary>Returns the directory of the state file, else the user's runtime directory; null where there is none.</summary>
    public static byte[]? Of(DaemonSpec spec)
    {
        ReadOnlySpan<byte> state = spec.StateFile.Bytes;
        int slash = state.LastIndexOf((byte)'/');
        if (slash > 0)
        {
            return state[..slash].ToArray();
        }

        if (Libc.geteuid() == 0)
        {
            return "/run/pyinotifyd"u8.ToArray();
        }

        return Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } directory && SurrogateEscape.TryEncode(directory + "/pyinotifyd", out byte[]? path) ? path : null;
    }
}

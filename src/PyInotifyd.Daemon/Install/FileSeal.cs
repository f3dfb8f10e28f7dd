using System;
using System.Text;

namespace PyInotifyd.Daemon.Install;

/// <summary>A last line that tells whether somebody has changed a file since it was installed, by whatever version of the program.</summary>
/// <remarks>It guards against mistakes, not against malice: a checksum (FNV-1a), as who can write the file can write anything.</remarks>
internal static class FileSeal
{
    private const int HashLength = 16;

    private static ReadOnlySpan<byte> Mark => "# installed by pyinotifyd, unchanged: "u8;

    /// <summary>Returns the text, which must end with a newline, with its seal.</summary>
    public static byte[] Seal(ReadOnlySpan<byte> text) => [.. text, .. Mark, .. Encoding.ASCII.GetBytes(Hash(text)), (byte)'\n'];

    /// <summary>Returns whether a file has a seal and is as it was when it got it.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> file)
    {
        int length = file.Length - Mark.Length - HashLength - 1;
        return length >= 0 && file[length..].StartsWith(Mark) && file[^1] == '\n'
            && file[(length + Mark.Length)..^1].SequenceEqual(Encoding.ASCII.GetBytes(Hash(file[..length])));
    }

    private static string Hash(ReadOnlySpan<byte> text)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (byte b in text)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return hash.ToString("x16");
    }
}

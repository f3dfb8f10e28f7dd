using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>Makes byte strings that try to break out of quotes.</summary>
internal static class RandomBytes
{
    private static readonly string[] s_pieces =
    [
        "'", "\"", "`", "$", "\\", "\n", "$(id)", "`id`", "${IFS}", "{src_pathname}", "{pathname}", ")", "}", "(", ";", "&", "|", "#", " ", "\t", "*", "?", "[",
        "]", "!", "~", "-", "-rf",
        "'\\''", "\"'", "'\"", "$'", "$\"", "))", ";;", "esac", "\nEOF\n", "\n)\n", "\r", "=", "%", "<<E", "\\\n", "a", "é", "\u2028", "/",
    ];

    public static byte[] Next(Random random)
    {
        var bytes = new List<byte>();
        int count = random.Next(0, 12);
        for (int i = 0; i < count; i++)
        {
            if (random.Next(3) == 0)
            {
                bytes.Add((byte)random.Next(1, 256));
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
            }
        }

        return bytes.ToArray();
    }
}

using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>Patterns, templates and subjects chosen by hand.</summary>
internal static class RegexTable
{
    internal static IEnumerable<(string Pattern, string? Template, string[] Subjects)> Rows
    {
        get
        {
            yield return ("^(?P<path>.*)/\\.tmp/(?P<name>.*)$", "\\g<path>/\\g<name>", ["/a/.tmp/x", "/a/.tmp/", "/a/tmp/x", "/a/.tmp/x\n"]);
            yield return ("(?:(a)|b)*", "<\\1>", ["ab", "ba", "aab", "", "c"]);
        }
    }

    /// <summary>Returns the bytes of a subject; a lone surrogate U+DC80 to U+DCFF is a byte.</summary>
    internal static byte[] ToBytes(string subject)
    {
        List<byte> bytes = new();
        foreach (int point in PyInotifyd.Engine.Paths.PathCodePoints.FromString(subject))
        {
            PyInotifyd.Engine.Paths.PathCodePoints.Append(bytes, point);
        }

        return bytes.ToArray();
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>The text of <c>--format</c>, cut at its placeholders.</summary>
/// <remarks>
/// <c>\n</c>, <c>\t</c>, <c>\0</c> and <c>\\</c> stand for a newline, a tab, a NUL and a backslash; any other backslash, and anything else in braces, stays as it is.
/// Shape: text by surrogate escapes.
/// </remarks>
internal sealed class MonitorFormat
{
    private static readonly (string Text, MonitorField Field)[] s_placeholders =
    [
        ("{time}", MonitorField.Time), ("{maskname}", MonitorField.MaskName), ("{mask}", MonitorField.Mask), ("{pathname}", MonitorField.PathName),
        ("{src_pathname}", MonitorField.SrcPathName), ("{name}", MonitorField.Name), ("{dirname}", MonitorField.DirName), ("{watch}", MonitorField.Watch),
        ("{dir}", MonitorField.Dir), ("{cookie}", MonitorField.Cookie),
    ];

    private readonly List<Part> _parts = [];

    private MonitorFormat()
    {
    }

    /// <summary>What is printed where nothing else was asked for: <c>{time} {maskname} {pathname} {src_pathname}</c>.</summary>
    /// <remarks>The last blank only where something follows it: whoever reads lines word by word is not to find an empty one.</remarks>
    public static MonitorFormat Default { get; } = Parse("{time} {maskname} {pathname} {src_pathname}", trimsEnd: true);

    /// <summary>The texts, each with the field that follows it.</summary>
    public ReadOnlySpan<Part> Parts => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_parts);

    /// <summary>Whether a text before an empty field at the end is left out.</summary>
    public bool TrimsEnd { get; private init; }

    /// <summary>Cuts a format.</summary>
    public static MonitorFormat Parse(string text) => Parse(text, trimsEnd: false);

    private static MonitorFormat Parse(string text, bool trimsEnd)
    {
        MonitorFormat format = new() { TrimsEnd = trimsEnd };
        StringBuilder literal = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '{' && Match(text.AsSpan(i)) is { Length: > 0 } found)
            {
                format.Add(literal, found.Field);
                i += found.Length - 1;
            }
            else if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is 'n' or 't' or '0' or '\\')
            {
                literal.Append(text[++i] switch { 'n' => '\n', 't' => '\t', '0' => '\0', _ => '\\' });
            }
            else
            {
                literal.Append(text[i]);
            }
        }

        if (literal.Length != 0)
        {
            format.Add(literal, MonitorField.None);
        }

        return format;
    }

    private static (int Length, MonitorField Field) Match(ReadOnlySpan<char> text)
    {
        foreach ((string placeholder, MonitorField field) in s_placeholders)
        {
            if (text.StartsWith(placeholder, StringComparison.Ordinal))
            {
                return (placeholder.Length, field);
            }
        }

        return default;
    }

    private void Add(StringBuilder literal, MonitorField field)
    {
        string text = literal.ToString();
        literal.Clear();
        _parts.Add(new Part(SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : Encoding.UTF8.GetBytes(text), field));
    }

    /// <summary>A text and the field that follows it.</summary>
    internal readonly record struct Part(byte[] Text, MonitorField Field);
}

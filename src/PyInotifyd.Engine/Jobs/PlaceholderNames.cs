using System;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Knows how placeholders are spelt in a command, and which environment variable carries the same value.</summary>
internal static class PlaceholderNames
{
    // In the order of Placeholder.
    private static readonly string[] s_texts =
        ["{maskname}", "{pathname}", "{src_pathname}", "{name}", "{dirname}", "{watch}", "{task_id}"];

    private static readonly string[] s_variables =
    [
        "$PYINOTIFYD_MASKNAME",
        "$PYINOTIFYD_PATHNAME",
        "$PYINOTIFYD_SRC_PATHNAME",
        "$PYINOTIFYD_PATHNAME (its last part is ${PYINOTIFYD_PATHNAME##*/})",
        "$PYINOTIFYD_PATHNAME (its directory is ${PYINOTIFYD_PATHNAME%/*})",
        "$PYINOTIFYD_WATCH",
        "$PYINOTIFYD_TASK_ID",
    ];

    /// <summary>Returns the placeholder as it is written in a command, braces included.</summary>
    public static string Text(Placeholder placeholder) => s_texts[(int)placeholder];

    /// <summary>Returns the environment variable of the child that holds the value, with its dollar sign, and how to take the part of it.</summary>
    public static string Variable(Placeholder placeholder) => s_variables[(int)placeholder];

    /// <summary>Tells whether <paramref name="text"/> begins with a placeholder, and which.</summary>
    public static bool TryMatch(ReadOnlySpan<char> text, out Placeholder placeholder)
    {
        if (!text.IsEmpty && text[0] == '{')
        {
            for (int i = 0; i < s_texts.Length; i++)
            {
                if (text.StartsWith(s_texts[i], StringComparison.Ordinal))
                {
                    placeholder = (Placeholder)i;
                    return true;
                }
            }
        }

        placeholder = default;
        return false;
    }

    /// <summary>Tells whether there is a placeholder anywhere in <paramref name="text"/>.</summary>
    public static bool ContainsAny(ReadOnlySpan<char> text)
    {
        for (int i = text.IndexOf('{'); i >= 0 && i < text.Length; i++)
        {
            if (TryMatch(text[i..], out _))
            {
                return true;
            }
        }

        return false;
    }
}

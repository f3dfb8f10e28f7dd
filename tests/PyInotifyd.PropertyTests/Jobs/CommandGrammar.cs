using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>Makes random shell words from nested quotes and substitutions, each of which is exactly one argument, and says which.</summary>
internal sealed class CommandGrammar
{
    private static readonly string[] s_names = ["{pathname}", "{src_pathname}", "{watch}", "{task_id}", "{maskname}"];

    private readonly Random _random;
    private readonly Dictionary<string, byte[]> _values;

    public CommandGrammar(Random random, Dictionary<string, byte[]> values)
    {
        _random = random;
        _values = values;
    }

    /// <summary>Returns the text of a word and the bytes that the shell must make of it.</summary>
    public (string Text, byte[] Bytes) Word(int depth, bool inParameter = false)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            (string pieceText, byte[] pieceBytes) = Piece(depth, inParameter);
            text.Append(pieceText);
            bytes.AddRange(pieceBytes);
        }

        return (text.ToString(), bytes.ToArray());
    }

    private (string Text, byte[] Bytes) Piece(int depth, bool inParameter) => _random.Next(depth > 0 ? 20 : 8) switch
    {
        0 or 1 => Value(),
        2 => Around("'it is \\ \" ` $( ", Value(), " # ; }'", "it is \\ \" ` $( ", " # ; }"),
        3 => Around("\"it's \\\" ) ", Value(), " \\$( \\` #\"", "it's \" ) ", " $( ` #"),
        4 => Around("\"$E", Value(), "{x}\"", string.Empty, "{x}"),
        5 => Around("\\'\\\"\\\\", Value(), "\\$\\{", "'\"\\", "${"),
        6 => Around("A=", Value(), "\\}%", "A=", "}%"),
        7 => Around("''\"\"", Value(), "\"\"''", string.Empty, string.Empty),
        8 or 9 => Around("\"", Substitution(depth - 1), "\"", string.Empty, string.Empty),
        10 => Around("\"it's ", Substitution(depth - 1), " \\\"\"", "it's ", " \""),
        11 or 12 or 13 when inParameter => Value(),
        11 => Around("${E-", Word(depth - 1, inParameter: true), "}", string.Empty, string.Empty),
        12 => Around("${E:-a\\}", Word(depth - 1, inParameter: true), "'}'}", "a}", "}"),
        13 => Around("${E+x}${P+", Word(depth - 1, inParameter: true), "}", string.Empty, string.Empty),
        14 => Around("\"${E-", Substitution(depth - 1), "}\"", string.Empty, string.Empty),
        15 => Around("\"${E-\"", Substitution(depth - 1), "\"}\"", string.Empty, string.Empty),
        16 => inParameter ? Value() : Around("\"$\\\n", Substitution(depth - 1, dollar: false), "\"", string.Empty, string.Empty),
        17 => Around("\"$((1+(2*3)))", Substitution(depth - 1), "`echo '#'`\"", "7", "#"),
        _ => Around("\"$P", Substitution(depth - 1), "$E\"", "p", string.Empty),
    };

    private (string Text, byte[] Bytes) Value()
    {
        string name = s_names[_random.Next(s_names.Length)];
        return (name, _values[name]);
    }

    /// <summary>A command substitution; the x at its end keeps the newlines before it, which the shell would take off.</summary>
    private (string Text, byte[] Bytes) Substitution(int depth, bool dollar = true)
    {
        int form = _random.Next(13);
        (string text, byte[] bytes) = Word(depth, inParameter: form == 9);
        string body = form switch
        {
            0 => $"printf '%sx' {text}",
            1 => $" # it's a ) comment \"\nprintf '%sx' {text}",
            2 => $"case {text} in {text}) printf '%sx' {text};; *) echo no;; esac",
            3 => $"case a in (b) echo \")\";; a|c) case {text} in esac; printf '%sx' {text} ;; esac",
            4 => $"for i in {text}; do case a in a) printf '%sx' \"$i\"; esac; done",
            5 => $"f() {{ case a in a) printf '%sx' \"$1\";; esac; }}; f {text}",
            6 => $": <<'E F' <<-G\nit's \" ` $(\nE F\n\t$(echo '}}' ) ${{P}} \"\n\tG\nprintf '%sx' {text}",
            7 => $" (v={text}; printf '%sx' \"$v\")",
            8 => $"if [ {text} = {text} ]; then printf '%sx' {text}; fi",
            9 => $"v={text}; v=${{v#{text}}}; printf '%sx' \"$v\"{text}",
            10 => $"{{ printf '%sx' {text}; }} 2>/dev/null",
            11 => $"set -- {text} {text}; shift; printf '%sx' \"$@\" # {{}}'\n",
            _ => $"! :; : > /dev/null {text} && printf '%sx' \\\n{text}",
        };

        var expected = new List<byte>(bytes);
        expected.Add((byte)'x');
        return ((dollar ? "$" : string.Empty) + "(" + body + ")", expected.ToArray());
    }

    private static (string Text, byte[] Bytes) Around(string before, (string Text, byte[] Bytes) inner, string after, string bytesBefore, string bytesAfter)
    {
        var bytes = new List<byte>(Encoding.UTF8.GetBytes(bytesBefore));
        bytes.AddRange(inner.Bytes);
        bytes.AddRange(Encoding.UTF8.GetBytes(bytesAfter));
        return (before + inner.Text + after, bytes.ToArray());
    }
}

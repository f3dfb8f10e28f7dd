using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>Makes random, often strange commands out of pieces of shell syntax, with placeholders anywhere.</summary>
internal static class CommandSoup
{
    private static readonly (string Open, string Close)[] s_pairs =
    [
        ("'", "'"), ("\"", "\""), ("\"", "\""), ("`", "`"), ("$(", ")"), ("$(", "\n)"), ("\"$(", ")\""), ("( ", ")"),
        ("${E-", "}"), ("${P+", "}"), ("\"${E-", "}\""),
        ("\"${E-\"", "\"}\""), ("${E#", "}"), ("${E=", "}"), ("${P/", "}"), ("$((", "))"), ("((", "))"), ("$[", "]"),
        ("$'", "'"), ("$\"", "\""), (" <<E ", "\nE\n"),
        (" <<'E' ", "\nE\n"), ("cat <<-E\n\t$(", ")\n\tE\n"), ("case a in a) ", ";; esac"), ("case a in (b) ;; *) ", " esac "), ("if :;then ", "; fi"),
        ("{ ", ";}"), ("for i in a; do ", " ; done "), ("for i do ", ";done"), ("f() ", "\n"), ("[[ ", " ]]"),
        ("[[ 1 -eq ", " ]]"), ("a[", "]=1"), ("a=(", ")"),
        ("#", "\n"), (" # ", "\n"), ("<(", ")"), ("time case a in a) ", ";; esac"), (">o case a in a) ", ";; esac"),
        ("A=1 case a in a) ", "esac"), ("echo $(", ") "),
    ];

    private static readonly string[] s_pieces =
    [
        " ", " ", "\n", ";", "&&", "|", "\\", "\\\n", "$", "$P", "$E", "$$", "$#", "x", "echo ", "echo ", ": ", "A=", "-", "!", "1", "+",
        ";;", "esac", " in ", "case ", "a)", ")", "(",
        "}", "{", "'", "\"", "`", "#", " # it's\n", ">o ", "<<E", "\nE\n", "=", "~", "\t", "@", "[", "]", "time ", "\\'", "\\\"", "\\`", "\\$", "it's",
    ];

    private static readonly string[] s_payloads =
    [
        "$(>pwned)", "`>pwned`", "';>pwned;'", "\";>pwned;\"", "\n>pwned\n", "a[$(>pwned)]", ")\n>pwned\n", "\nE\n>pwned\n",
        "}\n>pwned\n", "'$(>pwned)'", "\"$(>pwned)\"", "\\'$(>pwned)",
        "';>pwned #", "\";>pwned #", "' $(>pwned) \"$(>pwned)\"", ";;esac\n>pwned\n", "))\n>pwned\n", "\\\n>pwned\n",
        "x'\n>pwned\n'", "\\';>pwned;\\'", "\u0001'\n>pwned\n", "`\n>pwned\n`",
    ];

    public static string Command(Random random)
    {
        var text = new StringBuilder("P=p;");
        Append(text, random, depth: random.Next(1, 5));
        return text.ToString();
    }

    public static byte[] Payload(Random random)
    {
        var bytes = new List<byte>();
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(s_payloads[random.Next(s_payloads.Length)]));
        }

        return bytes.ToArray();
    }

    private static void Append(StringBuilder text, Random random, int depth)
    {
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int kind = random.Next(10);
            if (kind < 4 && depth > 0)
            {
                (string open, string close) = s_pairs[random.Next(s_pairs.Length)];
                text.Append(open);
                Append(text, random, depth - 1);
                if (random.Next(20) > 0)
                {
                    text.Append(close);
                }
            }
            else if (kind < 7)
            {
                text.Append("{pathname}");
            }
            else
            {
                text.Append(s_pieces[random.Next(s_pieces.Length)]);
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>Makes random patterns, templates and subjects over a small alphabet, so that matches are frequent.</summary>
internal sealed class RandomRegex
{
    private static readonly string[] s_atoms =
    [
        "a", "b", "c", "a", "b", ".", "é", "ß", "K", "\u212A", "i", "İ", "ı", "s", "ſ", "𐐀", "𐐨", "\udcc3", "/", "\\.", "-", " ", "#", "0", "_", ",",
        "{", "}", "{a", "]",
        "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\n", "\\x61", "\\u00e9", "\\U00010400", "\\101", "\\060", "\\0", "\\t", "\\\\", "µ", "μ", "Σ", "ς",
    ];

    private static readonly string[] s_places = ["^", "$", "\\A", "\\Z", "\\b", "\\B"];

    private static readonly string[] s_quantifiers = ["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "{0,3}", "{0}", "*", "+", "?"];

    private static readonly string[] s_setMembers =
    [
        "a", "b", "a-c", "A-Z", "é", "\\w", "\\d", "\\W", "\\S", "\\s", "0-9", ".", "\\]", "-", "^", "à-ÿ", "𐐀", "𐐀-𐐧", "k", "ſ", "[", "&&", "\\b",
        "\\x41", "\\n", "i", "ß", "ẞ",
        "a-\U0001F600", "\udc80-\udcff",
    ];

    private static readonly string[] s_flags = ["i", "s", "m", "x", "a", "u", "ia", "is", "im", "iu", "a", "u", "-i", "i-s", "-m", "-s"];

    private static readonly string[] s_mistakes =
        ["(", ")", "[", "\\", "*", "+?", "{2,1}", "(?P<", "(?P=x)", "\\9", "(?<=", "\\q", "[b-a]", "(?z)", "(?-", "(?(7)a)", "(?i)", "\\N{BEE}",
        "\\x1", "(?P<1>a)", "(?(1", "(?L)", "(?#", "(?u:\\w)", "(?a:\\W)"];

    private static readonly string[] s_subjectParts =
    [
        "a", "b", "c", "a", "b", "ab", "abc", "A", "B", "é", "É", "ß", "ẞ", "K", "k", "\u212A", "i", "I", "İ", "ı", "s", "S", "ſ", "𐐀", "𐐨", "/", ".",
        "-", " ", "#", "0", "7", "_",
        ",", "\n", "\n", "\t", "\\", "{", "}", "{a", "]", "µ", "μ", "Μ", "Σ", "σ", "ς", "\u0663", "\u2028", "\U0001F600", "\0",
    ];

    private static readonly string[] s_fewAtoms = ["a", "b", "c", "a", "b", ".", "ab", "[ab]", "[^a]"];

    private static readonly string[] s_fewParts = ["a", "b", "c", "ab", "ba", "aa", "abc"];

    private readonly Random _random;
    private readonly string[] _atoms;
    private readonly string[] _parts;
    private readonly int _depth;
    private int _groups;

    /// <summary>Makes a source of patterns.</summary>
    /// <param name="random">The source of chance.</param>
    /// <param name="dense">Few letters and many groups, to see what they hold, instead of all that there is.</param>
    internal RandomRegex(Random random, bool dense)
    {
        _random = random;
        _atoms = dense ? s_fewAtoms : s_atoms;
        _parts = dense ? s_fewParts : s_subjectParts;
        _depth = dense ? 5 : 4;
    }

    internal string Pattern()
    {
        _groups = 0;
        string flags = Chance(4) ? "(?" + Pick(["i", "s", "m", "x", "a", "is", "im", "ia", "sm"]) + ")" : "";
        string pattern = flags + Alternatives(_random.Next(1, _depth));
        return Chance(12) ? pattern.Insert(_random.Next(pattern.Length + 1), Pick(s_mistakes)) : pattern;
    }

    internal string Template()
    {
        StringBuilder template = new();
        for (int i = _random.Next(5); i > 0; i--)
        {
            template.Append(Pick(
                ["x", "é", "\\1", "\\g<0>", "\\g<1>", "\\g<n1>", "\\n", "\\\\", "\\.", "\\0", "\\101", "\\2", "𐐀", "\udcff", "<", "\\-", "/"]));
            if (Chance(40))
            {
                template.Append(Pick(["\\q", "\\g<9>", "\\g<", "\\g", "\\8", "\\477", "\\g<x>", "\\g<-1>", "\\", "\\g<>", "\\12"]));
            }
        }

        return template.ToString();
    }

    internal byte[] Subject()
    {
        List<byte> subject = new();
        for (int i = _random.Next(9); i > 0; i--)
        {
            if (Chance(8))
            {
                subject.AddRange(Pick<byte[]>([[0xC3], [0xA9], [0xFF], [0xF0, 0x90, 0x90], [0xED, 0xB0, 0x80], [0xC0, 0x80], [0xE2, 0x84], [0x80]]));
            }
            else
            {
                subject.AddRange(Encoding.UTF8.GetBytes(Pick(_parts)));
            }
        }

        return subject.ToArray();
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private string Alternatives(int depth)
    {
        StringBuilder alternatives = new(Sequence(depth));
        while (Chance(3))
        {
            alternatives.Append('|').Append(Sequence(depth));
        }

        return alternatives.ToString();
    }

    private string Sequence(int depth)
    {
        StringBuilder sequence = new();
        for (int i = _random.Next(4); i >= 0; i--)
        {
            if (Chance(9))
            {
                sequence.Append(Pick(s_places));
                continue;
            }

            sequence.Append(depth > 0 && Chance(2) ? Group(depth - 1) : Chance(4) ? Set() : Chance(8) && _groups > 0 ? Reference() : Pick(_atoms));
            if (Chance(2))
            {
                sequence.Append(Pick(s_quantifiers)).Append(Pick(["", "", "", "?", "+"]));
            }
        }

        return sequence.ToString();
    }

    private string Set()
    {
        StringBuilder set = new(Chance(3) ? "[^" : "[");
        for (int i = _random.Next(3); i >= 0; i--)
        {
            set.Append(Pick(s_setMembers));
        }

        return set.Append(']').ToString();
    }

    private string Reference()
    {
        int group = _random.Next(1, _groups + 1);
        return Chance(3) ? "(?(" + group + ")" + Sequence(0) + (Chance(2) ? "|" + Sequence(0) : "") + ")" : "\\" + group;
    }

    private string Group(int depth)
    {
        switch (_random.Next(16))
        {
            case 0: return "(?=" + Alternatives(depth) + ")";
            case 1: return "(?!" + Alternatives(depth) + ")";
            case 2: return "(?<=" + Behind(depth) + ")";
            case 3: return "(?<!" + Behind(depth) + ")";
            case 4: return "(?>" + Alternatives(depth) + ")";
            case 5: return "(?" + Pick(s_flags) + ":" + Alternatives(depth) + ")";
            case 6:
            case 7: return "(?:" + Alternatives(depth) + ")";
            case 8:
                int named = ++_groups;
                return $"(?P<n{named}>" + Alternatives(depth) + ")";
            default:
                _groups++;
                return "(" + Alternatives(depth) + ")";
        }
    }

    private string Behind(int depth) => Chance(3) ? Alternatives(depth) : Chance(2) ? Pick(_atoms) + Pick(_atoms) : Set() + "|" + Pick(_atoms);
}

namespace PyInotifyd.Engine.Paths;

/// <summary>Names and numbers of groups, as patterns and templates write them.</summary>
internal sealed partial class RegexParser
{
    /// <summary>Throws unless <paramref name="name"/>, which <paramref name="reader"/> has just read with its end, may name a group.</summary>
    internal static void CheckName(PatternReader reader, string name)
    {
        if (!IsIdentifier(name))
        {
            throw BadName(reader, name);
        }
    }

    /// <summary>Whether Python takes <paramref name="name"/> as a group's name (it is then not taken as a number).</summary>
    internal static bool IsIdentifier(string name)
    {
        int[] points = PathCodePoints.FromString(name);
        for (int i = 0; i < points.Length; i++)
        {
            if (i == 0 ? !UnicodeCharacter.StartsIdentifier(points[i]) : !UnicodeCharacter.ContinuesIdentifier(points[i]))
            {
                return false;
            }
        }

        return points.Length > 0;
    }

    /// <summary>Returns the number of a group; throws where it is none.</summary>
    /// <remarks>
    /// Python 3.11 takes what <c>int()</c> takes (<c>+1</c>, <c> 1 </c>, <c>1_0</c>, digits of other scripts) and warns that it will not for long: refused.
    /// </remarks>
    internal static int ParseGroupNumber(PatternReader reader, string name)
    {
        int back = PatternReader.CountCodePoints(name) + 1;
        long number = 0;
        bool isPlain = true;
        bool mayBeNumber = true;
        foreach (int point in PathCodePoints.FromString(name))
        {
            if (UnicodeCharacter.IsAsciiDigit(point))
            {
                number = long.Min((number * 10) + point - '0', uint.MaxValue);
                continue;
            }

            isPlain = false;
            mayBeNumber &= point is '+' or '_' || UnicodeCharacter.IsSpace(point) || UnicodeCharacter.IsDigit(point);
        }

        if (!isPlain)
        {
            throw mayBeNumber
                ? PatternSyntaxException.NotSupported("the group number " + PatternReader.Quote(name), reader.Position - back)
                : BadName(reader, name);
        }

        // CPython's limit; no pattern has so many groups.
        return number < 1 << 30 ? (int)number : throw reader.Error("invalid group reference " + name, back);
    }

    private static PatternSyntaxException BadName(PatternReader reader, string name) =>
        reader.Error("bad character in group name " + PatternReader.Quote(name), PatternReader.CountCodePoints(name) + 1);
}

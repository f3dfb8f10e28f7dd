namespace PyInotifyd.Engine.Paths;

/// <summary>Answers what Python's <c>re</c> asks about a code point.</summary>
/// <remarks>Cost: an ASCII character a compare or two, others a binary search.   Threads: any.</remarks>
internal static class UnicodeCharacter
{
    /// <summary>Whether <c>\w</c> matches: <c>str.isalnum()</c> or the underscore.</summary>
    internal static bool IsWord(int codePoint) => codePoint < 0x80 ? IsAsciiWord(codePoint) : InRanges(UnicodeTables.Word, codePoint);

    /// <summary>Whether <c>\d</c> matches: <c>str.isdecimal()</c>.</summary>
    internal static bool IsDigit(int codePoint) => codePoint < 0x80 ? IsAsciiDigit(codePoint) : InRanges(UnicodeTables.Digit, codePoint);

    /// <summary>Whether <c>\s</c> matches: <c>str.isspace()</c>.</summary>
    internal static bool IsSpace(int codePoint) => InRanges(UnicodeTables.Space, codePoint);

    /// <summary>Whether <c>\w</c> matches under the ASCII flag.</summary>
    internal static bool IsAsciiWord(int codePoint) => IsAsciiDigit(codePoint) || codePoint == '_' || IsAsciiLetter(codePoint);

    /// <summary>Whether <c>\d</c> matches under the ASCII flag.</summary>
    internal static bool IsAsciiDigit(int codePoint) => (uint)(codePoint - '0') <= 9;

    /// <summary>Whether <c>\s</c> matches under the ASCII flag.</summary>
    internal static bool IsAsciiSpace(int codePoint) => codePoint == ' ' || (uint)(codePoint - '\t') <= '\r' - '\t';

    /// <summary>Whether it is one of the 52 letters of ASCII.</summary>
    internal static bool IsAsciiLetter(int codePoint) => (uint)((codePoint | 0x20) - 'a') < 26;

    /// <summary>Whether a group name may start with it (an underscore may).</summary>
    internal static bool StartsIdentifier(int codePoint) => InRanges(UnicodeTables.IdentifierStart, codePoint);

    /// <summary>Whether a group name may go on with it.</summary>
    internal static bool ContinuesIdentifier(int codePoint) => StartsIdentifier(codePoint) || InRanges(UnicodeTables.IdentifierContinue, codePoint);

    /// <summary>Returns the simple lower case.</summary>
    internal static int ToLower(int codePoint) => codePoint < 0x80 ? ToAsciiLower(codePoint) : Map(UnicodeTables.Lower, codePoint);

    /// <summary>Returns the simple upper case.</summary>
    internal static int ToUpper(int codePoint) => Map(UnicodeTables.Upper, codePoint);

    /// <summary>Returns the lower case, of ASCII letters only.</summary>
    internal static int ToAsciiLower(int codePoint) => (uint)(codePoint - 'A') < 26 ? codePoint + 32 : codePoint;

    /// <summary>Whether the case of the character makes a difference.</summary>
    internal static bool IsCased(int codePoint) => ToLower(codePoint) != codePoint || ToUpper(codePoint) != codePoint;

    private static bool InRanges(int[] boundaries, int codePoint)
    {
        // How many boundaries are not above the code point: an odd number of them means inside.
        int low = 0;
        int high = boundaries.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (boundaries[middle] <= codePoint)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return (low & 1) != 0;
    }

    private static int Map(int[] runs, int codePoint)
    {
        int low = 0;
        int high = (runs.Length / 4) - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            int at = middle * 4;
            if (codePoint < runs[at])
            {
                high = middle - 1;
            }
            else if (codePoint > runs[at + 1])
            {
                low = middle + 1;
            }
            else
            {
                return (codePoint - runs[at]) % runs[at + 2] == 0 ? codePoint + runs[at + 3] : codePoint;
            }
        }

        return codePoint;
    }
}

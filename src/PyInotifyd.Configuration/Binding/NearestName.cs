using System;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Finds the known name that a mistyped one was probably meant to be.</summary>
internal ref struct NearestName
{
    private const int NoMatch = int.MaxValue;

    private readonly ReadOnlySpan<char> _wanted;
    private readonly string _plain;
    private int _distance;

    public NearestName(string wanted)
    {
        _wanted = wanted;
        _plain = Plain(wanted);
        _distance = NoMatch;
        Best = null;
    }

    /// <summary>The best of the names offered; null where none is near.</summary>
    public string? Best { get; private set; }

    /// <summary>Returns <c>; did you mean "…"?</c>, or nothing where no name is near.</summary>
    public readonly string Question => Best is null ? "" : $"; did you mean \"{Best}\"?";

    /// <summary>Takes a known name into account; of equally near ones the first wins.</summary>
    public void Offer(string known)
    {
        int limit = Math.Max(1, Math.Max(_wanted.Length, known.Length) / 3);
        int distance = DistanceTo(known, Math.Min(limit, _distance == NoMatch ? limit : _distance - 1));
        if (distance <= limit && distance < _distance)
        {
            _distance = distance;
            Best = known;
        }
    }

    private readonly int DistanceTo(string known, int limit)
    {
        string plain = Plain(known);
        if (_plain == plain || SameWords(_plain, plain))
        {
            return 0;
        }

        // "IN_CLOSE" for IN_CLOSE_WRITE, "CREATE" for IN_CREATE, "WARN" for WARNING: an end left out.
        bool isStart = _plain.Length >= 4 && plain.StartsWith(_plain, StringComparison.Ordinal);
        if (isStart || (_plain.Length >= 3 && (plain.StartsWith(_plain + "_", StringComparison.Ordinal) || plain.EndsWith("_" + _plain, StringComparison.Ordinal))))
        {
            return Math.Min(1, limit);
        }

        return Math.Abs(_plain.Length - plain.Length) > limit || Math.Max(_plain.Length, plain.Length) > 100 ? NoMatch : EditDistance(_plain, plain);
    }

    /// <summary>Returns a name without what is easily confused: case, and <c>-</c> or space for <c>_</c>.</summary>
    private static string Plain(string name) => name.ToLowerInvariant().Replace('-', '_').Replace(' ', '_');

    /// <summary>Tells whether both are the same words in another order, or put together in another way, as IN_WRITE_CLOSE and IN_CLOSE_WRITE, singlejob and single_job.</summary>
    private static bool SameWords(string left, string right)
    {
        if (left.Replace("_", "") == right.Replace("_", ""))
        {
            return true;
        }

        if (left.Length != right.Length || !left.Contains('_'))
        {
            return false;
        }

        string[] leftWords = left.Split('_');
        string[] rightWords = right.Split('_');
        Array.Sort(leftWords, StringComparer.Ordinal);
        Array.Sort(rightWords, StringComparer.Ordinal);
        return leftWords.AsSpan().SequenceEqual(rightWords);
    }

    /// <summary>Counts the insertions, deletions, replacements and swaps of neighbours that lead from one to the other.</summary>
    private static int EditDistance(string left, string right)
    {
        int width = right.Length + 1;
        Span<int> before = stackalloc int[width];
        Span<int> previous = stackalloc int[width];
        Span<int> current = stackalloc int[width];
        for (int j = 0; j < width; j++)
        {
            previous[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j < width; j++)
            {
                int cost = left[i - 1] == right[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1] + 1, previous[j] + 1), previous[j - 1] + cost);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
                }
            }

            Span<int> oldest = before;
            before = previous;
            previous = current;
            current = oldest;
        }

        return previous[width - 1];
    }
}

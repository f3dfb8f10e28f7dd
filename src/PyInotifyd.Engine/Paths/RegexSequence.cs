using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Constructs that follow each other.</summary>
internal sealed class RegexSequence
{
    /// <summary>Widths are not told apart above this; it is larger than any bound that they are compared with.</summary>
    internal const long WidthLimit = 1L << 40;

    private readonly List<RegexSequence?> _groups;
    private bool _measured;
    private long _least;
    private long _most;

    /// <summary>Makes an empty sequence.</summary>
    /// <param name="groups">The content of each group of the pattern, filled in as they are closed: a back reference is as wide as its group.</param>
    internal RegexSequence(List<RegexSequence?> groups)
    {
        _groups = groups;
    }

    internal List<RegexNode> Nodes { get; } = new();

    /// <summary>Returns the least and the greatest number of code points that the sequence can match, by CPython's rules.</summary>
    internal (long Least, long Most) GetWidth()
    {
        if (!_measured)
        {
            long least = 0;
            long most = 0;
            foreach (RegexNode node in Nodes)
            {
                (long nodeLeast, long nodeMost) = GetWidth(node);
                least = Limit(least + nodeLeast);
                most = Limit(most + nodeMost);
            }

            (_least, _most, _measured) = (least, most, true);
        }

        return (_least, _most);
    }

    private static long Limit(long width) => width < WidthLimit ? width : WidthLimit;

    private static long Times(long width, int count)
    {
        if (width == 0 || count == 0)
        {
            return 0;
        }

        return width > WidthLimit / count ? WidthLimit : width * count;
    }

    private (long Least, long Most) GetWidth(RegexNode node)
    {
        switch (node.Kind)
        {
            case RegexNodeKind.Literal:
            case RegexNodeKind.NotLiteral:
            case RegexNodeKind.Any:
            case RegexNodeKind.Set:
                return (1, 1);
            case RegexNodeKind.Group:
            case RegexNodeKind.Atomic:
                return node.Body!.GetWidth();
            case RegexNodeKind.BackReference:
                return _groups[node.Value]!.GetWidth();
            case RegexNodeKind.Repeat:
                (long least, long most) = node.Body!.GetWidth();
                return (Times(least, node.Min), node.Max == RegexNode.Unbounded && most > 0 ? WidthLimit : Times(most, node.Max));
            case RegexNodeKind.Branch:
            case RegexNodeKind.Conditional:
                return GetWidthOfOne(node.Alternatives!, node.Kind == RegexNodeKind.Conditional && node.Alternatives!.Count == 1);
            default:
                return (0, 0);
        }
    }

    private static (long Least, long Most) GetWidthOfOne(List<RegexSequence> alternatives, bool mayBeAbsent)
    {
        long least = mayBeAbsent ? 0 : WidthLimit;
        long most = 0;
        foreach (RegexSequence alternative in alternatives)
        {
            (long one, long other) = alternative.GetWidth();
            least = one < least ? one : least;
            most = other > most ? other : most;
        }

        return (least, most);
    }
}

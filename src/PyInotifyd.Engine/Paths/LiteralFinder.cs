using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Finds the literals without which a pattern cannot match.</summary>
/// <remarks>Only case-sensitive literals with bytes of their own count, so that comparing bytes is comparing code points.</remarks>
internal sealed class LiteralFinder
{
    /// <summary>A search for less costs as much as the matcher itself.</summary>
    private const int LeastRequired = 3;

    private readonly List<byte> _run = new();
    private bool _prefixIsOpen = true;

    internal LiteralFinder(RegexSequence sequence, RegexFlags flags)
    {
        FindSuffix(sequence, flags);
        Walk(sequence, flags);
        if (_prefixIsOpen || Suffix.Length == 0)
        {
            EndRun();
        }

        IsAnchored = StartsAtStart(sequence, flags);
        Shape = FindShape(sequence, flags);
    }

    internal byte[] Prefix { get; private set; } = [];

    internal byte[] Suffix { get; private set; } = [];

    internal bool SuffixBeforeNewline { get; private set; }

    internal byte[] Required { get; private set; } = [];

    internal bool IsAnchored { get; }

    internal SimpleShape Shape { get; }

    private static bool StartsAtStart(RegexSequence sequence, RegexFlags flags)
    {
        if (sequence.Nodes.Count == 0)
        {
            return false;
        }

        RegexNode first = sequence.Nodes[0];
        if (first.Kind == RegexNodeKind.Group)
        {
            return StartsAtStart(first.Body!, RegexCompiler.Combine(flags, first));
        }

        return first.Kind == RegexNodeKind.At
            && ((RegexAt)first.Value == RegexAt.StartOfText || ((RegexAt)first.Value == RegexAt.Start && (flags & RegexFlags.Multiline) == 0));
    }

    private static SimpleShape FindShape(RegexSequence sequence, RegexFlags flags)
    {
        List<RegexNode> nodes = sequence.Nodes;
        int index = 0;
        // All kinds of start are true at the start, and shapes serve nothing else.
        if (index < nodes.Count && nodes[index].Kind == RegexNodeKind.At && (RegexAt)nodes[index].Value is RegexAt.Start or RegexAt.StartOfText)
        {
            index++;
        }

        index = SkipLiterals(nodes, index, flags);
        if (index == nodes.Count)
        {
            return SimpleShape.Prefix;
        }

        RegexNode repeat = nodes[index];
        if (repeat.Kind != RegexNodeKind.Repeat || repeat.Min != 0 || repeat.Max != RegexNode.Unbounded || repeat.Greed != RegexGreed.Greedy
            || repeat.Body!.Nodes.Count != 1 || repeat.Body.Nodes[0].Kind != RegexNodeKind.Any)
        {
            return SimpleShape.None;
        }

        index = SkipLiterals(nodes, index + 1, flags);
        if (index != nodes.Count - 1 || nodes[index].Kind != RegexNodeKind.At
            || !((RegexAt)nodes[index].Value == RegexAt.EndOfText || ((RegexAt)nodes[index].Value == RegexAt.End && (flags & RegexFlags.Multiline) == 0)))
        {
            return SimpleShape.None;
        }

        return (flags & RegexFlags.DotAll) != 0 ? SimpleShape.PrefixAndSuffixAcrossLines : SimpleShape.PrefixAndSuffix;
    }

    private static int SkipLiterals(List<RegexNode> nodes, int index, RegexFlags flags)
    {
        while (index < nodes.Count && RegexCompiler.IsPlainLiteral(nodes[index], flags))
        {
            index++;
        }

        return index;
    }

    private void Walk(RegexSequence sequence, RegexFlags flags)
    {
        foreach (RegexNode node in sequence.Nodes)
        {
            if (RegexCompiler.IsPlainLiteral(node, flags))
            {
                PathCodePoints.Append(_run, node.Value);
                continue;
            }

            switch (node.Kind)
            {
                case RegexNodeKind.At:
                case RegexNodeKind.Look:
                    break;
                case RegexNodeKind.Group:
                case RegexNodeKind.Atomic:
                    Walk(node.Body!, RegexCompiler.Combine(flags, node));
                    break;
                case RegexNodeKind.Repeat when node.Min > 0:
                    EndRun();
                    Walk(node.Body!, flags);
                    EndRun();
                    break;
                default:
                    EndRun();
                    break;
            }
        }
    }

    private void EndRun()
    {
        if (_prefixIsOpen)
        {
            _prefixIsOpen = false;
            Prefix = _run.ToArray();
        }
        else if (_run.Count >= LeastRequired && _run.Count > Required.Length)
        {
            Required = _run.ToArray();
        }

        _run.Clear();
    }

    private void FindSuffix(RegexSequence sequence, RegexFlags flags)
    {
        RegexNode? last = sequence.Nodes.Count > 0 ? sequence.Nodes[^1] : null;
        if (last is null || last.Kind != RegexNodeKind.At)
        {
            return;
        }

        bool beforeNewline = (RegexAt)last.Value == RegexAt.End && (flags & RegexFlags.Multiline) == 0;
        if (!beforeNewline && (RegexAt)last.Value != RegexAt.EndOfText)
        {
            return;
        }

        List<int> reversed = new();
        CollectBackwards(sequence, sequence.Nodes.Count - 2, flags, reversed);
        List<byte> suffix = new();
        for (int i = reversed.Count - 1; i >= 0; i--)
        {
            PathCodePoints.Append(suffix, reversed[i]);
        }

        Suffix = suffix.ToArray();
        SuffixBeforeNewline = beforeNewline;
    }

    /// <summary>Collects literals from the end on; returns whether the sequence has nothing else.</summary>
    private static bool CollectBackwards(RegexSequence sequence, int from, RegexFlags flags, List<int> reversed)
    {
        for (int i = from; i >= 0; i--)
        {
            RegexNode node = sequence.Nodes[i];
            if (RegexCompiler.IsPlainLiteral(node, flags))
            {
                reversed.Add(node.Value);
            }
            else if (node.Kind != RegexNodeKind.Group
                || !CollectBackwards(node.Body!, node.Body!.Nodes.Count - 1, RegexCompiler.Combine(flags, node), reversed))
            {
                return false;
            }
        }

        return true;
    }
}

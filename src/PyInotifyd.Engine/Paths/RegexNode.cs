using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>What a node of a parsed pattern does.</summary>
internal enum RegexNodeKind
{
    /// <summary>The code point <see cref="RegexNode.Value"/>.</summary>
    Literal,

    /// <summary>Any code point but <see cref="RegexNode.Value"/>.</summary>
    NotLiteral,

    /// <summary>The dot.</summary>
    Any,

    /// <summary>One of <see cref="RegexNode.Items"/>.</summary>
    Set,

    /// <summary>A place of kind <see cref="RegexAt"/> in <see cref="RegexNode.Value"/>.</summary>
    At,

    /// <summary>One of <see cref="RegexNode.Alternatives"/>.</summary>
    Branch,

    /// <summary><see cref="RegexNode.Body"/> from <see cref="RegexNode.Min"/> to <see cref="RegexNode.Max"/> times.</summary>
    Repeat,

    /// <summary>A group, numbered by <see cref="RegexNode.Value"/> or 0, with flags added and removed.</summary>
    Group,

    /// <summary><c>(?&gt;…)</c>.</summary>
    Atomic,

    /// <summary>A look around, see <see cref="RegexNode.Negated"/> and <see cref="RegexNode.Behind"/>.</summary>
    Look,

    /// <summary>What group <see cref="RegexNode.Value"/> matched.</summary>
    BackReference,

    /// <summary>The first of <see cref="RegexNode.Alternatives"/> if group <see cref="RegexNode.Value"/> has matched, else the second, if any.</summary>
    Conditional,
}

/// <summary>The places that <c>^ $ \A \Z \b \B</c> stand for.</summary>
internal enum RegexAt
{
    Start,
    StartOfText,
    End,
    EndOfText,
    Boundary,
    NotBoundary,
    StartOfLine,
    EndOfLine,
    AsciiBoundary,
    AsciiNotBoundary,
}

/// <summary>How eagerly a repeat takes.</summary>
internal enum RegexGreed
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>One construct of a parsed pattern.</summary>
internal sealed class RegexNode
{
    /// <summary>The upper bound of a repeat that has none.</summary>
    internal const int Unbounded = int.MaxValue;

    internal RegexNode(RegexNodeKind kind, int value = 0)
    {
        Kind = kind;
        Value = value;
    }

    internal RegexNodeKind Kind { get; }

    internal int Value { get; }

    internal int Min { get; init; }

    internal int Max { get; init; }

    internal RegexGreed Greed { get; init; }

    internal RegexFlags AddedFlags { get; init; }

    internal RegexFlags RemovedFlags { get; init; }

    internal bool Negated { get; init; }

    internal bool Behind { get; init; }

    /// <summary>Where the construct stands, for errors that only the compiler finds.</summary>
    internal int Position { get; init; }

    internal RegexSequence? Body { get; init; }

    internal List<RegexSequence>? Alternatives { get; init; }

    internal List<SetItem>? Items { get; init; }

    /// <summary>Whether this is a group that neither captures nor changes flags.</summary>
    internal bool IsPlainGroup => Kind == RegexNodeKind.Group && Value == 0 && AddedFlags == RegexFlags.None && RemovedFlags == RegexFlags.None;

    /// <summary>Whether both are the same construct without parts; only those are moved out of alternatives.</summary>
    internal bool SameLeaf(RegexNode other)
    {
        if (Kind != other.Kind || Value != other.Value || Negated != other.Negated)
        {
            return false;
        }

        if (Kind == RegexNodeKind.Set)
        {
            return SetItem.SameItems(Items!, other.Items!);
        }

        return Kind is RegexNodeKind.Literal or RegexNodeKind.NotLiteral or RegexNodeKind.Any or RegexNodeKind.At or RegexNodeKind.BackReference;
    }
}

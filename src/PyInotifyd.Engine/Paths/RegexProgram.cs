using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>What an instruction does; the operands follow it.</summary>
internal enum RegexOp
{
    /// <summary>End of the pattern, or of the body of an atomic group, a look around or a possessive repeat.</summary>
    Success,

    /// <summary>mark: remembers the position.</summary>
    Mark,

    /// <summary>offset, length: these bytes of the literals.</summary>
    Literal,

    /// <summary>code point: this one; for those that have no bytes of their own.</summary>
    Character,

    /// <summary>code point: any but this one.</summary>
    NotCharacter,

    /// <summary>Any but a newline.</summary>
    Any,

    /// <summary>Any code point.</summary>
    AnyAll,

    /// <summary>class: a member of it.</summary>
    Set,

    /// <summary>place: a <see cref="RegexAt"/>.</summary>
    At,

    /// <summary>in repeat; then for each alternative the address of the next one, its code and a jump; 0 ends them.</summary>
    Branch,

    /// <summary>address.</summary>
    Jump,

    /// <summary>min, max, in repeat, address after it, address of the literal that must follow or 0; then one single-character instruction.</summary>
    GreedyOne,

    /// <summary>As <see cref="GreedyOne"/>.</summary>
    LazyOne,

    /// <summary>As <see cref="GreedyOne"/>.</summary>
    PossessiveOne,

    /// <summary>min, max, address of the until; then the body.</summary>
    Repeat,

    /// <summary>Ends the body of a greedy repeat.</summary>
    GreedyUntil,

    /// <summary>in an outer repeat; ends the body of a lazy repeat.</summary>
    LazyUntil,

    /// <summary>min, max, address after it; then the body and a success.</summary>
    Possessive,

    /// <summary>address after it; then the body and a success.</summary>
    Atomic,

    /// <summary>code points to go back, address after it; then the body and a success.</summary>
    Look,

    /// <summary>code points to go back, address after it, in repeat; then the body and a success.</summary>
    LookNot,

    /// <summary>group.</summary>
    BackReference,

    /// <summary>group; ASCII letters alike.</summary>
    BackReferenceAsciiFolded,

    /// <summary>group; simple lower case alike.</summary>
    BackReferenceFolded,

    /// <summary>group, address to go on at where it has not matched.</summary>
    Conditional,
}

/// <summary>Patterns without groups that two compares and a search decide.</summary>
internal enum SimpleShape
{
    /// <summary>Anything else.</summary>
    None,

    /// <summary>The prefix alone.</summary>
    Prefix,

    /// <summary>The prefix, <c>.*</c>, the suffix, <c>$</c> or <c>\Z</c>.</summary>
    PrefixAndSuffix,

    /// <summary>The same, where the dot matches a newline too.</summary>
    PrefixAndSuffixAcrossLines,
}

/// <summary>A compiled pattern.</summary>
/// <remarks>Threads: any; immutable.</remarks>
internal sealed class RegexProgram
{
    /// <summary>The instructions; one starts at 0.</summary>
    internal required int[] Code { get; init; }

    /// <summary>The bytes of all literals.</summary>
    internal required byte[] Literals { get; init; }

    internal required CharacterClass[] Classes { get; init; }

    /// <summary>The number of groups, group 0 not counted.</summary>
    internal required int GroupCount { get; init; }

    /// <summary>The least number of code points of a match.</summary>
    internal required long MinWidth { get; init; }

    /// <summary>What every match starts with.</summary>
    internal required byte[] Prefix { get; init; }

    /// <summary>What every match at the start of a subject needs at the subject's end (before a last newline if <see cref="SuffixBeforeNewline"/>).</summary>
    internal required byte[] Suffix { get; init; }

    internal required bool SuffixBeforeNewline { get; init; }

    /// <summary>What every match holds somewhere.</summary>
    internal required byte[] Required { get; init; }

    /// <summary>Whether a match can start at the start of the subject alone.</summary>
    internal required bool IsAnchored { get; init; }

    /// <summary>Where not null, a search passes over places whose character is not in it; see <see cref="RegexCompiler"/>.</summary>
    internal required CharacterClass? SearchStart { get; init; }

    /// <summary>Where a match at the start of a subject that has the <see cref="Prefix"/> begins to run, at position <see cref="EntryOffset"/>.</summary>
    internal required int Entry { get; init; }

    internal required int EntryOffset { get; init; }

    internal required SimpleShape Shape { get; init; }

    /// <summary>Whether a match from <paramref name="start"/> on can be ruled out by looking for literals.</summary>
    /// <remarks>Cost: a few compares and at most one vectorised search of the subject.</remarks>
    internal bool IsHopeless(ReadOnlySpan<byte> subject, int start)
    {
        if (subject.Length - start < MinWidth)
        {
            return true;
        }

        if (Suffix.Length > 0 && !subject.EndsWith(Suffix)
            && !(SuffixBeforeNewline && subject.Length > 0 && subject[^1] == '\n' && subject[..^1].EndsWith(Suffix)))
        {
            return true;
        }

        return Required.Length > 0 && subject[start..].IndexOf(Required) < 0;
    }
}

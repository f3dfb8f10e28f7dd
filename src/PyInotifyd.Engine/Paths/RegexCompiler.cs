using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Compiles a parsed pattern to a <see cref="RegexProgram"/>.</summary>
/// <remarks>
/// "In repeat" is an operand of instructions that save groups: CPython saves all groups inside the body of a repeat of more than one character, and only how
/// many there are elsewhere. What a group holds after a branch was given up depends on it, so it is kept exactly.
/// </remarks>
internal sealed class RegexCompiler
{
    private readonly List<int> _code = new();
    private readonly List<byte> _literals = new();
    private readonly List<CharacterClass> _classes = new();

    /// <summary>The greedy repeats of one character, which learn at the end what follows them.</summary>
    private readonly List<int> _greedyOnes = new();

    /// <summary>Whether a mark that was set on the way to a failure can be seen afterwards, see <see cref="FindLiteralsThatFollow"/>.</summary>
    private bool _marksLinger;

    private RegexCompiler()
    {
    }

    /// <summary>Compiles a pattern; throws <see cref="PatternSyntaxException"/> where only now it turns out to be wrong.</summary>
    internal static RegexProgram Compile(RegexParser parser, RegexSequence sequence)
    {
        RegexCompiler compiler = new();
        compiler.Emit(sequence, parser.Flags, false);
        compiler._code.Add((int)RegexOp.Success);
        compiler.FindLiteralsThatFollow();
        LiteralFinder literals = new(sequence, parser.Flags);
        int entry = compiler.FindEntry(literals.Prefix.Length);
        return new RegexProgram
        {
            Code = compiler._code.ToArray(),
            Literals = compiler._literals.ToArray(),
            Classes = compiler._classes.ToArray(),
            GroupCount = parser.GroupCount,
            MinWidth = sequence.GetWidth().Least,
            Prefix = literals.Prefix,
            Suffix = literals.Suffix,
            SuffixBeforeNewline = literals.SuffixBeforeNewline,
            Required = literals.Required,
            IsAnchored = literals.IsAnchored,
            Entry = entry,
            EntryOffset = entry > 0 ? literals.Prefix.Length : 0,
            Shape = literals.Shape,
            SearchStart = FindSearchStart(sequence, parser.Flags),
        };
    }

    /// <summary>Returns the flags inside a group that adds and removes some.</summary>
    internal static RegexFlags Combine(RegexFlags flags, RegexNode group)
    {
        if ((group.AddedFlags & RegexFlags.Types) != 0)
        {
            flags &= ~RegexFlags.Types;
        }

        return (flags | group.AddedFlags) & ~group.RemovedFlags;
    }

    /// <summary>Whether the node is one character with bytes of its own and no other case.</summary>
    internal static bool IsPlainLiteral(RegexNode node, RegexFlags flags)
    {
        if (node.Kind != RegexNodeKind.Literal || node.Value is >= 0xD800 and <= 0xDFFF)
        {
            return false;
        }

        if ((flags & RegexFlags.IgnoreCase) == 0)
        {
            return true;
        }

        return (flags & RegexFlags.Unicode) != 0 ? !UnicodeCharacter.IsCased(node.Value) : !UnicodeCharacter.IsAsciiLetter(node.Value);
    }

    /// <summary>Returns the set that CPython's search expects at a start where this is not what the pattern itself takes.</summary>
    /// <remarks>
    /// CPython's search looks for a first character with the flags of the whole pattern, even if the set stands in a group that changes between ASCII and
    /// Unicode: <c>(?a)(?u:\w)</c> matches "é" but is not found in it. An oddity that <c>re.sub</c> shows.
    /// </remarks>
    private static CharacterClass? FindSearchStart(RegexSequence sequence, RegexFlags flags)
    {
        RegexFlags inner = flags;
        RegexNode? first = sequence.Nodes.Count > 0 ? sequence.Nodes[0] : null;
        while (first is { Kind: RegexNodeKind.Group })
        {
            inner = Combine(inner, first);
            first = first.Body!.Nodes.Count > 0 ? first.Body.Nodes[0] : null;
        }

        if (first is not { Kind: RegexNodeKind.Set } || ((inner ^ flags) & RegexFlags.Types) == 0 || CharacterClass.DependsOnCase(first.Items!, inner))
        {
            return null;
        }

        return CharacterClass.FromItems(first.Items!, first.Negated, flags & ~RegexFlags.IgnoreCase);
    }

    /// <summary>Tells each greedy repeat of one character which literal must follow it: no other place is worth a try.</summary>
    /// <remarks>
    /// Marks between the two are passed over, and so not set, where the literal is not there. CPython sets them, and outside of a repeat may leave them set
    /// after the failure; only a possessive repeat or a conditional can see that, so patterns with one try every place.
    /// </remarks>
    private void FindLiteralsThatFollow()
    {
        foreach (int greedy in _greedyOnes)
        {
            int next = _code[greedy + 4];
            while ((RegexOp)_code[next] == RegexOp.Jump || ((RegexOp)_code[next] == RegexOp.Mark && !_marksLinger))
            {
                next = (RegexOp)_code[next] == RegexOp.Jump ? _code[next + 1] : next + 2;
            }

            _code[greedy + 5] = (RegexOp)_code[next] == RegexOp.Literal ? next : 0;
        }
    }

    /// <summary>Returns the address after a start and the whole prefix, if the program begins with them, else 0.</summary>
    private int FindEntry(int prefixLength)
    {
        int next = 0;
        if ((RegexOp)_code[next] == RegexOp.At && (RegexAt)_code[next + 1] is RegexAt.StartOfText or RegexAt.StartOfLine)
        {
            next += 2;
        }

        return (RegexOp)_code[next] == RegexOp.Literal && _code[next + 2] == prefixLength ? next + 3 : 0;
    }

    private void Emit(RegexSequence sequence, RegexFlags flags, bool inRepeat)
    {
        List<RegexNode> nodes = sequence.Nodes;
        for (int i = 0; i < nodes.Count; i++)
        {
            if (IsPlainLiteral(nodes[i], flags))
            {
                int start = _literals.Count;
                while (i < nodes.Count && IsPlainLiteral(nodes[i], flags))
                {
                    PathCodePoints.Append(_literals, nodes[i].Value);
                    i++;
                }

                Add(RegexOp.Literal, start, _literals.Count - start);
                i--;
            }
            else
            {
                Emit(nodes[i], flags, inRepeat);
            }
        }
    }

    private void Emit(RegexNode node, RegexFlags flags, bool inRepeat)
    {
        switch (node.Kind)
        {
            case RegexNodeKind.Literal:
            case RegexNodeKind.NotLiteral:
                EmitCharacter(node.Value, node.Kind == RegexNodeKind.NotLiteral, flags);
                break;
            case RegexNodeKind.Any:
                Add((flags & RegexFlags.DotAll) != 0 ? RegexOp.AnyAll : RegexOp.Any);
                break;
            case RegexNodeKind.Set:
                AddClass(CharacterClass.FromItems(node.Items!, node.Negated, flags));
                break;
            case RegexNodeKind.At:
                Add(RegexOp.At, (int)Adjust((RegexAt)node.Value, flags));
                break;
            case RegexNodeKind.Group:
                EmitGroup(node, flags, inRepeat);
                break;
            case RegexNodeKind.Branch:
                EmitBranch(node.Alternatives!, flags, inRepeat);
                break;
            case RegexNodeKind.Repeat:
                EmitRepeat(node, flags, inRepeat);
                break;
            case RegexNodeKind.Atomic:
                Add(RegexOp.Atomic, 0);
                EmitBody(node.Body!, flags, inRepeat, _code.Count - 1);
                break;
            case RegexNodeKind.Look:
                EmitLook(node, flags, inRepeat);
                break;
            case RegexNodeKind.BackReference:
                RegexOp op = RegexOp.BackReference;
                if ((flags & RegexFlags.IgnoreCase) != 0)
                {
                    op = (flags & RegexFlags.Unicode) != 0 ? RegexOp.BackReferenceFolded : RegexOp.BackReferenceAsciiFolded;
                }

                Add(op, node.Value);
                break;
            case RegexNodeKind.Conditional:
                EmitConditional(node, flags, inRepeat);
                break;
        }
    }

    private static RegexAt Adjust(RegexAt at, RegexFlags flags)
    {
        bool multiline = (flags & RegexFlags.Multiline) != 0;
        bool unicode = (flags & RegexFlags.Unicode) != 0;
        return at switch
        {
            RegexAt.Start when multiline => RegexAt.StartOfLine,
            RegexAt.Start => RegexAt.StartOfText,
            RegexAt.End when multiline => RegexAt.EndOfLine,
            RegexAt.Boundary when !unicode => RegexAt.AsciiBoundary,
            RegexAt.NotBoundary when !unicode => RegexAt.AsciiNotBoundary,
            _ => at,
        };
    }

    private void EmitCharacter(int codePoint, bool negated, RegexFlags flags)
    {
        CharacterClass? cased = CharacterClass.FromCased(codePoint, negated, flags);
        if (cased is not null)
        {
            AddClass(cased);
        }
        else
        {
            Add(negated ? RegexOp.NotCharacter : RegexOp.Character, codePoint);
        }
    }

    private void EmitGroup(RegexNode node, RegexFlags flags, bool inRepeat)
    {
        if (node.Value > 0)
        {
            Add(RegexOp.Mark, (node.Value - 1) * 2);
        }

        Emit(node.Body!, Combine(flags, node), inRepeat);
        if (node.Value > 0)
        {
            Add(RegexOp.Mark, ((node.Value - 1) * 2) + 1);
        }
    }

    private void EmitBranch(List<RegexSequence> alternatives, RegexFlags flags, bool inRepeat)
    {
        Add(RegexOp.Branch, inRepeat ? 1 : 0);
        List<int> jumps = new();
        foreach (RegexSequence alternative in alternatives)
        {
            int next = _code.Count;
            _code.Add(0);
            Emit(alternative, flags, inRepeat);
            Add(RegexOp.Jump, 0);
            jumps.Add(_code.Count - 1);
            _code[next] = _code.Count;
        }

        _code.Add(0);
        foreach (int jump in jumps)
        {
            _code[jump] = _code.Count;
        }
    }

    private void EmitRepeat(RegexNode node, RegexFlags flags, bool inRepeat)
    {
        if (IsOneCharacter(node.Body!))
        {
            Add(node.Greed switch { RegexGreed.Lazy => RegexOp.LazyOne, RegexGreed.Possessive => RegexOp.PossessiveOne, _ => RegexOp.GreedyOne });
            _code.Add(node.Min);
            _code.Add(node.Max);
            _code.Add(inRepeat ? 1 : 0);
            int after = _code.Count;
            _code.Add(0);
            _code.Add(0);
            if (node.Greed == RegexGreed.Greedy)
            {
                _greedyOnes.Add(after - 4);
            }

            EmitOneCharacter(node.Body!, flags);
            _code[after] = _code.Count;
            return;
        }

        Add(node.Greed == RegexGreed.Possessive ? RegexOp.Possessive : RegexOp.Repeat, node.Min, node.Max);
        int end = _code.Count;
        _code.Add(0);
        if (node.Greed == RegexGreed.Possessive)
        {
            _marksLinger = true;
            EmitBody(node.Body!, flags, inRepeat, end);
            return;
        }

        Emit(node.Body!, flags, true);
        _code[end] = _code.Count;
        if (node.Greed == RegexGreed.Lazy)
        {
            Add(RegexOp.LazyUntil, inRepeat ? 1 : 0);
        }
        else
        {
            Add(RegexOp.GreedyUntil);
        }
    }

    private static bool IsOneCharacter(RegexSequence sequence)
    {
        if (sequence.Nodes.Count != 1)
        {
            return false;
        }

        RegexNode node = sequence.Nodes[0];
        return node.Kind == RegexNodeKind.Group
            ? node.Value == 0 && IsOneCharacter(node.Body!)
            : node.Kind is RegexNodeKind.Literal or RegexNodeKind.NotLiteral or RegexNodeKind.Any or RegexNodeKind.Set;
    }

    private void EmitOneCharacter(RegexSequence sequence, RegexFlags flags)
    {
        RegexNode node = sequence.Nodes[0];
        if (node.Kind == RegexNodeKind.Group)
        {
            EmitOneCharacter(node.Body!, Combine(flags, node));
        }
        else
        {
            Emit(node, flags, false);
        }
    }

    private void EmitBody(RegexSequence body, RegexFlags flags, bool inRepeat, int end)
    {
        Emit(body, flags, inRepeat);
        _code.Add((int)RegexOp.Success);
        _code[end] = _code.Count;
    }

    private void EmitLook(RegexNode node, RegexFlags flags, bool inRepeat)
    {
        long back = 0;
        if (node.Behind)
        {
            (long least, long most) = node.Body!.GetWidth();
            if (least > uint.MaxValue)
            {
                throw new PatternSyntaxException("looks too much behind", node.Position);
            }

            if (least != most)
            {
                throw new PatternSyntaxException("look-behind requires fixed-width pattern", node.Position);
            }

            back = least;
        }

        Add(node.Negated ? RegexOp.LookNot : RegexOp.Look, (int)long.Min(back, int.MaxValue), 0);
        int end = _code.Count - 1;
        if (node.Negated)
        {
            _code.Add(inRepeat ? 1 : 0);
        }

        EmitBody(node.Body!, flags, inRepeat, end);
    }

    private void EmitConditional(RegexNode node, RegexFlags flags, bool inRepeat)
    {
        _marksLinger = true;
        Add(RegexOp.Conditional, node.Value, 0);
        int otherwise = _code.Count - 1;
        Emit(node.Alternatives![0], flags, inRepeat);
        if (node.Alternatives.Count > 1 && node.Alternatives[1].Nodes.Count > 0)
        {
            Add(RegexOp.Jump, 0);
            int jump = _code.Count - 1;
            _code[otherwise] = _code.Count;
            Emit(node.Alternatives[1], flags, inRepeat);
            _code[jump] = _code.Count;
        }
        else
        {
            _code[otherwise] = _code.Count;
        }
    }

    private void AddClass(CharacterClass characters)
    {
        Add(RegexOp.Set, _classes.Count);
        _classes.Add(characters);
    }

    private void Add(RegexOp op) => _code.Add((int)op);

    private void Add(RegexOp op, int operand)
    {
        _code.Add((int)op);
        _code.Add(operand);
    }

    private void Add(RegexOp op, int first, int second)
    {
        _code.Add((int)op);
        _code.Add(first);
        _code.Add(second);
    }
}

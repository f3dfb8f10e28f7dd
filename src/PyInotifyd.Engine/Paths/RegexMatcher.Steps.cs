using System;
using System.Runtime.CompilerServices;

namespace PyInotifyd.Engine.Paths;

/// <summary>The single steps: characters, places, groups, frames.</summary>
internal static partial class RegexMatcher
{
    private const int RepeatCount = 0;
    private const int RepeatLast = 1;
    private const int RepeatOuter = 2;
    private const int RepeatInstruction = 3;

    private static int SizeOfOne(int op) => (RegexOp)op is RegexOp.Any or RegexOp.AnyAll ? 1 : 2;

    /// <summary>Returns how many more than the least number the repeat at <paramref name="pc"/> may take.</summary>
    private static int MoreThanLeast(int[] code, int pc) => code[pc + 2] == RegexNode.Unbounded ? RegexNode.Unbounded : code[pc + 2] - code[pc + 1];

    /// <summary>Returns the length of the code point at <paramref name="position"/> if the instruction takes it, else 0.</summary>
    private static int MatchOne(RegexProgram program, int pc, ReadOnlySpan<byte> subject, int position)
    {
        if ((uint)position >= (uint)subject.Length)
        {
            return 0;
        }

        int length = 1;
        int character = subject[position];
        if (character >= 0x80)
        {
            character = PathCodePoints.Decode(subject, position, out length);
        }

        bool taken = (RegexOp)program.Code[pc] switch
        {
            RegexOp.Any => character != '\n',
            RegexOp.AnyAll => true,
            RegexOp.Set => program.Classes[program.Code[pc + 1]].Contains(character),
            RegexOp.Character => character == program.Code[pc + 1],
            _ => character != program.Code[pc + 1],
        };
        return taken ? length : 0;
    }

    /// <summary>Returns where exactly <paramref name="count"/> of the instruction end, or -1.</summary>
    private static int Count(RegexProgram program, int pc, ReadOnlySpan<byte> subject, int position, int count, ref long steps)
    {
        if (count > subject.Length - position)
        {
            return None;
        }

        int from = position;
        for (; count > 0; count--)
        {
            int length = MatchOne(program, pc, subject, position);
            if (length == 0)
            {
                return None;
            }

            position += length;
        }

        steps -= (position - from) >> (ScanShift - 2);
        return position;
    }

    /// <summary>Returns where as many as possible of the instruction end, at most <paramref name="most"/> of them.</summary>
    private static int CountUpTo(RegexProgram program, int pc, ReadOnlySpan<byte> subject, int position, int most, ref long steps)
    {
        int from = position;
        // A code point is a byte at least.
        bool isBounded = most < subject.Length - position;
        if (!isBounded && (RegexOp)program.Code[pc] is RegexOp.Any or RegexOp.AnyAll)
        {
            int newline = (RegexOp)program.Code[pc] == RegexOp.Any ? subject[position..].IndexOf((byte)'\n') : None;
            position = newline < 0 ? subject.Length : position + newline;
            steps -= (position - from) >> ScanShift;
            return position;
        }

        if (!isBounded && (RegexOp)program.Code[pc] == RegexOp.Set)
        {
            CharacterClass members = program.Classes[program.Code[pc + 1]];
            while (position < subject.Length)
            {
                int character = subject[position];
                int length = 1;
                if (character < 0x80 ? !members.ContainsAscii(character) : !members.Contains(PathCodePoints.Decode(subject, position, out length)))
                {
                    break;
                }

                position += length;
            }
        }
        else
        {
            for (; most > 0; most--)
            {
                int length = MatchOne(program, pc, subject, position);
                if (length == 0)
                {
                    break;
                }

                position += length;
            }
        }

        steps -= (position - from) >> (ScanShift - 2);
        return position;
    }

    /// <summary>Returns the last position from <paramref name="least"/> to <paramref name="end"/> at which the tail may match, or -1.</summary>
    /// <remarks>The first byte of a literal is never inside a code point, so what is found is a place between two.</remarks>
    private static int SkipBack(RegexProgram program, int tail, ReadOnlySpan<byte> subject, int least, int end, ref long steps)
    {
        if ((RegexOp)program.Code[tail] != RegexOp.Literal)
        {
            return end;
        }

        ReadOnlySpan<byte> places = subject[least..int.Min(end + 1, subject.Length)];
        int found = places.LastIndexOf(program.Literals[program.Code[tail + 1]]);
        steps -= (places.Length - found) >> ScanShift;
        return found < 0 ? None : least + found;
    }

    private static int StepBack(ReadOnlySpan<byte> subject, int position)
    {
        if (subject[position - 1] < 0x80)
        {
            return position - 1;
        }

        PathCodePoints.DecodeBefore(subject, position, out int length);
        return position - length;
    }

    /// <summary>Returns the place so many code points before, or -1.</summary>
    private static int GoBack(ReadOnlySpan<byte> subject, int position, int count, ref long steps)
    {
        if (count > position)
        {
            return None;
        }

        steps -= count >> (ScanShift - 2);
        for (; count > 0; count--)
        {
            if (position == 0)
            {
                return None;
            }

            position = StepBack(subject, position);
        }

        return position;
    }

    /// <summary>Returns the first alternative, from the header on, that does not fail with its first character; -1 if there is none.</summary>
    private static int FindAlternative(RegexProgram program, int header, ReadOnlySpan<byte> subject, int position, ref long steps)
    {
        int[] code = program.Code;
        for (; code[header] != 0; header = code[header])
        {
            steps--;
            int first = header + 1;
            if ((RegexOp)code[first] == RegexOp.Literal)
            {
                if ((uint)position >= (uint)subject.Length || subject[position] != program.Literals[code[first + 1]])
                {
                    continue;
                }
            }
            else if ((RegexOp)code[first] == RegexOp.Set && MatchOne(program, first, subject, position) == 0)
            {
                continue;
            }

            return header;
        }

        return None;
    }

    private static bool HasMatched(int group, int[] marks, int lastMark)
    {
        int mark = (group - 1) * 2;
        return mark < lastMark && marks[mark] >= 0 && marks[mark + 1] >= marks[mark];
    }

    /// <summary>Returns the length of what the group matched if it stands at <paramref name="position"/> again, else -1.</summary>
    private static int MatchGroup(ReadOnlySpan<byte> subject, int position, int[] code, int pc, int[] marks, int lastMark, ref long steps)
    {
        int group = code[pc + 1];
        if (!HasMatched(group, marks, lastMark))
        {
            return None;
        }

        int start = marks[(group - 1) * 2];
        int end = marks[((group - 1) * 2) + 1];
        steps -= (end - start) >> (ScanShift - 2);
        if ((RegexOp)code[pc] == RegexOp.BackReference)
        {
            // The same bytes are the same code points, unless the last of them are the start of a longer one here.
            int length = end - start;
            return subject.Length - position >= length && subject.Slice(position, length).SequenceEqual(subject[start..end])
                && PathCodePoints.IsBoundary(subject, position + length) ? length : None;
        }

        bool isAscii = (RegexOp)code[pc] == RegexOp.BackReferenceAsciiFolded;
        int from = position;
        while (start < end)
        {
            if (position >= subject.Length)
            {
                return None;
            }

            int wanted = PathCodePoints.Decode(subject, start, out int wantedLength);
            int found = PathCodePoints.Decode(subject, position, out int foundLength);
            if (isAscii
                ? UnicodeCharacter.ToAsciiLower(wanted) != UnicodeCharacter.ToAsciiLower(found)
                : UnicodeCharacter.ToLower(wanted) != UnicodeCharacter.ToLower(found))
            {
                return None;
            }

            start += wantedLength;
            position += foundLength;
        }

        return position - from;
    }

    private static bool IsAt(RegexAt at, ReadOnlySpan<byte> subject, int position)
    {
        switch (at)
        {
            case RegexAt.Start:
            case RegexAt.StartOfText:
                return position == 0;
            case RegexAt.StartOfLine:
                return position == 0 || subject[position - 1] == '\n';
            case RegexAt.End:
                return position == subject.Length || (position == subject.Length - 1 && subject[position] == '\n');
            case RegexAt.EndOfLine:
                return position == subject.Length || subject[position] == '\n';
            case RegexAt.EndOfText:
                return position == subject.Length;
        }

        // CPython 3.11: an empty subject has neither a boundary nor a place that is none.
        if (subject.Length == 0)
        {
            return false;
        }

        bool isAscii = at is RegexAt.AsciiBoundary or RegexAt.AsciiNotBoundary;
        bool before = position > 0 && IsWord(PathCodePoints.DecodeBefore(subject, position, out _), isAscii);
        bool after = position < subject.Length && IsWord(PathCodePoints.Decode(subject, position, out _), isAscii);
        return (before != after) == (at is RegexAt.Boundary or RegexAt.AsciiBoundary);
    }

    private static bool IsWord(int codePoint, bool isAscii) => isAscii ? UnicodeCharacter.IsAsciiWord(codePoint) : UnicodeCharacter.IsWord(codePoint);

    private static int PushMarks(int[] stack, int top, int[] marks, int lastMark, ref long steps)
    {
        int count = lastMark + 1;
        steps -= count >> (ScanShift - 2);
        for (int i = 0; i < count; i++)
        {
            stack[top + i] = marks[i];
        }

        return top + count;
    }

    /// <summary>Copies back the marks that end below <paramref name="end"/>; the frame stays.</summary>
    private static void RestoreMarks(int[] stack, int end, int[] marks, int lastMark, ref long steps)
    {
        int count = lastMark + 1;
        steps -= count >> (ScanShift - 2);
        int from = end - count;
        for (int i = 0; i < count; i++)
        {
            marks[i] = stack[from + i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Push(int[] stack, int top, int a, Frame kind)
    {
        stack[top + 1] = (int)kind;
        stack[top] = a;
        return top + 2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Push(int[] stack, int top, int a, int b, Frame kind)
    {
        stack[top + 2] = (int)kind;
        stack[top + 1] = b;
        stack[top] = a;
        return top + 3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Push(int[] stack, int top, int a, int b, int c, Frame kind)
    {
        stack[top + 3] = (int)kind;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        return top + 4;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Push(int[] stack, int top, int a, int b, int c, int d, Frame kind)
    {
        stack[top + 4] = (int)kind;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        return top + 5;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Push(int[] stack, int top, int a, int b, int c, int d, int e, Frame kind)
    {
        stack[top + 5] = (int)kind;
        stack[top + 4] = e;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        return top + 6;
    }

    private static int Push(int[] stack, int top, int a, int b, int c, int d, int e, int f, Frame kind)
    {
        stack[top + 6] = (int)kind;
        stack[top + 5] = f;
        stack[top + 4] = e;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        return top + 7;
    }
}

using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>The single _steps: characters, places, groups.</summary>
internal ref partial struct RegexMatcher
{
    private static int SizeOfOne(int op) => (RegexOp)op is RegexOp.Any or RegexOp.AnyAll ? 1 : 2;

    /// <summary>Returns how many more than the least number the repeat at <paramref name="pc"/> may take.</summary>
    private readonly int MoreThanLeast(int pc) => _code[pc + 2] == RegexNode.Unbounded ? RegexNode.Unbounded : _code[pc + 2] - _code[pc + 1];

    /// <summary>Returns the length of the _code point at <paramref name="position"/> if the instruction takes it, else 0.</summary>
    private readonly int MatchOne(int pc, int position)
    {
        if ((uint)position >= (uint)_subject.Length)
        {
            return 0;
        }

        int length = 1;
        int character = _subject[position];
        if (character >= 0x80)
        {
            character = PathCodePoints.Decode(_subject, position, out length);
        }

        bool taken = (RegexOp)_code[pc] switch
        {
            RegexOp.Any => character != '\n',
            RegexOp.AnyAll => true,
            RegexOp.Set => _program.Classes[_code[pc + 1]].Contains(character),
            RegexOp.Character => character == _code[pc + 1],
            _ => character != _code[pc + 1],
        };
        return taken ? length : 0;
    }

    /// <summary>Returns where exactly <paramref name="count"/> of the instruction end, or -1.</summary>
    private int Count(int pc, int position, int count)
    {
        if (count > _subject.Length - position)
        {
            return None;
        }

        int from = position;
        for (; count > 0; count--)
        {
            int length = MatchOne(pc, position);
            if (length == 0)
            {
                return None;
            }

            position += length;
        }

        _steps -= (position - from) >> (ScanShift - 2);
        return position;
    }

    /// <summary>Returns where as many as possible of the instruction end, at most <paramref name="most"/> of them.</summary>
    private int CountUpTo(int pc, int position, int most)
    {
        int from = position;
        // A _code point is a byte at least.
        bool isBounded = most < _subject.Length - position;
        if (!isBounded && (RegexOp)_code[pc] is RegexOp.Any or RegexOp.AnyAll)
        {
            int newline = (RegexOp)_code[pc] == RegexOp.Any ? _subject[position..].IndexOf((byte)'\n') : None;
            position = newline < 0 ? _subject.Length : position + newline;
            _steps -= (position - from) >> ScanShift;
            return position;
        }

        if (!isBounded && (RegexOp)_code[pc] == RegexOp.Set)
        {
            CharacterClass members = _program.Classes[_code[pc + 1]];
            while (position < _subject.Length)
            {
                int character = _subject[position];
                int length = 1;
                if (character < 0x80 ? !members.ContainsAscii(character) : !members.Contains(PathCodePoints.Decode(_subject, position, out length)))
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
                int length = MatchOne(pc, position);
                if (length == 0)
                {
                    break;
                }

                position += length;
            }
        }

        _steps -= (position - from) >> (ScanShift - 2);
        return position;
    }

    /// <summary>Returns the last position from <paramref name="least"/> to <paramref name="end"/> at which the literal stands, or -1.</summary>
    /// <remarks>The first byte of a literal is never inside a _code point, so what is found is a place between two.</remarks>
    private int SkipBack(int literal, int least, int end)
    {
        if (literal == 0)
        {
            return end;
        }

        int length = _code[literal + 2];
        ReadOnlySpan<byte> places = _subject[least..int.Min(end + length, _subject.Length)];
        ReadOnlySpan<byte> wanted = _program.Literals.AsSpan(_code[literal + 1], length);
        int found = length == 1 ? places.LastIndexOf(wanted[0]) : places.LastIndexOf(wanted);
        _steps -= (places.Length - found) >> ScanShift;
        return found < 0 ? None : least + found;
    }

    private readonly int StepBack(int position)
    {
        if (_subject[position - 1] < 0x80)
        {
            return position - 1;
        }

        PathCodePoints.DecodeBefore(_subject, position, out int length);
        return position - length;
    }

    /// <summary>Returns the place so many _code points before, or -1.</summary>
    private int GoBack(int position, int count)
    {
        if (count > position)
        {
            return None;
        }

        _steps -= count >> (ScanShift - 2);
        for (; count > 0; count--)
        {
            if (position == 0)
            {
                return None;
            }

            position = StepBack(position);
        }

        return position;
    }

    /// <summary>Returns the first alternative, from the header on, that does not fail with its first character; -1 if there is none.</summary>
    private int FindAlternative(int header, int position)
    {
        for (; _code[header] != 0; header = _code[header])
        {
            _steps--;
            int first = header + 1;
            if ((RegexOp)_code[first] == RegexOp.Literal)
            {
                if ((uint)position >= (uint)_subject.Length || _subject[position] != _program.Literals[_code[first + 1]])
                {
                    continue;
                }
            }
            else if ((RegexOp)_code[first] == RegexOp.Set && MatchOne(first, position) == 0)
            {
                continue;
            }

            return header;
        }

        return None;
    }

    private readonly bool HasMatched(int group)
    {
        int mark = (group - 1) * 2;
        return mark < _lastMark && _marks[mark] >= 0 && _marks[mark + 1] >= _marks[mark];
    }

    /// <summary>Returns the length of what the group matched if it stands here again, else -1.</summary>
    private int MatchGroup()
    {
        int position = _position;
        int group = _code[_pc + 1];
        if (!HasMatched(group))
        {
            return None;
        }

        int start = _marks[(group - 1) * 2];
        int end = _marks[((group - 1) * 2) + 1];
        _steps -= (end - start) >> (ScanShift - 2);
        if ((RegexOp)_code[_pc] == RegexOp.BackReference)
        {
            // The same bytes are the same _code points, unless the last of them are the start of a longer one here.
            int length = end - start;
            return _subject.Length - position >= length && _subject.Slice(position, length).SequenceEqual(_subject[start..end])
                && PathCodePoints.IsBoundary(_subject, position + length) ? length : None;
        }

        bool isAscii = (RegexOp)_code[_pc] == RegexOp.BackReferenceAsciiFolded;
        while (start < end)
        {
            if (position >= _subject.Length)
            {
                return None;
            }

            int wanted = PathCodePoints.Decode(_subject, start, out int wantedLength);
            int found = PathCodePoints.Decode(_subject, position, out int foundLength);
            if (isAscii
                ? UnicodeCharacter.ToAsciiLower(wanted) != UnicodeCharacter.ToAsciiLower(found)
                : UnicodeCharacter.ToLower(wanted) != UnicodeCharacter.ToLower(found))
            {
                return None;
            }

            start += wantedLength;
            position += foundLength;
        }

        return position - _position;
    }

    private readonly bool IsAt(RegexAt at)
    {
        switch (at)
        {
            case RegexAt.Start:
            case RegexAt.StartOfText:
                return _position == 0;
            case RegexAt.StartOfLine:
                return _position == 0 || _subject[_position - 1] == '\n';
            case RegexAt.End:
                return _position == _subject.Length || (_position == _subject.Length - 1 && _subject[_position] == '\n');
            case RegexAt.EndOfLine:
                return _position == _subject.Length || _subject[_position] == '\n';
            case RegexAt.EndOfText:
                return _position == _subject.Length;
        }

        // CPython 3.11: an empty _subject has neither a boundary nor a place that is none.
        if (_subject.Length == 0)
        {
            return false;
        }

        bool isAscii = at is RegexAt.AsciiBoundary or RegexAt.AsciiNotBoundary;
        bool before = _position > 0 && IsWord(PathCodePoints.DecodeBefore(_subject, _position, out _), isAscii);
        bool after = _position < _subject.Length && IsWord(PathCodePoints.Decode(_subject, _position, out _), isAscii);
        return (before != after) == (at is RegexAt.Boundary or RegexAt.AsciiBoundary);
    }

    private static bool IsWord(int codePoint, bool isAscii) => isAscii ? UnicodeCharacter.IsAsciiWord(codePoint) : UnicodeCharacter.IsWord(codePoint);
}

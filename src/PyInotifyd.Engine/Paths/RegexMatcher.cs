using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>Runs a program over a subject, with a stack of its own.</summary>
/// <remarks>
/// CPython's matcher calls itself for whatever may have to be undone, and returns a failure to undo it. Here each such call is a frame on a stack of integers:
/// a failure pops the top frame and does what the call would have done next. A body with an end of its own (look around, atomic group, possessive repeat) notes
/// its frame as the barrier; its success cuts the stack there, which forgets every way back into it.
/// A frame is its fields and, on top, its <see cref="Frame"/>; where groups are saved they lie below the fields, one integer for each mark up to the last one.
/// The context of a repeat (count, position of the last round, outer repeat, address) is the frame of its start, and is named by its place in the stack.
/// A mark above <c>lastMark</c> is unset, whatever it holds.
/// The fields are what CPython's matcher keeps in its state; a ref struct, so that they lie on the caller's stack beside the subject.
/// Cost: bounded by the budget; scans are charged by their length.
/// Source: behaviour of CPython 3.11, Modules/_sre; found by reading it and confirmed by the differential test. No code is taken from there.
/// </remarks>
internal ref partial struct RegexMatcher
{
    private const int None = -1;

    /// <summary>Bytes that a scan passes for one step.</summary>
    private const int ScanShift = 4;

    private readonly RegexProgram _program;
    private readonly int[] _code;
    private readonly ReadOnlySpan<byte> _subject;
    private readonly MatchState _state;
    private readonly int[] _marks;
    private readonly int _start;
    private readonly bool _mustAdvance;

    /// <summary>The largest frame with its marks: room for it is made once for whatever an instruction, or the undoing of one, may push.</summary>
    private readonly int _frameRoom;

    private int[] _stack;
    private int _top;
    private int _pc;
    private int _position;
    private int _lastMark;
    private int _repeat;
    private int _barrier;
    private long _steps;

    private RegexMatcher(RegexProgram program, ReadOnlySpan<byte> subject, int start, bool mustAdvance, MatchState state, long steps)
    {
        _program = program;
        _code = program.Code;
        _subject = subject;
        _state = state;
        _marks = state.Marks;
        _start = start;
        _mustAdvance = mustAdvance;
        _frameRoom = (program.GroupCount * 2) + 8;
        _stack = state.Stack;
        _position = start;
        _lastMark = None;
        _repeat = None;
        _barrier = None;
        _steps = steps;
    }

    /// <summary>Matches at exactly <paramref name="start"/> and stores the spans.</summary>
    /// <param name="program">The pattern.</param>
    /// <param name="subject">The bytes; lookbehind and <c>^</c> see all of them.</param>
    /// <param name="start">Where a code point starts, or the end.</param>
    /// <param name="mustAdvance">Whether an empty match does not count.</param>
    /// <param name="state">Memory, prepared for the number of groups.</param>
    /// <param name="steps">What is left of the budget; counted down.</param>
    internal static MatchOutcome MatchAt(
        RegexProgram program, ReadOnlySpan<byte> subject, int start, bool mustAdvance, MatchState state, ref long steps)
    {
        RegexMatcher matcher = new(program, subject, start, mustAdvance, state, steps);
        MatchOutcome outcome = matcher.Run();
        steps = matcher._steps;
        return outcome;
    }

    /// <summary>Matches at the start of a subject that is known to start with the program's prefix.</summary>
    internal static MatchOutcome MatchAfterPrefix(RegexProgram program, ReadOnlySpan<byte> subject, MatchState state, ref long steps)
    {
        RegexMatcher matcher = new(program, subject, 0, false, state, steps) { _pc = program.Entry, _position = program.EntryOffset };
        MatchOutcome outcome = matcher.Run();
        steps = matcher._steps;
        return outcome;
    }

    private MatchOutcome Run()
    {
        while (true)
        {
            if (--_steps < 0)
            {
                return MatchOutcome.BudgetExceeded;
            }

            if (_top + _frameRoom > _stack.Length)
            {
                if (!_state.TryGrow(_top, _frameRoom))
                {
                    return MatchOutcome.BudgetExceeded;
                }

                _stack = _state.Stack;
            }

            switch ((RegexOp)_code[_pc])
            {
                case RegexOp.Literal:
                {
                    int length = _code[_pc + 2];
                    if (!_subject[_position..].StartsWith(_program.Literals.AsSpan(_code[_pc + 1], length)))
                    {
                        break;
                    }

                    _position += length;
                    _pc += 3;
                    continue;
                }

                case RegexOp.Any:
                case RegexOp.AnyAll:
                case RegexOp.Set:
                case RegexOp.Character:
                case RegexOp.NotCharacter:
                {
                    int length = MatchOne(_pc, _position);
                    if (length == 0)
                    {
                        break;
                    }

                    _position += length;
                    _pc += SizeOfOne(_code[_pc]);
                    continue;
                }

                case RegexOp.Mark:
                {
                    int mark = _code[_pc + 1];
                    if (mark > _lastMark)
                    {
                        for (int i = _lastMark + 1; i < mark; i++)
                        {
                            _marks[i] = None;
                        }

                        _lastMark = mark;
                    }

                    _marks[mark] = _position;
                    _pc += 2;
                    continue;
                }

                case RegexOp.At:
                    if (!IsAt((RegexAt)_code[_pc + 1]))
                    {
                        break;
                    }

                    _pc += 2;
                    continue;

                case RegexOp.Jump:
                    _pc = _code[_pc + 1];
                    continue;

                case RegexOp.Branch:
                {
                    int alternative = FindAlternative(_pc + 2, _position);
                    if (alternative < 0)
                    {
                        break;
                    }

                    if (_code[_pc + 1] != 0)
                    {
                        PushMarks();
                    }

                    Push(_lastMark, _position, _code[alternative], _code[_pc + 1], Frame.Branch);
                    _pc = alternative + 1;
                    continue;
                }

                case RegexOp.GreedyOne:
                {
                    int least = Count(_pc + 6, _position, _code[_pc + 1]);
                    if (least < 0)
                    {
                        break;
                    }

                    int end = CountUpTo(_pc + 6, least, MoreThanLeast(_pc));
                    end = SkipBack(_code[_pc + 5], least, end);
                    if (end < 0)
                    {
                        break;
                    }

                    if (end > least || _program.GroupCount > 0)
                    {
                        if (_code[_pc + 3] != 0)
                        {
                            PushMarks();
                        }

                        Push(_lastMark, _pc, end, least, Frame.GreedyOne);
                    }

                    _position = end;
                    _pc = _code[_pc + 4];
                    continue;
                }

                case RegexOp.LazyOne:
                {
                    int least = Count(_pc + 6, _position, _code[_pc + 1]);
                    if (least < 0)
                    {
                        break;
                    }

                    if (_code[_pc + 3] != 0)
                    {
                        PushMarks();
                    }

                    Push(_lastMark, _pc, least, _code[_pc + 1], Frame.LazyOne);
                    _position = least;
                    _pc = _code[_pc + 4];
                    continue;
                }

                case RegexOp.PossessiveOne:
                {
                    int least = Count(_pc + 6, _position, _code[_pc + 1]);
                    if (least < 0)
                    {
                        break;
                    }

                    _position = CountUpTo(_pc + 6, least, MoreThanLeast(_pc));
                    _pc = _code[_pc + 4];
                    continue;
                }

                case RegexOp.Repeat:
                {
                    int context = _top;
                    Push(None, None, _repeat, _pc, Frame.Repeat);
                    _repeat = context;
                    _pc = _code[_pc + 3];
                    continue;
                }

                case RegexOp.GreedyUntil:
                {
                    int opening = _stack[_repeat + RepeatInstruction];
                    int count = _stack[_repeat + RepeatCount] + 1;
                    if (count < _code[opening + 1])
                    {
                        _stack[_repeat + RepeatCount] = count;
                        Push(_repeat, count, Frame.Round);
                        _pc = opening + 4;
                        continue;
                    }

                    if (count < _code[opening + 2] && _position != _stack[_repeat + RepeatLast])
                    {
                        _stack[_repeat + RepeatCount] = count;
                        PushMarks();
                        Push(_lastMark, _repeat, count, _stack[_repeat + RepeatLast], _position, Frame.GreedyRound);
                        _stack[_repeat + RepeatLast] = _position;
                        _pc = opening + 4;
                        continue;
                    }

                    Push(_repeat, Frame.Tail);
                    _repeat = _stack[_repeat + RepeatOuter];
                    _pc++;
                    continue;
                }

                case RegexOp.LazyUntil:
                {
                    int opening = _stack[_repeat + RepeatInstruction];
                    int count = _stack[_repeat + RepeatCount] + 1;
                    if (count < _code[opening + 1])
                    {
                        _stack[_repeat + RepeatCount] = count;
                        Push(_repeat, count, Frame.Round);
                        _pc = opening + 4;
                        continue;
                    }

                    if (_code[_pc + 1] != 0)
                    {
                        PushMarks();
                    }

                    Push(_lastMark, _repeat, count, _position, _pc, Frame.LazyTail);
                    _repeat = _stack[_repeat + RepeatOuter];
                    _pc += 2;
                    continue;
                }

                case RegexOp.Possessive:
                {
                    if (_code[_pc + 1] > 0)
                    {
                        Push(0, _pc, _barrier, _repeat, Frame.PossessiveNeeded);
                    }
                    else if (_code[_pc + 2] > 0)
                    {
                        PushMarks();
                        Push(_lastMark, 0, _position, _pc, _barrier, _repeat, Frame.PossessiveMore);
                    }
                    else
                    {
                        _pc = _code[_pc + 3];
                        continue;
                    }

                    _barrier = _top - 1;
                    _pc += 4;
                    continue;
                }

                case RegexOp.Atomic:
                    Push(_pc, _barrier, _repeat, Frame.Atomic);
                    _barrier = _top - 1;
                    _pc += 2;
                    continue;

                case RegexOp.Look:
                {
                    int from = GoBack(_position, _code[_pc + 1]);
                    if (from < 0)
                    {
                        break;
                    }

                    Push(_pc, _barrier, _repeat, _position, Frame.Look);
                    _barrier = _top - 1;
                    _position = from;
                    _pc += 3;
                    continue;
                }

                case RegexOp.LookNot:
                {
                    int from = GoBack(_position, _code[_pc + 1]);
                    if (from < 0)
                    {
                        _pc = _code[_pc + 2];
                        continue;
                    }

                    if (_code[_pc + 3] != 0)
                    {
                        PushMarks();
                    }

                    Push(_lastMark, _pc, _barrier, _repeat, _position, Frame.LookNot);
                    _barrier = _top - 1;
                    _position = from;
                    _pc += 4;
                    continue;
                }

                case RegexOp.BackReference:
                case RegexOp.BackReferenceAsciiFolded:
                case RegexOp.BackReferenceFolded:
                {
                    int length = MatchGroup();
                    if (length < 0)
                    {
                        break;
                    }

                    _position += length;
                    _pc += 2;
                    continue;
                }

                case RegexOp.Conditional:
                    _pc = HasMatched(_code[_pc + 1]) ? _pc + 3 : _code[_pc + 2];
                    continue;

                case RegexOp.Success:
                    if (_barrier == None)
                    {
                        if (_mustAdvance && _position == _start)
                        {
                            break;
                        }

                        _state.SetMatch(_start, _position, _lastMark);
                        return MatchOutcome.Matched;
                    }

                    if (EndBody())
                    {
                        continue;
                    }

                    break;
            }

            // Whatever did not go on has failed.
            if (!Undo())
            {
                return MatchOutcome.NoMatch;
            }
        }
    }
}

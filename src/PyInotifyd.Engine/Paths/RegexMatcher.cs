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
/// Cost: bounded by the budget; scans are charged by their length.
/// Source: behaviour of CPython 3.11, Modules/_sre; found by reading it and confirmed by the differential test. No code is taken from there.
/// </remarks>
internal static partial class RegexMatcher
{
    private const int None = -1;

    /// <summary>Bytes that a scan passes for one step.</summary>
    private const int ScanShift = 4;

    private enum Frame
    {
        /// <summary>[marks] lastMark, position, header of the next alternative, in repeat.</summary>
        Branch,

        /// <summary>[marks] lastMark, instruction, position, least position.</summary>
        GreedyOne,

        /// <summary>[marks] lastMark, instruction, position, count.</summary>
        LazyOne,

        /// <summary>count, last position, outer repeat, instruction.</summary>
        Repeat,

        /// <summary>repeat, count.</summary>
        Round,

        /// <summary>[marks] lastMark, repeat, count, last position before, position.</summary>
        GreedyRound,

        /// <summary>repeat.</summary>
        Tail,

        /// <summary>[marks] lastMark, repeat, count, position, instruction after.</summary>
        LazyTail,

        /// <summary>repeat, count, last position before.</summary>
        LazyRound,

        /// <summary>instruction, outer barrier, outer repeat.</summary>
        Atomic,

        /// <summary>instruction, outer barrier, outer repeat, position.</summary>
        Look,

        /// <summary>[marks] lastMark, instruction, outer barrier, outer repeat, position.</summary>
        LookNot,

        /// <summary>count, instruction, outer barrier, outer repeat.</summary>
        PossessiveNeeded,

        /// <summary>[marks] lastMark, count, position, instruction, outer barrier, outer repeat.</summary>
        PossessiveMore,
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
        int[] code = program.Code;
        int[] marks = state.Marks;
        int[] stack = state.Stack;
        int top = 0;
        int pc = 0;
        int position = start;
        int lastMark = None;
        int repeat = None;
        int barrier = None;

        // The largest frame with its marks: checked once for whatever an instruction, or the frame that its failure pops, may push.
        int frameRoom = (program.GroupCount * 2) + 8;

        while (true)
        {
            if (--steps < 0)
            {
                return MatchOutcome.BudgetExceeded;
            }

            if (top + frameRoom > stack.Length)
            {
                if (!state.TryGrow(top, frameRoom))
                {
                    return MatchOutcome.BudgetExceeded;
                }

                stack = state.Stack;
            }

            switch ((RegexOp)code[pc])
            {
                case RegexOp.Literal:
                {
                    int length = code[pc + 2];
                    if (subject.Length - position < length || !subject.Slice(position, length).SequenceEqual(program.Literals.AsSpan(code[pc + 1], length)))
                    {
                        goto Fail;
                    }

                    position += length;
                    pc += 3;
                    continue;
                }

                case RegexOp.Any:
                case RegexOp.AnyAll:
                case RegexOp.Set:
                case RegexOp.Character:
                case RegexOp.NotCharacter:
                {
                    int length = MatchOne(program, pc, subject, position);
                    if (length == 0)
                    {
                        goto Fail;
                    }

                    position += length;
                    pc += SizeOfOne(code[pc]);
                    continue;
                }

                case RegexOp.Mark:
                {
                    int mark = code[pc + 1];
                    if (mark > lastMark)
                    {
                        for (int i = lastMark + 1; i < mark; i++)
                        {
                            marks[i] = None;
                        }

                        lastMark = mark;
                    }

                    marks[mark] = position;
                    pc += 2;
                    continue;
                }

                case RegexOp.At:
                    if (!IsAt((RegexAt)code[pc + 1], subject, position))
                    {
                        goto Fail;
                    }

                    pc += 2;
                    continue;

                case RegexOp.Jump:
                    pc = code[pc + 1];
                    continue;

                case RegexOp.Branch:
                {
                    int alternative = FindAlternative(program, pc + 2, subject, position, ref steps);
                    if (alternative < 0)
                    {
                        goto Fail;
                    }

                    if (code[pc + 1] != 0)
                    {
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                    }

                    top = Push(stack, top, lastMark, position, code[alternative], code[pc + 1], Frame.Branch);
                    pc = alternative + 1;
                    continue;
                }

                case RegexOp.GreedyOne:
                {
                    int least = Count(program, pc + 5, subject, position, code[pc + 1], ref steps);
                    if (least < 0)
                    {
                        goto Fail;
                    }

                    int end = CountUpTo(program, pc + 5, subject, least, MoreThanLeast(code, pc), ref steps);
                    end = SkipBack(program, code[pc + 4], subject, least, end, ref steps);
                    if (end < 0)
                    {
                        goto Fail;
                    }

                    if (end > least || program.GroupCount > 0)
                    {
                        if (code[pc + 3] != 0)
                        {
                            top = PushMarks(stack, top, marks, lastMark, ref steps);
                        }

                        top = Push(stack, top, lastMark, pc, end, least, Frame.GreedyOne);
                    }

                    position = end;
                    pc = code[pc + 4];
                    continue;
                }

                case RegexOp.LazyOne:
                {
                    int least = Count(program, pc + 5, subject, position, code[pc + 1], ref steps);
                    if (least < 0)
                    {
                        goto Fail;
                    }

                    if (code[pc + 3] != 0)
                    {
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                    }

                    top = Push(stack, top, lastMark, pc, least, code[pc + 1], Frame.LazyOne);
                    position = least;
                    pc = code[pc + 4];
                    continue;
                }

                case RegexOp.PossessiveOne:
                {
                    int least = Count(program, pc + 5, subject, position, code[pc + 1], ref steps);
                    if (least < 0)
                    {
                        goto Fail;
                    }

                    position = CountUpTo(program, pc + 5, subject, least, MoreThanLeast(code, pc), ref steps);
                    pc = code[pc + 4];
                    continue;
                }

                case RegexOp.Repeat:
                {
                    int context = top;
                    top = Push(stack, top, None, None, repeat, pc, Frame.Repeat);
                    repeat = context;
                    pc = code[pc + 3];
                    continue;
                }

                case RegexOp.GreedyUntil:
                {
                    int opening = stack[repeat + RepeatInstruction];
                    int count = stack[repeat + RepeatCount] + 1;
                    if (count < code[opening + 1])
                    {
                        stack[repeat + RepeatCount] = count;
                        top = Push(stack, top, repeat, count, Frame.Round);
                        pc = opening + 4;
                        continue;
                    }

                    if (count < code[opening + 2] && position != stack[repeat + RepeatLast])
                    {
                        stack[repeat + RepeatCount] = count;
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                        top = Push(stack, top, lastMark, repeat, count, stack[repeat + RepeatLast], position, Frame.GreedyRound);
                        stack[repeat + RepeatLast] = position;
                        pc = opening + 4;
                        continue;
                    }

                    top = Push(stack, top, repeat, Frame.Tail);
                    repeat = stack[repeat + RepeatOuter];
                    pc++;
                    continue;
                }

                case RegexOp.LazyUntil:
                {
                    int opening = stack[repeat + RepeatInstruction];
                    int count = stack[repeat + RepeatCount] + 1;
                    if (count < code[opening + 1])
                    {
                        stack[repeat + RepeatCount] = count;
                        top = Push(stack, top, repeat, count, Frame.Round);
                        pc = opening + 4;
                        continue;
                    }

                    if (code[pc + 1] != 0)
                    {
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                    }

                    top = Push(stack, top, lastMark, repeat, count, position, pc, Frame.LazyTail);
                    repeat = stack[repeat + RepeatOuter];
                    pc += 2;
                    continue;
                }

                case RegexOp.Possessive:
                {
                    if (code[pc + 1] > 0)
                    {
                        top = Push(stack, top, 0, pc, barrier, repeat, Frame.PossessiveNeeded);
                    }
                    else if (code[pc + 2] > 0)
                    {
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                        top = Push(stack, top, lastMark, 0, position, pc, barrier, repeat, Frame.PossessiveMore);
                    }
                    else
                    {
                        pc = code[pc + 3];
                        continue;
                    }

                    barrier = top - 1;
                    pc += 4;
                    continue;
                }

                case RegexOp.Atomic:
                    top = Push(stack, top, pc, barrier, repeat, Frame.Atomic);
                    barrier = top - 1;
                    pc += 2;
                    continue;

                case RegexOp.Look:
                {
                    int from = GoBack(subject, position, code[pc + 1], ref steps);
                    if (from < 0)
                    {
                        goto Fail;
                    }

                    top = Push(stack, top, pc, barrier, repeat, position, Frame.Look);
                    barrier = top - 1;
                    position = from;
                    pc += 3;
                    continue;
                }

                case RegexOp.LookNot:
                {
                    int from = GoBack(subject, position, code[pc + 1], ref steps);
                    if (from < 0)
                    {
                        pc = code[pc + 2];
                        continue;
                    }

                    if (code[pc + 3] != 0)
                    {
                        top = PushMarks(stack, top, marks, lastMark, ref steps);
                    }

                    top = Push(stack, top, lastMark, pc, barrier, repeat, position, Frame.LookNot);
                    barrier = top - 1;
                    position = from;
                    pc += 4;
                    continue;
                }

                case RegexOp.BackReference:
                case RegexOp.BackReferenceAsciiFolded:
                case RegexOp.BackReferenceFolded:
                {
                    int length = MatchGroup(subject, position, code, pc, marks, lastMark, ref steps);
                    if (length < 0)
                    {
                        goto Fail;
                    }

                    position += length;
                    pc += 2;
                    continue;
                }

                case RegexOp.Conditional:
                    pc = HasMatched(code[pc + 1], marks, lastMark) ? pc + 3 : code[pc + 2];
                    continue;

                case RegexOp.Success:
                    if (barrier == None)
                    {
                        if (mustAdvance && position == start)
                        {
                            goto Fail;
                        }

                        state.SetMatch(start, position, lastMark);
                        return MatchOutcome.Matched;
                    }

                    break;
            }

            // The body above the barrier has succeeded: cut, and go on after it.
            {
                int frame = barrier;
                switch ((Frame)stack[frame])
                {
                    case Frame.Atomic:
                        repeat = stack[frame - 1];
                        barrier = stack[frame - 2];
                        pc = code[stack[frame - 3] + 1];
                        top = frame - 3;
                        continue;

                    case Frame.Look:
                        position = stack[frame - 1];
                        repeat = stack[frame - 2];
                        barrier = stack[frame - 3];
                        pc = code[stack[frame - 4] + 2];
                        top = frame - 4;
                        continue;

                    case Frame.LookNot:
                    {
                        repeat = stack[frame - 2];
                        barrier = stack[frame - 3];
                        int instruction = stack[frame - 4];
                        top = frame - 5;
                        if (code[instruction + 3] != 0)
                        {
                            top -= stack[frame - 5] + 1;
                        }

                        goto Fail;
                    }

                    case Frame.PossessiveNeeded:
                    {
                        repeat = stack[frame - 1];
                        int instruction = stack[frame - 3];
                        int count = stack[frame - 4] + 1;
                        if (count < code[instruction + 1])
                        {
                            stack[frame - 4] = count;
                            top = frame + 1;
                            pc = instruction + 4;
                            continue;
                        }

                        barrier = stack[frame - 2];
                        top = frame - 4;
                        if (count < code[instruction + 2])
                        {
                            int outer = barrier;
                            top = PushMarks(stack, top, marks, lastMark, ref steps);
                            top = Push(stack, top, lastMark, count, position, instruction, outer, repeat, Frame.PossessiveMore);
                            barrier = top - 1;
                            pc = instruction + 4;
                        }
                        else
                        {
                            pc = code[instruction + 3];
                        }

                        continue;
                    }

                    default:
                    {
                        repeat = stack[frame - 1];
                        int outer = stack[frame - 2];
                        int instruction = stack[frame - 3];
                        int last = stack[frame - 4];
                        int count = stack[frame - 5] + 1;
                        top = frame - 6 - (stack[frame - 6] + 1);
                        barrier = outer;
                        if (count < code[instruction + 2] && position != last)
                        {
                            top = PushMarks(stack, top, marks, lastMark, ref steps);
                            top = Push(stack, top, lastMark, count, position, instruction, outer, repeat, Frame.PossessiveMore);
                            barrier = top - 1;
                            pc = instruction + 4;
                        }
                        else
                        {
                            pc = code[instruction + 3];
                        }

                        continue;
                    }
                }
            }

        Fail:
            while (true)
            {
                if (top == 0)
                {
                    return MatchOutcome.NoMatch;
                }

                steps--;
                switch ((Frame)stack[--top])
                {
                    case Frame.Branch:
                    {
                        lastMark = stack[top - 4];
                        bool saved = stack[top - 1] != 0;
                        if (saved)
                        {
                            RestoreMarks(stack, top - 4, marks, lastMark, ref steps);
                        }

                        position = stack[top - 3];
                        int alternative = FindAlternative(program, stack[top - 2], subject, position, ref steps);
                        if (alternative < 0)
                        {
                            top -= 4 + (saved ? lastMark + 1 : 0);
                            continue;
                        }

                        stack[top - 2] = code[alternative];
                        top++;
                        pc = alternative + 1;
                        break;
                    }

                    case Frame.GreedyOne:
                    {
                        lastMark = stack[top - 4];
                        int instruction = stack[top - 3];
                        int least = stack[top - 1];
                        bool saved = code[instruction + 3] != 0;
                        if (saved)
                        {
                            RestoreMarks(stack, top - 4, marks, lastMark, ref steps);
                        }

                        int end = stack[top - 2];
                        end = end > least ? SkipBack(program, code[instruction + 4], subject, least, StepBack(subject, end), ref steps) : None;
                        if (end < 0)
                        {
                            top -= 4 + (saved ? lastMark + 1 : 0);
                            continue;
                        }

                        stack[top - 2] = end;
                        top++;
                        position = end;
                        pc = code[instruction + 4];
                        break;
                    }

                    case Frame.LazyOne:
                    {
                        lastMark = stack[top - 4];
                        int instruction = stack[top - 3];
                        bool saved = code[instruction + 3] != 0;
                        if (saved)
                        {
                            RestoreMarks(stack, top - 4, marks, lastMark, ref steps);
                        }

                        int end = None;
                        if (stack[top - 1] < code[instruction + 2])
                        {
                            int length = MatchOne(program, instruction + 5, subject, stack[top - 2]);
                            end = length > 0 ? stack[top - 2] + length : None;
                        }

                        if (end < 0)
                        {
                            top -= 4 + (saved ? lastMark + 1 : 0);
                            continue;
                        }

                        stack[top - 1]++;
                        stack[top - 2] = end;
                        top++;
                        position = end;
                        pc = code[instruction + 4];
                        break;
                    }

                    case Frame.Repeat:
                        repeat = stack[top - 2];
                        top -= 4;
                        continue;

                    case Frame.Round:
                        stack[stack[top - 2] + RepeatCount] = stack[top - 1] - 1;
                        top -= 2;
                        continue;

                    case Frame.GreedyRound:
                    {
                        lastMark = stack[top - 5];
                        int context = stack[top - 4];
                        stack[context + RepeatCount] = stack[top - 3] - 1;
                        stack[context + RepeatLast] = stack[top - 2];
                        position = stack[top - 1];
                        RestoreMarks(stack, top - 5, marks, lastMark, ref steps);
                        top -= 5 + lastMark + 1;
                        // No further round: what follows the repeat.
                        top = Push(stack, top, context, Frame.Tail);
                        repeat = stack[context + RepeatOuter];
                        pc = code[stack[context + RepeatInstruction] + 3] + 1;
                        break;
                    }

                    case Frame.Tail:
                        repeat = stack[top - 1];
                        top -= 1;
                        continue;

                    case Frame.LazyTail:
                    {
                        lastMark = stack[top - 5];
                        int context = stack[top - 4];
                        int count = stack[top - 3];
                        position = stack[top - 2];
                        int until = stack[top - 1];
                        repeat = context;
                        top -= 5;
                        if (code[until + 1] != 0)
                        {
                            RestoreMarks(stack, top, marks, lastMark, ref steps);
                            top -= lastMark + 1;
                        }

                        int instruction = stack[context + RepeatInstruction];
                        if (count >= code[instruction + 2] || position == stack[context + RepeatLast])
                        {
                            continue;
                        }

                        stack[context + RepeatCount] = count;
                        top = Push(stack, top, context, count, stack[context + RepeatLast], Frame.LazyRound);
                        stack[context + RepeatLast] = position;
                        pc = instruction + 4;
                        break;
                    }

                    case Frame.LazyRound:
                        stack[stack[top - 3] + RepeatLast] = stack[top - 1];
                        stack[stack[top - 3] + RepeatCount] = stack[top - 2] - 1;
                        top -= 3;
                        continue;

                    case Frame.Atomic:
                        barrier = stack[top - 2];
                        top -= 3;
                        continue;

                    case Frame.Look:
                        barrier = stack[top - 3];
                        top -= 4;
                        continue;

                    case Frame.LookNot:
                    {
                        position = stack[top - 1];
                        barrier = stack[top - 3];
                        int instruction = stack[top - 4];
                        lastMark = stack[top - 5];
                        top -= 5;
                        if (code[instruction + 3] != 0)
                        {
                            RestoreMarks(stack, top, marks, lastMark, ref steps);
                            top -= lastMark + 1;
                        }

                        pc = code[instruction + 2];
                        break;
                    }

                    case Frame.PossessiveNeeded:
                        barrier = stack[top - 2];
                        top -= 4;
                        continue;

                    default:
                    {
                        barrier = stack[top - 2];
                        int instruction = stack[top - 3];
                        position = stack[top - 4];
                        lastMark = stack[top - 6];
                        RestoreMarks(stack, top - 6, marks, lastMark, ref steps);
                        top -= 6 + lastMark + 1;
                        pc = code[instruction + 3];
                        break;
                    }
                }

                break;
            }
        }
    }
}

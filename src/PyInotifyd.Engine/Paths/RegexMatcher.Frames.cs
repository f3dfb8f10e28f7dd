namespace PyInotifyd.Engine.Paths;

/// <summary>What lies on the stack.</summary>
internal ref partial struct RegexMatcher
{
    private const int RepeatCount = 0;
    private const int RepeatLast = 1;
    private const int RepeatOuter = 2;
    private const int RepeatInstruction = 3;

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

    private void PushMarks()
    {
        int count = _lastMark + 1;
        _steps -= count >> (ScanShift - 2);
        for (int i = 0; i < count; i++)
        {
            _stack[_top + i] = _marks[i];
        }

        _top += count;
    }

    /// <summary>Copies back the marks that end below <paramref name="end"/>; the frame stays.</summary>
    private void RestoreMarks(int end)
    {
        int count = _lastMark + 1;
        _steps -= count >> (ScanShift - 2);
        int from = end - count;
        for (int i = 0; i < count; i++)
        {
            _marks[i] = _stack[from + i];
        }
    }

    private void Push(int a, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 1] = (int)kind;
        stack[top] = a;
        _top = top + 2;
    }

    private void Push(int a, int b, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 2] = (int)kind;
        stack[top + 1] = b;
        stack[top] = a;
        _top = top + 3;
    }

    private void Push(int a, int b, int c, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 3] = (int)kind;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        _top = top + 4;
    }

    private void Push(int a, int b, int c, int d, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 4] = (int)kind;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        _top = top + 5;
    }

    private void Push(int a, int b, int c, int d, int e, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 5] = (int)kind;
        stack[top + 4] = e;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        _top = top + 6;
    }

    private void Push(int a, int b, int c, int d, int e, int f, Frame kind)
    {
        int[] stack = _stack;
        int top = _top;
        stack[top + 6] = (int)kind;
        stack[top + 5] = f;
        stack[top + 4] = e;
        stack[top + 3] = d;
        stack[top + 2] = c;
        stack[top + 1] = b;
        stack[top] = a;
        _top = top + 7;
    }
}

using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>The memory of a matcher, and the groups of the last match.</summary>
/// <remarks>
/// One serves any number of patterns in turn, and allocates nothing once it has grown to what they need.
/// Owns: nothing but memory; the spans are valid until the next match.   Threads: one at a time.
/// </remarks>
public sealed class MatchState
{
    /// <summary>What an explosive pattern may use, in integers, before it is given up.</summary>
    private const int MaxStack = 4 << 20;

    /// <summary>What is kept between matches.</summary>
    private const int KeptStack = 64 << 10;

    private int[] _stack = new int[256];
    private int[] _marks = new int[16];
    private int _groupCount;
    private int _lastMark = -1;

    /// <summary>The number of groups of the last match, group 0 not counted.</summary>
    public int GroupCount => _groupCount;

    /// <summary>How many steps the last attempt took.</summary>
    public long StepsUsed { get; internal set; }

    internal int[] Stack => _stack;

    internal int[] Marks => _marks;

    internal int MatchStart { get; private set; }

    internal int MatchEnd { get; private set; }

    /// <summary>Returns where a group lies in the subject; group 0 is the whole match.</summary>
    /// <remarks>Meaningless unless the last attempt matched. A number beyond <see cref="GroupCount"/> gives an unset span.</remarks>
    public GroupSpan GetGroup(int index)
    {
        if (index == 0)
        {
            return new GroupSpan(MatchStart, MatchEnd - MatchStart);
        }

        int mark = (index - 1) * 2;
        if (index < 0 || index > _groupCount || mark + 1 > _lastMark)
        {
            return GroupSpan.Unset;
        }

        int start = _marks[mark];
        int end = _marks[mark + 1];
        return start < 0 || end < start ? GroupSpan.Unset : new GroupSpan(start, end - start);
    }

    internal void Prepare(int groupCount)
    {
        _groupCount = groupCount;
        _lastMark = -1;
        if (_marks.Length < groupCount * 2)
        {
            _marks = new int[groupCount * 2];
        }

        if (_stack.Length > KeptStack)
        {
            _stack = new int[256];
        }
    }

    /// <summary>Makes room for <paramref name="needed"/> more integers above <paramref name="used"/>; false where the limit is reached.</summary>
    internal bool TryGrow(int used, int needed)
    {
        int wanted = used + needed;
        if (wanted > MaxStack)
        {
            return false;
        }

        Array.Resize(ref _stack, int.Max(_stack.Length * 2, wanted));
        return true;
    }

    internal void SetMatch(int start, int end, int lastMark)
    {
        MatchStart = start;
        MatchEnd = end;
        _lastMark = lastMark;
    }
}

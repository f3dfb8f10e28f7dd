namespace PyInotifyd.Engine.Paths;

/// <summary>Where a group lies in the subject.</summary>
/// <remarks>Units: bytes. A group that took no part in the match has start and length -1.</remarks>
public readonly struct GroupSpan
{
    /// <summary>The span of a group that took no part in the match.</summary>
    public static GroupSpan Unset => new(-1, -1);

    /// <summary>Makes a span of <paramref name="length"/> bytes at <paramref name="start"/>.</summary>
    public GroupSpan(int start, int length)
    {
        Start = start;
        Length = length;
    }

    /// <summary>The first byte, or -1.</summary>
    public int Start { get; }

    /// <summary>The number of bytes, or -1.</summary>
    public int Length { get; }

    /// <summary>Whether the group took part in the match.</summary>
    public bool IsSet => Start >= 0;
}

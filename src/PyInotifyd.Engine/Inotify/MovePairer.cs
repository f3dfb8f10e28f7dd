namespace PyInotifyd.Engine.Inotify;

/// <summary>A fixed ring of renames whose second half has not been seen.</summary>
/// <remarks>
/// MOVED_FROM and MOVED_TO have one cookie and are queued by one system call, but other events may stand between them, and a rename out of all watched trees has no second half
/// at all. A ring cannot leak those: the oldest half makes room, and whoever owns the ring is told of it first.
/// Cost: O(64) to find, nothing allocated once the paths' buffers have grown.   Threads: reactor only.   Source: inotify(7), «Dealing with rename() events».
/// </remarks>
internal sealed class MovePairer
{
    private const int Size = 64;

    private readonly MoveHalf[] _ring = new MoveHalf[Size];
    private int _next;

    /// <summary>Makes an empty ring.</summary>
    public MovePairer()
    {
        for (int i = 0; i < Size; i++)
        {
            _ring[i] = new MoveHalf();
        }
    }

    /// <summary>Number of places; each may be looked at by <see cref="At"/>.</summary>
    public static int Capacity => Size;

    /// <summary>The half that the next <see cref="Open"/> will take over, to be settled before.</summary>
    public MoveHalf Oldest => _ring[_next];

    /// <summary>Returns the half of a place, oldest first.</summary>
    public MoveHalf At(int index) => _ring[(_next + index) % Size];

    /// <summary>Returns a half for a new rename.</summary>
    public MoveHalf Open(uint cookie, int wd)
    {
        MoveHalf half = _ring[_next];
        _next = (_next + 1) % Size;
        half.Reset(cookie, wd);
        return half;
    }

    /// <summary>Returns the half of a cookie, or null.</summary>
    public MoveHalf? Find(uint cookie)
    {
        if (cookie == 0)
        {
            return null;
        }

        for (int i = 1; i <= Size; i++)
        {
            MoveHalf half = _ring[(_next + Size - i) % Size];
            if (half.Cookie == cookie)
            {
                return half;
            }
        }

        return null;
    }
}

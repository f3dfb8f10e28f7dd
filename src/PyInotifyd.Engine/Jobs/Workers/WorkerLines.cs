using System;

namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>Cuts what a worker writes into lines, with a bound on how long one may be.</summary>
/// <remarks>Whole lines are handed out where they lie in the chunk; only the beginning of one whose end has not come yet is copied.   Threads: reactor only.</remarks>
internal sealed class WorkerLines
{
    /// <summary>Bytes of the longest line that is read; of a longer one only the beginning is seen, to be complained about.</summary>
    public const int MaxLine = 1024 * 1024;

    private const int KeptCapacity = 16 * 1024;

    private byte[] _partial = [];
    private int _length;
    private bool _skips;

    /// <summary>Takes the next line off the front of <paramref name="chunk"/>; false where none ends in it.</summary>
    /// <param name="chunk">What is left to be looked at.</param>
    /// <param name="line">The line, without its newline; valid until the next call.</param>
    /// <param name="isTooLong">The line is longer than allowed, and <paramref name="line"/> is its beginning.</param>
    public bool TryNext(ref Span<byte> chunk, out Span<byte> line, out bool isTooLong)
    {
        isTooLong = false;
        line = default;
        while (!chunk.IsEmpty)
        {
            int newline = chunk.IndexOf((byte)'\n');
            Span<byte> piece = newline < 0 ? chunk : chunk[..newline];
            chunk = newline < 0 ? default : chunk[(newline + 1)..];
            if (_skips)
            {
                _skips = newline < 0;
            }
            else if (newline >= 0 && _length == 0)
            {
                line = piece;
                return true;
            }
            else
            {
                isTooLong = _length + piece.Length > MaxLine;
                Keep(piece[..Math.Min(piece.Length, MaxLine - _length)]);
                if (isTooLong || newline >= 0)
                {
                    _skips = isTooLong && newline < 0;
                    line = Take();
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Takes what has come of a line that will not end any more.</summary>
    public Span<byte> TakeRest()
    {
        _skips = false;
        return Take();
    }

    private Span<byte> Take()
    {
        Span<byte> line = _partial.AsSpan(0, _length);
        _length = 0;
        if (_partial.Length > KeptCapacity)
        {
            // One long line should not be paid for until the end.
            _partial = [];
        }

        return line;
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        if (_length + piece.Length > _partial.Length)
        {
            Array.Resize(ref _partial, Math.Min(MaxLine, Math.Max(512, (_length + piece.Length) * 2)));
        }

        piece.CopyTo(_partial.AsSpan(_length));
        _length += piece.Length;
    }
}

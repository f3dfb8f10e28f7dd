using System;
using System.Buffers.Text;

namespace PyInotifyd.Engine.State;

/// <summary>Writes the lines of a state file: words with a space between, and at the end their number and a checksum.</summary>
/// <remarks>
/// Bytes other than printing ASCII, the space and <c>%</c> itself become <c>%</c> and two hexadecimal digits, so any name fits into a word; an empty one is <c>%</c> alone.
/// The sum is FNV-1a of 64 bits over all that comes before the last line: it finds files that were cut or damaged, not those that somebody forged.
/// What is written leaves in pieces through the delegate, so that a million tasks need no buffer of their size.
/// Threads: one at a time.
/// </remarks>
internal sealed class StateWriter
{
    private const int PieceBytes = 64 * 1024;

    private readonly byte[] _buffer = new byte[PieceBytes];
    private readonly Action<ReadOnlySpan<byte>> _flush;
    private int _length;
    private ulong _sum = Checksum.Start;
    private long _lines;
    private bool _inLine;

    /// <summary>Makes a writer; <paramref name="flush"/> takes the pieces.</summary>
    public StateWriter(Action<ReadOnlySpan<byte>> flush)
    {
        _flush = flush;
    }

    /// <summary>Writes a word.</summary>
    public void Word(ReadOnlySpan<byte> word)
    {
        Separate();
        if (word.IsEmpty)
        {
            Put((byte)'%');
        }

        foreach (byte b in word)
        {
            if (b is > 0x20 and < 0x7f and not (byte)'%')
            {
                Put(b);
            }
            else
            {
                Put((byte)'%');
                Put("0123456789abcdef"u8[b >> 4]);
                Put("0123456789abcdef"u8[b & 15]);
            }
        }
    }

    /// <summary>Writes a number.</summary>
    public void Number(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        _ = Utf8Formatter.TryFormat(number, digits, out int length);
        Word(digits[..length]);
    }

    /// <summary>Writes sixteen hexadecimal digits.</summary>
    public void Hex(ulong value)
    {
        Span<byte> digits = stackalloc byte[16];
        for (int i = 0; i < digits.Length; i++)
        {
            digits[i] = "0123456789abcdef"u8[(int)(value >> (60 - (i * 4))) & 15];
        }

        Word(digits);
    }

    /// <summary>Ends a line.</summary>
    public void EndLine()
    {
        Put((byte)'\n');
        _inLine = false;
        _lines++;
    }

    /// <summary>Writes the last line and hands over what is left.</summary>
    public void End()
    {
        ulong sum = _sum;
        Word("end"u8);
        Number(_lines);
        Hex(sum);
        EndLine();
        Flush();
    }

    private void Separate()
    {
        if (_inLine)
        {
            Put((byte)' ');
        }

        _inLine = true;
    }

    private void Put(byte b)
    {
        if (_length == _buffer.Length)
        {
            Flush();
        }

        _buffer[_length++] = b;
        _sum = Checksum.Add(_sum, b);
    }

    private void Flush()
    {
        _flush(_buffer.AsSpan(0, _length));
        _length = 0;
    }
}

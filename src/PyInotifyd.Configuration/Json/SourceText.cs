using System;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Json;

/// <summary>The bytes of one configuration file, and which line and column a byte stands at.</summary>
internal sealed class SourceText
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    private int _line = 1;
    private int _column = 1;
    private int _offset;

    public SourceText(byte[] path, byte[] bytes)
    {
        Path = path;
        Name = SurrogateEscape.Decode(path);
        Bytes = bytes;
        Start = bytes.AsSpan().StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        _offset = Start;
    }

    /// <summary>Path as it was given.</summary>
    public byte[] Path { get; }

    /// <summary>The path as text.</summary>
    public string Name { get; }

    /// <summary>The file, byte order mark included.</summary>
    public byte[] Bytes { get; }

    /// <summary>Place among the files, in the order in which they were opened.</summary>
    public int Order { get; init; }

    /// <summary>Where the text begins behind a byte order mark.</summary>
    public int Start { get; }

    /// <summary>Tells line and column of a byte, from 1, columns in code points.</summary>
    /// <remarks>Cost: the bytes since the place asked for last, so ask in ascending order; going back starts at the beginning again.</remarks>
    public (int Line, int Column) Locate(int offset)
    {
        if (offset < _offset)
        {
            _line = 1;
            _column = 1;
            _offset = Start;
        }

        ReadOnlySpan<byte> between = Bytes.AsSpan(_offset, Math.Max(offset - _offset, 0));
        int newline;
        while ((newline = between.IndexOf((byte)'\n')) >= 0)
        {
            _line++;
            _column = 1;
            between = between[(newline + 1)..];
        }

        foreach (byte b in between)
        {
            // A continuation byte belongs to the code point before it.
            _column += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        _offset = Math.Max(offset, _offset);
        return (_line, _column);
    }
}

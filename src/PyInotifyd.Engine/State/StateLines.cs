using System;
using System.Buffers.Text;

namespace PyInotifyd.Engine.State;

/// <summary>Reads what <see cref="StateWriter"/> wrote, word by word; every mistake ends the reading with false.</summary>
internal ref struct StateLines
{
    private ReadOnlySpan<byte> _rest;
    private ReadOnlySpan<byte> _line;

    private StateLines(ReadOnlySpan<byte> lines)
    {
        _rest = lines;
    }

    /// <summary>Checks the last line of a file and returns the lines before it.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> file, out StateLines lines)
    {
        lines = default;
        if (file.IsEmpty || file[^1] != (byte)'\n')
        {
            return false;
        }

        int end = file[..^1].LastIndexOf((byte)'\n') + 1;
        ReadOnlySpan<byte> body = file[..end];
        StateLines last = new(file[end..]);
        if (!last.MoveNext() || !last.Word(out byte[] word) || !word.AsSpan().SequenceEqual("end"u8)
            || !last.Number(out long count) || !last.Hex(out ulong sum) || !last.IsEnd || count != body.Count((byte)'\n') || sum != Checksum.Of(body))
        {
            return false;
        }

        lines = new StateLines(body);
        return true;
    }

    /// <summary>Whether the line has no further word.</summary>
    public readonly bool IsEnd => _line.IsEmpty;

    /// <summary>Goes to the next line.</summary>
    public bool MoveNext()
    {
        int end = _rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            return false;
        }

        _line = _rest[..end];
        _rest = _rest[(end + 1)..];
        return true;
    }

    /// <summary>Reads a word.</summary>
    public bool Word(out byte[] word)
    {
        word = [];
        ReadOnlySpan<byte> text = Next();
        if (text.IsEmpty)
        {
            return false;
        }

        if (text is [(byte)'%'])
        {
            return true;
        }

        int escapes = text.Count((byte)'%');
        if (text.Length < escapes * 3)
        {
            return false;
        }

        word = new byte[text.Length - (escapes * 2)];
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != (byte)'%')
            {
                word[at++] = text[i];
                continue;
            }

            if (i + 2 >= text.Length || !Utf8Parser.TryParse(text.Slice(i + 1, 2), out byte value, out int used, 'x') || used != 2 || at == word.Length)
            {
                return false;
            }

            word[at++] = value;
            i += 2;
        }

        return at == word.Length;
    }

    /// <summary>Reads a number.</summary>
    public bool Number(out long number)
    {
        ReadOnlySpan<byte> text = Next();
        return Utf8Parser.TryParse(text, out number, out int used) && used == text.Length;
    }

    /// <summary>Reads a number that is no larger than an int and not negative.</summary>
    public bool Count(out int count)
    {
        bool ok = Number(out long number) && number is >= 0 and <= int.MaxValue;
        count = ok ? (int)number : 0;
        return ok;
    }

    /// <summary>Reads sixteen hexadecimal digits.</summary>
    public bool Hex(out ulong value)
    {
        ReadOnlySpan<byte> text = Next();
        return Utf8Parser.TryParse(text, out value, out int used, 'x') && used == 16 && text.Length == 16;
    }

    private ReadOnlySpan<byte> Next()
    {
        int end = _line.IndexOf((byte)' ');
        ReadOnlySpan<byte> text = end < 0 ? _line : _line[..end];
        _line = end < 0 ? default : _line[(end + 1)..];
        return text;
    }
}

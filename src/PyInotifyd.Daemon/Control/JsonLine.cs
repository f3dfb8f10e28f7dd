using System;
using System.Buffers;
using System.Buffers.Text;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Daemon.Control;

/// <summary>Writes one JSON object, member by member, as one line; names of files stay lossless.</summary>
internal sealed class JsonLine
{
    private const int KeptCapacity = 256 * 1024;

    private ArrayBufferWriter<byte> _output = new(1024);
    private byte[] _encoded = new byte[128];

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Bytes => _output.WrittenSpan;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (_output.Capacity > KeptCapacity)
        {
            _output = new ArrayBufferWriter<byte>(1024);
        }

        _output.ResetWrittenCount();
    }

    /// <summary>Opens an object: a member of that name, else an element or the whole.</summary>
    public JsonLine Object(string? name = null) => Open(name, "{"u8);

    /// <summary>Opens an array.</summary>
    public JsonLine Array(string? name = null) => Open(name, "["u8);

    /// <summary>Closes an object.</summary>
    public JsonLine EndObject() => Raw("}"u8);

    /// <summary>Closes an array.</summary>
    public JsonLine EndArray() => Raw("]"u8);

    /// <summary>Ends the line.</summary>
    public JsonLine EndLine() => Raw("\n"u8);

    /// <summary>Writes a text by surrogate escapes.</summary>
    public JsonLine Text(string? name, string value)
    {
        Start(name);
        JsonText.AppendString(Encoded(value), _output);
        return this;
    }

    /// <summary>Writes a text given as bytes.</summary>
    public JsonLine Text(string? name, ReadOnlySpan<byte> value)
    {
        Start(name);
        JsonText.AppendString(value, _output);
        return this;
    }

    /// <summary>Writes the id of a task, or whatever else is sixteen hexadecimal digits.</summary>
    public JsonLine Id(string name, ulong value)
    {
        Start(name);
        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(value, digits, out int written, new StandardFormat('x', 16));
        JsonText.AppendString(digits[..written], _output);
        return this;
    }

    /// <summary>Writes a whole number.</summary>
    public JsonLine Number(string? name, long value)
    {
        Start(name);
        Utf8Formatter.TryFormat(value, _output.GetSpan(20), out int written);
        _output.Advance(written);
        return this;
    }

    /// <summary>Writes milliseconds as seconds.</summary>
    public JsonLine Seconds(string name, long milliseconds)
    {
        Number(name, milliseconds / 1000);
        if (milliseconds % 1000 != 0)
        {
            Raw("."u8);
            Utf8Formatter.TryFormat(milliseconds % 1000, _output.GetSpan(3), out int written, new StandardFormat('D', 3));
            _output.Advance(written);
        }

        return this;
    }

    /// <summary>Writes true, false, or null.</summary>
    public JsonLine Word(string? name, bool? value)
    {
        Start(name);
        return Raw(value switch { true => "true"u8, false => "false"u8, _ => "null"u8 });
    }

    /// <summary>Writes a number as it is spelled.</summary>
    public JsonLine Spelled(string? name, string number)
    {
        Start(name);
        return Raw(Encoding.ASCII.GetBytes(number));
    }

    private JsonLine Open(string? name, ReadOnlySpan<byte> bracket)
    {
        Start(name);
        return Raw(bracket);
    }

    private void Start(string? name)
    {
        // Whether a comma is due shows in what stands before: nothing, or an opening bracket, asks for none.
        ReadOnlySpan<byte> written = _output.WrittenSpan;
        if (!written.IsEmpty && written[^1] is not ((byte)'{' or (byte)'[' or (byte)'\n'))
        {
            Raw(","u8);
        }

        if (name is not null)
        {
            JsonText.AppendString(Encoded(name), _output);
            Raw(":"u8);
        }
    }

    // A list has a hundred texts in each answer, so they share their memory.
    private ReadOnlySpan<byte> Encoded(string text)
    {
        if (_encoded.Length < text.Length * 3)
        {
            _encoded = new byte[text.Length * 3];
        }

        return SurrogateEscape.TryEncode(text, _encoded, out int written) ? _encoded.AsSpan(0, written) : Encoding.UTF8.GetBytes(text);
    }

    private JsonLine Raw(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        return this;
    }
}

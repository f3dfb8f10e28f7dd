using System;
using System.Buffers;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Says how a value must be written at its place.</summary>
internal enum ValueQuoting
{
    /// <summary>As it is; no shell reads it.</summary>
    None,

    /// <summary>In single quotes of its own: the place is outside quotes.</summary>
    Bare,

    /// <summary>Inside single quotes that are already open.</summary>
    InSingleQuotes,

    /// <summary>Inside double quotes that are already open.</summary>
    InDoubleQuotes,
}

/// <summary>Says whether a value begins an argument.</summary>
internal enum ValueStart
{
    /// <summary>Something always comes before it.</summary>
    Inside,

    /// <summary>Nothing comes before it.</summary>
    First,

    /// <summary>Only other values come before it, which may be empty.</summary>
    AfterValues,
}

/// <summary>Holds a piece of fixed text and the value that follows it.</summary>
internal readonly struct TemplatePart
{
    private readonly byte[] _literal;
    private readonly Placeholder _placeholder;
    private readonly ValueQuoting _quoting;
    private readonly ValueStart _start;

    public TemplatePart(byte[] literal, Placeholder placeholder, ValueQuoting quoting, ValueStart start)
    {
        _literal = literal;
        _placeholder = placeholder;
        _quoting = quoting;
        _start = start;
    }

    /// <summary>Appends the text and the value; <paramref name="atStart"/> carries from part to part whether the argument is still empty.</summary>
    /// <remarks>
    /// A value is always written in single quotes, where POSIX gives no byte a meaning but the quote itself: no list of special characters to
    /// keep complete, no difference between shells, and no locale in which the second byte of a character looks like a backslash. So open double
    /// quotes are closed before it and opened again after it, which does not end the word and splits nothing.
    /// </remarks>
    public void Append(in PlaceholderValues values, ArrayBufferWriter<byte> output, ref bool atStart)
    {
        output.Write(_literal);
        ReadOnlySpan<byte> value = values.Get(_placeholder);
        atStart = _start == ValueStart.First || (_start == ValueStart.AfterValues && atStart);
        ReadOnlySpan<byte> prefix = atStart && _placeholder == Placeholder.Name && !value.IsEmpty && value[0] == (byte)'-' ? "./"u8 : default;
        atStart &= value.IsEmpty;

        output.Write(_quoting switch
        {
            ValueQuoting.Bare => "'"u8,
            ValueQuoting.InDoubleQuotes => "\"'"u8,
            _ => default,
        });
        output.Write(prefix);
        if (_quoting == ValueQuoting.None)
        {
            output.Write(value);
        }
        else
        {
            AppendBetweenSingleQuotes(value, output);
        }

        output.Write(_quoting switch
        {
            ValueQuoting.Bare => "'"u8,
            ValueQuoting.InDoubleQuotes => "'\""u8,
            _ => default,
        });
    }

    private static void AppendBetweenSingleQuotes(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        for (int quote = value.IndexOf((byte)'\''); quote >= 0; quote = value.IndexOf((byte)'\''))
        {
            output.Write(value[..quote]);
            output.Write("'\\''"u8);
            value = value[(quote + 1)..];
        }

        output.Write(value);
    }
}

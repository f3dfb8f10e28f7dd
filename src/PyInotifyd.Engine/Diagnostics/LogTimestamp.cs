using System;
using System.Buffers;

namespace PyInotifyd.Engine.Diagnostics;

/// <summary>Writes the time of a message; what stays the same for a second is worked out once in it.</summary>
/// <remarks>Threads: the reactor's.</remarks>
internal sealed class LogTimestamp
{
    private const long NsPerSecond = 1_000_000_000;
    private const int DateLength = 10;
    private const int Length = 19;

    private readonly ILogClock _clock;
    private readonly byte[] _text = new byte[Length];
    private long _second = long.MinValue;
    private int _offset;

    public LogTimestamp(ILogClock clock)
    {
        _clock = clock;
    }

    /// <summary>Appends local time as Python's logging has it: <c>2026-11-22 15:59:57,958</c>.</summary>
    public void AppendText(ArrayBufferWriter<byte> output)
    {
        long fraction = Update();
        output.Write(_text.AsSpan(0, DateLength));
        output.Write(" "u8);
        output.Write(_text.AsSpan(DateLength + 1));
        Span<byte> span = output.GetSpan(4);
        span[0] = (byte)',';
        Decimal(span.Slice(1, 3), fraction / 1_000_000);
        output.Advance(4);
    }

    /// <summary>Appends local time as ISO 8601 has it: <c>2026-11-22T15:59:57.958123+01:00</c>.</summary>
    public void AppendIso(ArrayBufferWriter<byte> output)
    {
        long fraction = Update();
        output.Write(_text);
        Span<byte> span = output.GetSpan(13);
        span[0] = (byte)'.';
        Decimal(span.Slice(1, 6), fraction / 1_000);
        int minutes = Math.Abs(_offset) / 60;
        span[7] = _offset < 0 ? (byte)'-' : (byte)'+';
        Decimal(span.Slice(8, 2), minutes / 60);
        span[10] = (byte)':';
        Decimal(span.Slice(11, 2), minutes % 60);
        output.Advance(13);
    }

    private static void Decimal(Span<byte> digits, long value)
    {
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }

    /// <summary>Brings the text up to the present second and returns the nanoseconds since its start.</summary>
    private long Update()
    {
        long now = _clock.RealtimeNs;
        long second = Math.DivRem(now, NsPerSecond, out long fraction);
        if (second != _second)
        {
            _second = second;
            _offset = _clock.UtcOffset(second);
            DateTime local = DateTime.UnixEpoch.AddTicks((second + _offset) * TimeSpan.TicksPerSecond);
            Decimal(_text.AsSpan(0, 4), local.Year);
            _text[4] = (byte)'-';
            Decimal(_text.AsSpan(5, 2), local.Month);
            _text[7] = (byte)'-';
            Decimal(_text.AsSpan(8, 2), local.Day);
            _text[10] = (byte)'T';
            Decimal(_text.AsSpan(11, 2), local.Hour);
            _text[13] = (byte)':';
            Decimal(_text.AsSpan(14, 2), local.Minute);
            _text[16] = (byte)':';
            Decimal(_text.AsSpan(17, 2), local.Second);
        }

        return fraction;
    }
}

using System;
using System.Text;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Diagnostics;

/// <summary>A pipe: the sink writes to one end, the test reads what has come at the other.</summary>
internal sealed class PipeReader : IDisposable
{
    private int _readEnd;

    public PipeReader()
    {
        Assert.Equal(0, Libc.pipe2(out _readEnd, out int writeEnd, Libc.O_CLOEXEC));
        Assert.Equal(0, Libc.fcntl(_readEnd, Libc.F_SETFL, Libc.O_NONBLOCK));
        WriteEnd = writeEnd;
    }

    public int WriteEnd { get; }

    /// <summary>Returns what the pipe holds, one char for each byte.</summary>
    public string Read()
    {
        StringBuilder text = new();
        byte[] buffer = new byte[65536];
        int count;
        while ((count = Libc.read(_readEnd, buffer)) > 0)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    /// <summary>Returns what the pipe holds as UTF-8.</summary>
    public string ReadUtf8() => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Read()));

    public void CloseReadEnd()
    {
        Assert.Equal(0, Libc.close(_readEnd));
        _readEnd = -1;
    }

    public void Dispose()
    {
        if (_readEnd >= 0)
        {
            _ = Libc.close(_readEnd);
        }

        _ = Libc.close(WriteEnd);
    }
}

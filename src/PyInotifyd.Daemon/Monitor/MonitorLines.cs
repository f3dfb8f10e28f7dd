using System;
using System.Buffers;
using System.Buffers.Text;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Daemon.Monitor;

/// <summary>Writes an event as the line that was asked for.</summary>
/// <remarks>
/// With newlines between them the names in text are escaped as in the log, so that one event is one line; with NUL they are the raw bytes. JSON is lossless either way.
/// Cost: no allocation once the buffer has grown.   Threads: the reactor's.
/// </remarks>
internal sealed class MonitorLines
{
    private readonly MonitorFormat? _format;
    private readonly bool _nul;
    private readonly bool _colors;
    private readonly LogTimestamp _time = new(new KernelLogClock());
    private readonly byte[][] _maskNames = new byte[EventNames.SlotCount][];
    private readonly ArrayBufferWriter<byte> _line = new(1024);

    /// <summary>Makes a writer.</summary>
    /// <param name="format">The text; null: JSON.</param>
    /// <param name="nul">Whether lines end with NUL.</param>
    /// <param name="colors">Whether the names of events are coloured.</param>
    public MonitorLines(MonitorFormat? format, bool nul, bool colors)
    {
        _format = format;
        _nul = nul;
        _colors = colors;
        for (int slot = 0; slot < _maskNames.Length; slot++)
        {
            _maskNames[slot] = Encoding.ASCII.GetBytes(EventNames.First(EventNames.FromSlot(slot)));
        }
    }

    /// <summary>Returns the line of an event, with its end; valid until the next call.</summary>
    public ReadOnlySpan<byte> Of(in WatchEvent e)
    {
        _line.ResetWrittenCount();
        PlaceholderValues values = new()
        {
            MaskName = _maskNames[EventNames.Slot(e.Mask)],
            PathName = e.PathName,
            SrcPathName = e.SrcPathName,
            Watch = e.Watch.Root,
        };
        if (_format is null)
        {
            AppendJson(in e, in values);
        }
        else
        {
            AppendText(_format, in e, in values);
        }

        _line.Write(_nul ? "\0"u8 : "\n"u8);
        return _line.WrittenSpan;
    }

    private void AppendJson(in WatchEvent e, in PlaceholderValues values)
    {
        _line.Write("{\"time\":\""u8);
        _time.AppendIso(_line);
        _line.Write("\","u8);
        EventJson.AppendMembers(in values, e.SrcPathName, (uint)e.Mask, e.IsDir, e.Cookie, _line);
        _line.Write("}"u8);
    }

    private void AppendText(MonitorFormat format, in WatchEvent e, in PlaceholderValues values)
    {
        foreach (MonitorFormat.Part part in format.Parts)
        {
            if (format.TrimsEnd && part.Field == MonitorField.SrcPathName && e.SrcPathName.IsEmpty)
            {
                return;
            }

            _line.Write(part.Text);
            switch (part.Field)
            {
                case MonitorField.Time:
                    _time.AppendIso(_line);
                    break;
                case MonitorField.MaskName:
                    AppendMaskName(e.Mask, values.MaskName);
                    break;
                case MonitorField.Mask:
                    _line.Write("0x"u8);
                    AppendNumber((uint)e.Mask, new StandardFormat('x'));
                    break;
                case MonitorField.PathName:
                    AppendName(values.PathName);
                    break;
                case MonitorField.SrcPathName:
                    AppendName(values.SrcPathName);
                    break;
                case MonitorField.Name:
                    AppendName(values.Name);
                    break;
                case MonitorField.DirName:
                    AppendName(values.DirName);
                    break;
                case MonitorField.Watch:
                    AppendName(values.Watch);
                    break;
                case MonitorField.Dir:
                    _line.Write(e.IsDir ? "true"u8 : "false"u8);
                    break;
                case MonitorField.Cookie:
                    AppendNumber(e.Cookie, default);
                    break;
            }
        }
    }

    private void AppendMaskName(EventMask mask, ReadOnlySpan<byte> name)
    {
        if (!_colors)
        {
            _line.Write(name);
            return;
        }

        // What appears is green, what goes is red, content is yellow, the rest is blue; what went wrong is reversed.
        _line.Write((mask & EventMask.All) switch
        {
            EventMask.Create or EventMask.MovedTo => "\e[32m"u8,
            EventMask.Delete or EventMask.DeleteSelf or EventMask.MovedFrom or EventMask.MoveSelf or EventMask.Ignored => "\e[31m"u8,
            EventMask.Modify or EventMask.CloseWrite => "\e[33m"u8,
            EventMask.QueueOverflow or EventMask.Unmount => "\e[7m"u8,
            _ => "\e[34m"u8,
        });
        _line.Write(name);
        _line.Write("\e[m"u8);
    }

    private void AppendName(ReadOnlySpan<byte> name)
    {
        if (_nul)
        {
            _line.Write(name);
        }
        else
        {
            LogText.Append(name, _line);
        }
    }

    private void AppendNumber(uint number, StandardFormat format)
    {
        _ = Utf8Formatter.TryFormat(number, _line.GetSpan(10), out int written, format);
        _line.Advance(written);
    }
}

using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>A connection: reads a line, has it answered, writes the answer, and reads on when that is gone.</summary>
/// <remarks>
/// A client that does not read what it asked for is not read from either, so it holds one answer at most. Its end of the stream may be closed for writing: what it sent before is answered still.
/// Owns: the descriptor.   Threads: the reactor's.
/// </remarks>
internal sealed class ControlClient : IPollSource, IMail
{
    /// <summary>Longest line of a request, newline included.</summary>
    public const int LongestLine = 8192;

    private const int FirstBuffer = 512;

    private static readonly JsonLine s_answer = new();

    private readonly ControlServer _server;
    private readonly Reactor _reactor;
    private byte[] _input = [];
    private int _inputLength;
    private byte[] _output = [];
    private int _outputStart;
    private ControlWork? _work;
    private bool _inputEnded;
    private bool _isPosted;
    private bool _isExecuting;
    private bool _isClosed;
    private bool _endsAfterAnswer;

    /// <summary>Takes over a connected descriptor, which does not block.</summary>
    public ControlClient(int fd, ControlPeer peer, ControlServer server, Reactor reactor)
    {
        Fd = fd;
        Peer = peer;
        _server = server;
        _reactor = reactor;
        Node = new LinkedListNode<ControlClient>(this);
    }

    /// <inheritdoc/>
    public int Fd { get; }

    /// <inheritdoc/>
    public short Events => (short)(HasUnsent ? Libc.POLLOUT : IsBusy || _inputEnded ? 0 : Libc.POLLIN);

    /// <summary>Who it is.</summary>
    public ControlPeer Peer { get; }

    /// <summary>Its place among the clients.</summary>
    public LinkedListNode<ControlClient> Node { get; }

    /// <summary>When something came from it or was taken by it.</summary>
    public long ActiveNs { get; set; }

    /// <summary>Whether a part of an answer waits until it is read.</summary>
    public bool HasUnsent => _outputStart < _output.Length;

    /// <summary>Whether a request of it is being carried out.</summary>
    public bool IsBusy => _isPosted || _isExecuting || _work is not null;

    /// <summary>Whether it has had an answer and said nothing since.</summary>
    public bool IsAnswered { get; private set; }

    /// <inheritdoc/>
    public void OnReady(short revents)
    {
        if (HasUnsent)
        {
            Flush();
        }
        else if ((revents & Libc.POLLIN) != 0)
        {
            Receive();
        }
        else if (!_isPosted)
        {
            // It has gone; a request that is read is carried out all the same, unless it takes so long that it is still under way.
            Close();
        }
    }

    /// <inheritdoc/>
    void IMail.Deliver()
    {
        _isPosted = false;
        if (_isClosed)
        {
            return;
        }

        byte[] line = TakeLine();
        s_answer.Clear();
        _isExecuting = true;
        _work = _server.Execute(line, Peer, s_answer);
        _isExecuting = false;
        if (_work is null)
        {
            Answer();
        }
        else if (_work.IsWaiting)
        {
            _work.Resume = () => _server.AddWork(this);
            _reactor.Update(this);
        }
        else
        {
            _server.AddWork(this);
        }
    }

    /// <summary>Does a piece of what is under way, and returns whether there is more.</summary>
    public bool GoOn()
    {
        if (_isClosed || _work is null)
        {
            return false;
        }

        s_answer.Clear();
        if (_work.GoOn(s_answer))
        {
            return true;
        }

        _work = null;
        Answer();
        return false;
    }

    /// <summary>Ends the connection when what it has asked is answered.</summary>
    public void EndAfterAnswer()
    {
        _endsAfterAnswer = true;
        if (!IsBusy && !HasUnsent)
        {
            Close();
        }
    }

    /// <summary>Ends the connection.</summary>
    public void Close()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _server.Unsent -= _output.Length;
        _output = [];
        _work = null;
        _reactor.Remove(this);
        _ = Libc.close(Fd);
        _server.Remove(this);
    }

    private void Receive()
    {
        if (_inputLength == _input.Length)
        {
            Array.Resize(ref _input, Math.Min(Math.Max(_input.Length * 4, FirstBuffer), LongestLine));
        }

        int result = Libc.recv(Fd, _input.AsSpan(_inputLength), Libc.MSG_DONTWAIT);
        if (result > 0)
        {
            _inputLength += result;
            IsAnswered = false;
            _server.Touch(this);
            if (_inputLength == LongestLine && !HasLine)
            {
                s_answer.Clear();
                s_answer.Object().Text("error", "a request is one line of at most 8191 bytes").EndObject().EndLine();
                _inputLength = 0;
                _endsAfterAnswer = true;
                Answer();
                return;
            }
        }
        else if (result is -Errno.EAGAIN or -Errno.EINTR)
        {
            return;
        }
        else
        {
            _inputEnded = true;
        }

        GoOnReading();
    }

    private bool HasLine => _input.AsSpan(0, _inputLength).Contains((byte)'\n');

    /// <summary>Has the next request carried out, if there is one already.</summary>
    private void GoOnReading()
    {
        if (HasLine || (_inputEnded && _inputLength != 0 && !_endsAfterAnswer))
        {
            _isPosted = true;
            _reactor.Mailbox.Post(this);
        }
        else if (_inputEnded)
        {
            Close();
            return;
        }
        else if (_inputLength == 0)
        {
            _input = [];
        }

        _reactor.Update(this);
    }

    /// <summary>Takes the first line, or at the end of the input what is there.</summary>
    private byte[] TakeLine()
    {
        int end = _input.AsSpan(0, _inputLength).IndexOf((byte)'\n');
        byte[] line = _input.AsSpan(0, end < 0 ? _inputLength : end).ToArray();
        int rest = end < 0 ? _inputLength : end + 1;
        _input.AsSpan(rest, _inputLength - rest).CopyTo(_input);
        _inputLength -= rest;
        return line;
    }

    private void Answer()
    {
        IsAnswered = true;
        ReadOnlySpan<byte> answer = s_answer.Bytes;
        int result = Libc.send(Fd, answer, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        if (result < 0 && result is not (-Errno.EAGAIN or -Errno.EINTR))
        {
            Close();
            return;
        }

        _server.Touch(this);
        result = Math.Max(result, 0);
        if (result < answer.Length)
        {
            _output = answer[result..].ToArray();
            _outputStart = 0;
            _server.Unsent += _output.Length;
            _reactor.Update(this);
            _server.LimitUnsent(this);
        }
        else
        {
            Answered();
        }
    }

    private void Flush()
    {
        int result = Libc.send(Fd, _output.AsSpan(_outputStart), Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
        if (result is -Errno.EAGAIN or -Errno.EINTR)
        {
            return;
        }

        if (result < 0)
        {
            Close();
            return;
        }

        _server.Touch(this);
        _outputStart += result;
        if (!HasUnsent)
        {
            _server.Unsent -= _output.Length;
            _output = [];
            _outputStart = 0;
            Answered();
        }
    }

    private void Answered()
    {
        if (_endsAfterAnswer)
        {
            Close();
        }
        else
        {
            GoOnReading();
        }
    }
}

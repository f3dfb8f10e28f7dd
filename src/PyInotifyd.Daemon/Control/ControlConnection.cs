using System;
using System.Buffers;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>The client's end of a connection to the running daemon.</summary>
internal sealed class ControlConnection : IDisposable
{
    private const int PatienceMs = 30_000;
    private const int RetryMs = 10;

    private readonly string _name;
    private int _fd = -1;
    private byte[] _buffer = new byte[16 * 1024];
    private int _length;

    private ControlConnection(string name)
    {
        _name = name;
    }

    /// <summary>Connects; null, with one line that says why, where nobody is there.</summary>
    /// <param name="socket">The path; null: where the daemon of this user listens, else that of root.</param>
    /// <param name="error">Why there is no connection.</param>
    public static ControlConnection? Open(string? socket, out string error)
    {
        byte[]? path = null;
        if (socket is null ? (path = DefaultPath()) is null : !SurrogateEscape.TryEncode(socket, out path))
        {
            error = "no socket is known: XDG_RUNTIME_DIR is not set; name one with -s SOCKET";
            return null;
        }

        string name = "'" + MessageText(path) + "'";
        if (ControlPath.Problem(path) is { } problem)
        {
            error = "cannot connect to " + name + ": " + problem;
            return null;
        }

        ControlConnection connection = new(name);
        int result = connection.Connect(ControlPath.Address(path));
        if (result == 0)
        {
            error = "";
            return connection;
        }

        connection.Dispose();
        error = "no pyinotifyd answers at " + name + ": " + Errno.Name(result) + " " + Errno.Text(result) + Remedy(result);
        return null;
    }

    /// <summary>Sends a request and returns the answer, one line; null, with one line that says why, where none comes.</summary>
    /// <param name="request">The request, newline included.</param>
    /// <param name="isPatient">Whether the answer may take as long as it takes.</param>
    /// <param name="error">Why there is no answer.</param>
    public byte[]? Ask(ReadOnlySpan<byte> request, bool isPatient, out string error)
    {
        error = "";
        int wait = isPatient ? -1 : PatienceMs;
        while (!request.IsEmpty)
        {
            int sent = Libc.send(_fd, request, Libc.MSG_NOSIGNAL | Libc.MSG_DONTWAIT);
            if (sent > 0)
            {
                request = request[sent..];
            }
            else if (sent is -Errno.EPIPE or -Errno.ECONNRESET)
            {
                // It may have said why before it hung up.
                break;
            }
            else if (sent != -Errno.EINTR && (sent != -Errno.EAGAIN || !Wait(Libc.POLLOUT, wait)))
            {
                error = "cannot ask pyinotifyd at " + _name + ": " + (sent == -Errno.EAGAIN ? "it takes nothing" : Errno.Name(sent) + " " + Errno.Text(sent));
                return null;
            }
        }

        return Receive(wait, ref error);
    }

    /// <summary>Reads an answer; an answer that is none, or says that it is an error, gives null and one line that says so.</summary>
    public JsonNode? Understand(byte[] answer, out string error)
    {
        ProblemList problems = new();
        JsonNode? root = JsonParser.Parse(new SourceText([], answer), problems);
        if (problems.ErrorCount != 0 || root is not { Kind: JsonKind.Object })
        {
            error = "what listens at " + _name + " is not pyinotifyd, or another version of it: its answer is not understood";
            return null;
        }

        error = root.Member("error") is { Kind: JsonKind.String } said ? said.Text : "";
        return error.Length == 0 ? root : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_fd >= 0)
        {
            _ = Libc.close(_fd);
            _fd = -1;
        }
    }

    /// <summary>Returns bytes as text that can be printed, on one line.</summary>
    public static string MessageText(ReadOnlySpan<byte> bytes)
    {
        ArrayBufferWriter<byte> text = new();
        Engine.Diagnostics.LogText.Append(bytes, text);
        return SurrogateEscape.Decode(text.WrittenSpan);
    }

    private static byte[]? DefaultPath()
    {
        byte[]? path = ControlPath.Default();
        bool isThere = path is not null && Libc.statx(Libc.AT_FDCWD, [.. path, 0], 0, Libc.STATX_TYPE, out _) >= 0;

        // A member of control_group means the machine's daemon.
        return isThere || Libc.statx(Libc.AT_FDCWD, [.. ControlPath.OfRoot, 0], 0, Libc.STATX_TYPE, out _) < 0 ? path : ControlPath.OfRoot.ToArray();
    }

    private static string Remedy(int error) => error switch
    {
        -Errno.ENOENT or -Errno.ECONNREFUSED => "; is it running, with this control_socket? Another one is named with -s SOCKET",
        -Errno.EACCES or -Errno.EPERM => "; ask as root, as the user that it runs as, or as a member of its control_group",
        _ => "",
    };

    private int Connect(byte[] address)
    {
        _fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        if (_fd < 0)
        {
            return _fd;
        }

        int result = Libc.connect(_fd, address);
        for (int waited = 0; result is -Errno.EAGAIN or -Errno.EINTR && waited < PatienceMs; waited += RetryMs)
        {
            // Its queue of connections is full.
            _ = Libc.poll([], RetryMs);
            result = Libc.connect(_fd, address);
        }

        return result;
    }

    private byte[]? Receive(int wait, ref string error)
    {
        int searched = 0;
        while (true)
        {
            int end = _buffer.AsSpan(searched, _length - searched).IndexOf((byte)'\n');
            if (end >= 0)
            {
                end += searched;
                byte[] line = _buffer[..end];
                _buffer.AsSpan(end + 1, _length - end - 1).CopyTo(_buffer);
                _length -= end + 1;
                return line;
            }

            searched = _length;
            if (_length == _buffer.Length)
            {
                Array.Resize(ref _buffer, _length * 2);
            }

            int result = Libc.recv(_fd, _buffer.AsSpan(_length), Libc.MSG_DONTWAIT);
            if (result > 0)
            {
                _length += result;
            }
            else if (result == 0 || result is not (-Errno.EINTR or -Errno.EAGAIN))
            {
                error = "pyinotifyd at " + _name + " hung up without an answer" + (result == 0 ? "" : ": " + Errno.Name(result));
                return null;
            }
            else if (result == -Errno.EAGAIN && !Wait(Libc.POLLIN, wait))
            {
                error = "pyinotifyd at " + _name + " does not answer; it may still be starting";
                return null;
            }
        }
    }

    private bool Wait(int events, int milliseconds)
    {
        Span<pollfd> entry = [new pollfd { fd = _fd, events = (short)events }];
        return Libc.poll(entry, milliseconds) != 0;
    }
}

using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;

namespace PyInotifyd.EndToEndTests.Services;

/// <summary>The other end of NOTIFY_SOCKET: a real datagram socket, as a service manager has it.</summary>
internal sealed class NotifyListener : IDisposable
{
    private const int DeadlineMs = 30_000;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = DeadlineMs };
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Listens at a path, or at an abstract name that begins with <c>@</c>.</summary>
    public NotifyListener(string address)
    {
        Address = address;
        _socket.Bind(EndPoint);
    }

    /// <summary>What NOTIFY_SOCKET has to be.</summary>
    public string Address { get; }

    private UnixDomainSocketEndPoint EndPoint => new(Address[0] == '@' ? '\0' + Address[1..] : Address);

    /// <summary>Waits for a message and returns it.</summary>
    public string Next() => Encoding.UTF8.GetString(_buffer, 0, _socket.Receive(_buffer));

    /// <summary>Returns the messages up to the first that begins so, and that one.</summary>
    public List<string> UpTo(string beginning)
    {
        List<string> messages = [];
        do
        {
            messages.Add(Next());
        }
        while (!messages[^1].StartsWith(beginning, StringComparison.Ordinal));
        return messages;
    }

    /// <summary>Sends to itself until there is no room for more, and returns how many messages that took.</summary>
    public int Fill()
    {
        using Socket sender = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        for (int count = 0; ; count++)
        {
            try
            {
                sender.SendTo("full"u8, EndPoint);
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.WouldBlock)
            {
                return count;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}

using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration;

/// <summary>A syslog server: a unix socket, or a host and port for UDP.</summary>
public sealed record SyslogSpec
{
    /// <summary>Lowest level that is sent.</summary>
    public LogLevel Level { get; init; } = LogLevel.Info;

    /// <summary>Path of the socket; empty where <see cref="Host"/> is set.</summary>
    public UnixPath SocketPath { get; init; }

    /// <summary>Host name or address, IPv6 without brackets; null where <see cref="SocketPath"/> is set.</summary>
    public string? Host { get; init; }

    /// <summary>UDP port of the host.</summary>
    public int Port { get; init; }

    /// <summary>The only logger whose messages are sent; null: all.</summary>
    public string? LogName { get; init; }
}

using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads <c>logging</c>.</summary>
internal static class LoggingBinder
{
    private const int SocketPathMax = 107;

    public static LoggingSpec Bind(JsonNode? node, ProblemList problems)
    {
        if (node is null)
        {
            return new LoggingSpec();
        }

        ObjectView view = new(node, LoggingKeys.Group, problems);
        return new LoggingSpec
        {
            Level = Level(view.Number(LoggingKeys.Level)),
            Loggers = Loggers(view.Value(LoggingKeys.Loggers), problems),
            Json = view.Number(LoggingKeys.Format) == 1,
            Syslog = Syslog(view.Value(LoggingKeys.Syslog), problems),
        };
    }

    private static LogLevel Level(long index) => (LogLevel)(10 * (index + 1));

    private static SpecList<LoggerLevelSpec> Loggers(JsonNode? map, ProblemList problems)
    {
        if (map is null)
        {
            return SpecList<LoggerLevelSpec>.Empty;
        }

        List<LoggerLevelSpec> loggers = [];
        foreach (JsonNode node in map.Children)
        {
            if (ValueReader.Choice(LoggingKeys.Loggers, node, out long index) is { } error)
            {
                problems.Error(node, error);
            }

            loggers.Add(new LoggerLevelSpec(node.Name!, Level(index)));
        }

        return new SpecList<LoggerLevelSpec>(loggers.ToArray());
    }

    private static SpecList<SyslogSpec> Syslog(JsonNode? list, ProblemList problems)
    {
        if (list is null)
        {
            return SpecList<SyslogSpec>.Empty;
        }

        List<SyslogSpec> servers = [];
        foreach (JsonNode node in list.Children)
        {
            if (node.Kind != JsonKind.Object)
            {
                problems.Error(node, $"expected an object, found {Shown.Found(node)}");
                continue;
            }

            ObjectView view = new(node, LoggingKeys.SyslogGroup, problems);
            SyslogSpec server = new() { Level = Level(view.Number(LoggingKeys.SyslogLevel)), LogName = view.Text(LoggingKeys.LogName) };
            string? error = Address(view.Text(LoggingKeys.Address)!, ref server);
            if (error is not null)
            {
                problems.Error(view.Value(LoggingKeys.Address) ?? node, error);
            }

            servers.Add(server);
        }

        return new SpecList<SyslogSpec>(servers.ToArray());
    }

    private static string? Address(string address, ref SyslogSpec server)
    {
        if (address.StartsWith('/'))
        {
            string? error = ValueReader.Bytes(address, out byte[] path);
            path = NormalPath.Of(path);
            server = server with { SocketPath = new UnixPath(path) };
            return path.Length > SocketPathMax ? $"the path of a socket has at most {SocketPathMax} bytes" : error;
        }

        int colon = address.LastIndexOf(':');
        ReadOnlySpan<char> host = colon < 0 ? "" : address.AsSpan(0, colon);
        ReadOnlySpan<char> digits = address.AsSpan(colon + 1);
        bool isBracketed = host.StartsWith("[") && host.EndsWith("]") && host.Length > 2;
        host = isBracketed ? host[1..^1] : host;
        bool isHost = !host.IsEmpty && host.IndexOfAny(" \t[]/") < 0 && (isBracketed || !host.Contains(':'));
        bool isNumber = digits.Length is > 0 and <= 5 && digits.IndexOfAnyExceptInRange('0', '9') < 0;
        int port = 0;
        foreach (char digit in isNumber ? digits : "")
        {
            port = (port * 10) + (digit - '0');
        }

        if (!isHost || port is < 1 or > 65_535)
        {
            return $"expected the path of a unix socket, such as \"/dev/log\", or \"host:port\" with a port from 1 to 65535, found {Shown.Quote(address)}";
        }

        server = server with { Host = host.ToString(), Port = port };
        return null;
    }
}

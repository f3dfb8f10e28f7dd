using System;
using System.Buffers.Text;

namespace PyInotifyd.Daemon.Services;

/// <summary>What a service manager asks for in the environment.</summary>
/// <param name="Socket">The value of NOTIFY_SOCKET, byte for byte; empty where nobody listens.</param>
/// <param name="WatchdogUs">Microseconds after which silence counts as a hang; 0 where nobody watches.</param>
/// <remarks>Source: sd_notify(3), sd_watchdog_enabled(3).</remarks>
internal readonly record struct NotifyEnvironment(byte[] Socket, long WatchdogUs)
{
    /// <summary>Reads variables, each ended by NUL, of the process with this id.</summary>
    /// <remarks>A watchdog for another process, as WATCHDOG_PID says, is none for this one; so is a time that is not a positive number.</remarks>
    public static NotifyEnvironment Of(ReadOnlySpan<byte> variables, int pid)
    {
        ReadOnlySpan<byte> socket = Value(variables, "NOTIFY_SOCKET="u8);
        ReadOnlySpan<byte> forPid = Value(variables, "WATCHDOG_PID="u8);
        bool isOurs = forPid.IsEmpty || (TryNumber(forPid, out long wanted) && wanted == pid);
        bool isWatched = TryNumber(Value(variables, "WATCHDOG_USEC="u8), out long us) && us > 0 && isOurs;
        return new NotifyEnvironment(socket.ToArray(), isWatched ? us : 0);
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> variables, ReadOnlySpan<byte> nameAndSign)
    {
        while (!variables.IsEmpty)
        {
            int end = variables.IndexOf((byte)0);
            ReadOnlySpan<byte> variable = end < 0 ? variables : variables[..end];
            if (variable.StartsWith(nameAndSign))
            {
                return variable[nameAndSign.Length..];
            }

            variables = end < 0 ? [] : variables[(end + 1)..];
        }

        return [];
    }

    private static bool TryNumber(ReadOnlySpan<byte> text, out long value) => Utf8Parser.TryParse(text, out value, out int used) && used == text.Length;
}

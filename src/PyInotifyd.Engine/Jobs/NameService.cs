using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Asks the name service of the machine by way of <c>getent</c>, which is linked to what a static program cannot load.</summary>
/// <remarks>Only the program at its fixed place is run, with an environment of its own: nobody's PATH says who a user is.   Source: getent(1).</remarks>
/// <param name="program">Path of getent, ended by NUL.</param>
/// <param name="timeLimitMs">How long an answer may take, in milliseconds.</param>
internal sealed class NameService(byte[] program, int timeLimitMs = NameService.TimeLimitMs)
{
    /// <summary>How long an answer may take, in milliseconds, unless something else is said.</summary>
    public const int TimeLimitMs = 5000;

    private const int MaxAnswer = 1 << 20;

    /// <summary>Returns what getent prints for a key; empty where it knows none, is not there, or does not answer in time.</summary>
    public byte[] Ask(string database, ReadOnlySpan<byte> key)
    {
        // A dash would be an option, and what follows cannot be in an account's name.
        if (key.IsEmpty || key[0] == '-' || key.IndexOfAny(":,\n\0"u8) >= 0 || Libc.pipe2(out int readEnd, out int writeEnd, Libc.O_CLOEXEC) < 0)
        {
            return [];
        }

        int nothing = Libc.openat(Libc.AT_FDCWD, "/dev/null\0"u8, Libc.O_RDWR | Libc.O_CLOEXEC);
        using SpawnPlan plan = new("PATH=/usr/bin:/bin\0LC_ALL=C\0"u8, "/\0"u8);
        byte[] argv = [.. "getent\0"u8, .. SurrogateEscape.TryEncode(database, out byte[]? name) ? name : [], 0, .. key, 0];
        int pid = 0;
        int result = nothing < 0 ? nothing : plan.Spawn(program, argv, default, nothing, writeEnd, nothing, out pid);
        _ = Libc.close(writeEnd);
        _ = nothing < 0 ? 0 : Libc.close(nothing);
        byte[] answer = result < 0 ? [] : Read(readEnd, pid);
        _ = Libc.close(readEnd);
        return answer;
    }

    private byte[] Read(int fd, int pid)
    {
        PathBuilder text = new();
        byte[] buffer = new byte[4096];
        long end = Environment.TickCount64 + timeLimitMs;
        int size = 1;
        while (size > 0 && text.Length < MaxAnswer)
        {
            Span<pollfd> entry = [new pollfd { fd = fd, events = (short)Libc.POLLIN }];
            int ready = Libc.poll(entry, (int)Math.Max(end - Environment.TickCount64, 0));
            size = ready == 0 ? -Errno.ETIMEDOUT : ready == -Errno.EINTR ? 1 : Libc.read(fd, buffer);
            if (ready > 0 && size > 0)
            {
                text.Append(buffer.AsSpan(0, size));
            }
        }

        // What did not answer in time, or too much, is ended.
        _ = size == 0 ? 0 : Libc.kill(-pid, Libc.SIGKILL);
        int status;
        siginfo_t info;
        do
        {
            status = Libc.waitid(Libc.P_PID, (uint)pid, out info, Libc.WEXITED);
        }
        while (status == -Errno.EINTR);
        return status == 0 && info.si_code == Libc.CLD_EXITED && info.si_status == 0 && size == 0 ? text.Bytes.ToArray() : [];
    }
}

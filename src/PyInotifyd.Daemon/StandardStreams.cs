using System;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon;

/// <summary>Standard input, output and error without the Console class, which costs start-up time and size and changes terminals and signals.</summary>
internal static class StandardStreams
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>Opens what is closed of 0, 1 and 2, so that nothing else is opened under these numbers and then written to.</summary>
    /// <remarks>
    /// Without /dev/null, as in a bare chroot, pipes whose other end is closed serve: reading ends at once, writing fails.
    /// Errors: none; a process that cannot have three descriptors fails at the next thing that it opens.
    /// </remarks>
    public static void OpenClosed()
    {
        for (int fd = 0; fd <= Error; fd++)
        {
            if (Libc.fcntl(fd, Libc.F_GETFD) != -Errno.EBADF)
            {
                continue;
            }

            // The lowest free number is this one, as all below are open. No O_CLOEXEC: children get these three.
            int result = Libc.openat(Libc.AT_FDCWD, "/dev/null\0"u8, Libc.O_RDWR);
            if (result < 0 && Libc.pipe2(out int readEnd, out int writeEnd, 0) == 0)
            {
                int wanted = fd == 0 ? readEnd : writeEnd;
                if (wanted != fd)
                {
                    _ = Libc.dup3(wanted, fd, 0);
                }

                CloseUnless(readEnd, fd);
                CloseUnless(writeEnd, fd);
            }
        }
    }

    /// <summary>Writes to standard output; false, after a message on standard error, where it could not be written whole.</summary>
    /// <remarks>A reader that has gone, as in <c>pyinotifyd schema | head -1</c>, has what it wanted: that is no failure.</remarks>
    public static bool Print(string text)
    {
        int result = Write(Output, text);
        if (result is 0 or -Errno.EPIPE)
        {
            return true;
        }

        string what = result is -Errno.ENOSPC or -Errno.EDQUOT ? "no space left where it goes" : Errno.Text(result);
        Complain("cannot write to standard output: " + Errno.Name(result) + " " + what);
        return false;
    }

    /// <summary>Writes a line to standard error, after the program's name.</summary>
    public static void Complain(string message) => PrintError("pyinotifyd: " + message);

    /// <summary>Writes a line to standard error as it is.</summary>
    public static void PrintError(string line) => _ = Write(Error, line + "\n");

    private static void CloseUnless(int fd, int wanted)
    {
        if (fd != wanted)
        {
            _ = Libc.close(fd);
        }
    }

    private static int Write(int fd, string text)
    {
        ReadOnlySpan<byte> rest = SurrogateEscape.TryEncode(text, out byte[]? bytes) ? bytes : "(not text)\n"u8;
        while (!rest.IsEmpty)
        {
            int result = Libc.write(fd, rest);
            if (result > 0)
            {
                rest = rest[result..];
            }
            else if (result == -Errno.EAGAIN)
            {
                // Somebody set the shared descriptor to non-blocking: wait as it would have done.
                Span<pollfd> entry = [new pollfd { fd = fd, events = (short)Libc.POLLOUT }];
                _ = Libc.poll(entry, -1);
            }
            else if (result != -Errno.EINTR)
            {
                return result;
            }
        }

        return 0;
    }
}

using System.Buffers;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>The descriptors that become 0, 1 and 2 of a process, and our ends of its pipes.</summary>
/// <remarks>
/// The pipes are close-on-exec at both ends, and only our end is non-blocking: a program that finds its output non-blocking loses what does not fit.
/// With stdin <c>event</c> and with a batch the lines lie in a memory file, not in a pipe: a process that never reads them, or ends before it has, holds up nobody.
/// Owns: what it opened; <see cref="CloseTheirs"/> after the start in any case, <see cref="CloseOurs"/> where the start failed.
/// </remarks>
internal struct ChildStreams
{
    private const int PieceBytes = 32 * 1024;

    private readonly int _nullInput;
    private readonly int _nullOutput;

    public ChildStreams(int nullInput, int nullOutput)
    {
        (_nullInput, _nullOutput) = (nullInput, nullOutput);
        (Input, Output, Errors) = (nullInput, 1, 2);
    }

    /// <summary>Takes over our ends of the pipes of a worker that runs already.</summary>
    public ChildStreams(Workers.StartedWorker started)
    {
        (OurInput, OurAnswers, OurErrors) = (started.Input, started.Answers, started.Errors);
    }

    public int Input { get; private set; }

    public int Output { get; private set; }

    public int Errors { get; private set; }

    /// <summary>Gets our end of the output; -1: none.</summary>
    public int OurOutput { get; private set; } = -1;

    /// <summary>Gets our end of the errors; -1: none.</summary>
    public int OurErrors { get; private set; } = -1;

    /// <summary>Gets our end of a worker's input; -1: none.</summary>
    public int OurInput { get; private set; } = -1;

    /// <summary>Gets our end of a worker's output; -1: none.</summary>
    public int OurAnswers { get; private set; } = -1;

    /// <summary>Opens the two pipes of a worker and what its errors go to and returns 0, or minus errno; what has been opened by then is closed as usual.</summary>
    public int OpenWorker(OutputMode errors)
    {
        int result = Libc.pipe2(out int readEnd, out int writeEnd, Libc.O_CLOEXEC);
        if (result < 0)
        {
            return result;
        }

        (Input, OurInput) = (readEnd, writeEnd);
        result = Libc.fcntl(writeEnd, Libc.F_SETFL, Libc.O_NONBLOCK);
        result = result < 0 ? result : OpenPipe(out readEnd, out writeEnd);
        if (result < 0)
        {
            return result;
        }

        (OurAnswers, Output) = (readEnd, writeEnd);
        if (errors == OutputMode.Inherit)
        {
            return 0;
        }

        if (errors == OutputMode.Discard && _nullOutput >= 0)
        {
            Errors = _nullOutput;
            return 0;
        }

        result = OpenPipe(out readEnd, out writeEnd);
        if (result >= 0)
        {
            (OurErrors, Errors) = (readEnd, writeEnd);
        }

        return result;
    }

    /// <summary>Opens what the job asks for and returns 0, or minus errno; what has been opened by then is closed as usual.</summary>
    public int Open(ProcessSpec spec, TaskEntry task, in PlaceholderValues values, ArrayBufferWriter<byte> line)
    {
        int result = spec.Stdin == StdinMode.Event ? OpenEvent(task, in values, line) : 0;
        return result < 0 ? result : OpenOutput(spec);
    }

    /// <summary>As the other one, for many tasks, whose list is the input.</summary>
    public int Open(ProcessSpec spec, IReadOnlyList<TaskEntry> tasks, BatchSpec batch, ArrayBufferWriter<byte> buffer)
    {
        int result = OpenList(tasks, batch, buffer);
        return result < 0 ? result : OpenOutput(spec);
    }

    private int OpenOutput(ProcessSpec spec)
    {
        int result = 0;
        if (spec.Output == OutputMode.Inherit)
        {
            return result;
        }

        if (spec.Output == OutputMode.Discard && _nullOutput >= 0)
        {
            (Output, Errors) = (_nullOutput, _nullOutput);
            return 0;
        }

        result = OpenPipe(out int readEnd, out int writeEnd);
        if (result < 0)
        {
            return result;
        }

        (OurOutput, Output) = (readEnd, writeEnd);
        result = OpenPipe(out readEnd, out writeEnd);
        if (result >= 0)
        {
            (OurErrors, Errors) = (readEnd, writeEnd);
        }

        return result;
    }

    /// <summary>Gives the pipes to the user that the process will be, so that it can open them again by name (<c>/dev/stderr</c>).</summary>
    public readonly void GiveTo(RunAsSpec? runAs)
    {
        if (runAs is not null && (OurOutput >= 0 || OurAnswers >= 0))
        {
            _ = Libc.fchown(Output, runAs.Uid, runAs.Gid);
        }

        if (runAs is not null && OurErrors >= 0)
        {
            _ = Libc.fchown(Errors, runAs.Uid, runAs.Gid);
        }
    }

    public readonly void CloseTheirs()
    {
        CloseUnless(Input, _nullInput);
        CloseUnless(Output, _nullOutput);
        CloseUnless(Errors, _nullOutput);
    }

    public readonly void CloseOurs()
    {
        CloseUnless(OurOutput, -1);
        CloseUnless(OurErrors, -1);
        CloseUnless(OurInput, -1);
        CloseUnless(OurAnswers, -1);
    }

    private int OpenEvent(TaskEntry task, in PlaceholderValues values, ArrayBufferWriter<byte> line)
    {
        line.ResetWrittenCount();
        EventJson.Append(task, in values, line);
        line.Write("\n"u8);
        int fd = Libc.memfd_create("event\0"u8, Libc.MFD_CLOEXEC);
        if (fd < 0)
        {
            return fd;
        }

        Input = fd;
        int written = Libc.write(fd, line.WrittenSpan);
        if (written != line.WrittenCount)
        {
            return written < 0 ? written : -Errno.ENOMEM;
        }

        return (int)Libc.lseek(fd, 0, 0);
    }

    private int OpenList(IReadOnlyList<TaskEntry> tasks, BatchSpec batch, ArrayBufferWriter<byte> buffer)
    {
        int fd = Libc.memfd_create("batch\0"u8, Libc.MFD_CLOEXEC);
        if (fd < 0)
        {
            return fd;
        }

        Input = fd;
        int result = 0;
        buffer.ResetWrittenCount();
        for (int i = 0; i < tasks.Count && result >= 0; i++)
        {
            EventJson.AppendBatched(tasks[i], batch.NulFormat, buffer);
            if (buffer.WrittenCount >= PieceBytes || i == tasks.Count - 1)
            {
                result = Libc.write(fd, buffer.WrittenSpan);
                result = result == buffer.WrittenCount || result < 0 ? result : -Errno.ENOMEM;
                buffer.ResetWrittenCount();
            }
        }

        return result < 0 ? result : (int)Libc.lseek(fd, 0, 0);
    }

    private static int OpenPipe(out int readEnd, out int writeEnd)
    {
        int result = Libc.pipe2(out readEnd, out writeEnd, Libc.O_CLOEXEC);
        return result < 0 ? result : Libc.fcntl(readEnd, Libc.F_SETFL, Libc.O_NONBLOCK);
    }

    private static void CloseUnless(int fd, int shared)
    {
        if (fd > 2 && fd != shared)
        {
            _ = Libc.close(fd);
        }
    }
}

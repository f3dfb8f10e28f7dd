using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Copies what is in a file: by sharing its blocks where the file system can, else inside the kernel, else through memory; holes stay holes.</summary>
/// <remarks>
/// A small file is read and written once: the better ways cost more than they save. In pieces, so that a stop is seen between them.
/// Source: ioctl_ficlone(2), copy_file_range(2), lseek(2).
/// </remarks>
internal static class FileContent
{
    private const long SmallSize = 64 << 10;
    private const long PieceSize = 8 << 20;

    /// <summary>Copies everything from the start of one file to the start of another, which is empty.</summary>
    public static void Copy(FileAction action, int from, int to, in statx source)
    {
        long size = (long)source.stx_size;
        if (size > SmallSize && Libc.ioctl(to, Libc.FICLONE, from) == 0)
        {
            return;
        }

        bool inKernel = size > SmallSize;
        bool hasHoles = size > 0 && (long)source.stx_blocks < (size + 511) / 512;
        long at = hasHoles ? CopyData(action, from, to, size, ref inKernel) : 0;
        _ = CopyRange(action, from, to, at, long.MaxValue, ref inKernel);
    }

    // Data by data up to the size that was found; what has been added since is copied as it comes.
    private static long CopyData(FileAction action, int from, int to, long size, ref bool inKernel)
    {
        long at = 0;
        while (at < size)
        {
            long data = Libc.lseek(from, at, Libc.SEEK_DATA);
            if (data == -Errno.ENXIO)
            {
                break;
            }

            if (data < 0)
            {
                return at;
            }

            long hole = Libc.lseek(from, data, Libc.SEEK_HOLE);
            hole = hole <= data ? size : Math.Min(hole, size);
            at = CopyRange(action, from, to, data, hole, ref inKernel);
            if (at < hole)
            {
                // It was cut meanwhile.
                return at;
            }
        }

        FileFailure.Check(Libc.ftruncate(to, size), "write: ");
        return size;
    }

    /// <summary>Copies from a place to another or to the end, whichever comes first, and returns where it stopped.</summary>
    private static long CopyRange(FileAction action, int from, int to, long at, long end, ref bool inKernel)
    {
        while (at < end && inKernel)
        {
            action.CheckStop();
            long copied = Libc.copy_file_range(from, at, to, at, Math.Min(PieceSize, end - at));
            if (copied == 0)
            {
                return at;
            }

            if (copied < 0)
            {
                if ((int)copied is -Errno.ENOSPC or -Errno.EDQUOT or -Errno.EFBIG or -Errno.EIO)
                {
                    throw FileFailure.Of((int)copied, "write: ");
                }

                inKernel = false;
                break;
            }

            at += copied;
        }

        byte[] buffer = action.Worker.Data;
        while (at < end)
        {
            action.CheckStop();
            int read = FileFailure.Check(Libc.pread(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - at)), at), "read: ");
            if (read == 0)
            {
                break;
            }

            for (int written = 0; written < read;)
            {
                written += FileFailure.Check(Libc.pwrite(to, buffer.AsSpan(written, read - written), at + written), "write: ");
            }

            at += read;
        }

        return at;
    }
}

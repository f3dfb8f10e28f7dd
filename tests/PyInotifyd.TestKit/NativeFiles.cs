using System.Runtime.InteropServices;

namespace PyInotifyd.TestKit;

/// <summary>The few calls on names of raw bytes that only tests make.</summary>
internal static class NativeFiles
{
    private const string C = "libc";

    [DllImport(C, SetLastError = true)]
    internal static extern int mkdirat(int dirfd, byte[] path, uint mode);

    [DllImport(C, SetLastError = true)]
    internal static extern int unlinkat(int dirfd, byte[] path, int flags);

    [DllImport(C, SetLastError = true)]
    internal static extern int renameat(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath);

    [DllImport(C, SetLastError = true)]
    internal static extern int renameat2(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, uint flags);

    [DllImport(C, SetLastError = true)]
    internal static extern int linkat(int oldDirfd, byte[] oldPath, int newDirfd, byte[] newPath, int flags);

    [DllImport(C, SetLastError = true)]
    internal static extern int symlinkat(byte[] target, int dirfd, byte[] path);

    [DllImport(C)]
    internal static extern uint umask(uint mask);

    [DllImport(C, SetLastError = true)]
    internal static extern int mknodat(int dirfd, byte[] path, uint mode, ulong device);

    [DllImport(C, SetLastError = true)]
    internal static extern int fchmodat(int dirfd, byte[] path, uint mode, int flags);
}

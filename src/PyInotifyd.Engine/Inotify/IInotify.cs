using System;

namespace PyInotifyd.Engine.Inotify;

/// <summary>The kernel's inotify as the trees use it; tests replay records and inject errors through another implementation.</summary>
/// <remarks>Results are values or minus errno, as in C. Threads: reactor only.</remarks>
public interface IInotify
{
    /// <summary>The descriptor to wait for.</summary>
    int Fd { get; }

    /// <summary>Watches the directory that a descriptor is open on and returns its watch descriptor; the mask is added to what the inode has.</summary>
    int AddDirectory(int dirfd, uint mask);

    /// <summary>Watches a sub-directory (a name that ends with NUL, a link not followed) of a directory that a descriptor is open on, as <see cref="AddDirectory"/> does.</summary>
    /// <remarks>With <c>isSame</c> the caller says that the directory is the one of the last call of this method, and that no other directory was watched since.</remarks>
    int AddChild(int dirfd, ReadOnlySpan<byte> terminatedName, uint mask, bool isSame);

    /// <summary>Watches what a path names, links followed, and returns its watch descriptor; the mask is added to what the inode has unless IN_MASK_ADD is left out.</summary>
    int AddPath(ReadOnlySpan<byte> terminatedPath, uint mask);

    /// <summary>Removes a watch; -EINVAL says that it had gone.</summary>
    int Remove(int wd);

    /// <summary>Reads records into the span; -EAGAIN where there are none.</summary>
    int Read(Span<byte> buffer);

    /// <summary>Returns how many bytes wait in the queue.</summary>
    int Pending();

    /// <summary>Returns how many events the queue holds before it overflows; 0: not known.</summary>
    int QueueLimit => 0;

    /// <summary>Says that the trees have had another look at the file system, in a walk that may be long: its events are not to fill the queue.</summary>
    void MakeRoom()
    {
    }
}

using System;
using System.Collections.Generic;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Remembers where in the copy of a tree the files are that have several names, so that these become links of one file again.</summary>
/// <remarks>
/// A file is forgotten when all its names have been seen. Of files that have names elsewhere too, the first ones are remembered, up to a bound on memory; what is beyond it becomes a file of its own.
/// The copy is private until it is complete, so a path from its top on leads where it did when it was noted; it is looked at all the same.
/// Threads: one at a time.
/// </remarks>
internal sealed class LinkedCopies
{
    private const int MaxBytes = 16 << 20;
    private const int EntryBytes = 96;

    private readonly Dictionary<FileIdentity, Entry> _entries = [];
    private int _bytes;

    private readonly record struct Entry(byte[] TerminatedPath, FileIdentity Copy, long Left);

    /// <summary>Makes a name of a file that has been copied under another one already; false where it has not, or where a link cannot be made.</summary>
    /// <param name="source">The file.</param>
    /// <param name="top">The top of the copy.</param>
    /// <param name="directory">Where the name is to be.</param>
    /// <param name="terminatedName">The name.</param>
    public bool TryLink(in statx source, int top, int directory, ReadOnlySpan<byte> terminatedName)
    {
        FileIdentity identity = FileIdentity.Of(in source);
        if (!_entries.TryGetValue(identity, out Entry entry) || Libc.linkat(top, entry.TerminatedPath, directory, terminatedName, 0) < 0)
        {
            return false;
        }

        if (Place.Stat(directory, terminatedName, out statx made) < 0 || !FileIdentity.Of(in made).Equals(entry.Copy))
        {
            _ = Libc.unlinkat(directory, terminatedName, 0);
            return false;
        }

        if (entry.Left > 1)
        {
            _entries[identity] = entry with { Left = entry.Left - 1 };
        }
        else
        {
            _entries.Remove(identity);
            _bytes -= entry.TerminatedPath.Length + EntryBytes;
        }

        return true;
    }

    /// <summary>Notes where a file with several names has been copied to.</summary>
    public void Note(in statx source, in statx copy, ReadOnlySpan<byte> path)
    {
        int bytes = path.Length + 1 + EntryBytes;
        if (_bytes + bytes <= MaxBytes && _entries.TryAdd(FileIdentity.Of(in source), new Entry([.. path, 0], FileIdentity.Of(in copy), source.stx_nlink - 1)))
        {
            _bytes += bytes;
        }
    }
}

using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Starts programs that are named without a slash: looks for them in the PATH of the child, which posix_spawnp(3) does not (it takes the parent's).</summary>
/// <remarks>
/// Each directory is tried by starting, not by asking whether it would work, so nothing can change in between. The place that worked last is tried first, as shells do: a program of the same name that
/// is put into an earlier directory afterwards is seen after a reload that changes the scheduler, or when the old one is gone.
/// Threads: reactor only.   Source: execvp(3) for which errors go on to the next directory.
/// </remarks>
internal sealed class ProgramSearch
{
    private readonly byte[] _path;
    private readonly byte[] _directory;
    private byte[] _found = [];
    private byte[] _candidate = new byte[256];
    private int _nameLength = -1;

    /// <summary>Makes a search.</summary>
    /// <param name="path">Value of PATH.</param>
    /// <param name="directory">Current directory of the children, ended by NUL: where relative elements of PATH begin.</param>
    public ProgramSearch(byte[] path, byte[] directory)
    {
        _path = path;
        _directory = directory;
    }

    /// <summary>Gets the PATH that is searched.</summary>
    public ReadOnlySpan<byte> Path => _path;

    /// <summary>Starts the program of argv's first element and returns 0, or minus errno as execvp(3) would give it.</summary>
    public int Spawn(SpawnPlan plan, ReadOnlySpan<byte> argv, ReadOnlySpan<byte> variables, in ChildStreams streams, out int pid)
    {
        ReadOnlySpan<byte> name = argv[..argv.IndexOf((byte)0)];
        if (_nameLength == name.Length && _found.AsSpan(0, _found.Length - 1).EndsWith(name))
        {
            int again = plan.Spawn(_found, argv, variables, streams.Input, streams.Output, streams.Errors, out pid);
            if (!GoesOn(again) && again != -Errno.EACCES)
            {
                return again;
            }
        }

        pid = 0;
        int result = -Errno.ENOENT;
        ReadOnlySpan<byte> rest = _path;
        while (true)
        {
            int colon = rest.IndexOf((byte)':');
            ReadOnlySpan<byte> element = colon < 0 ? rest : rest[..colon];
            ReadOnlySpan<byte> file = Candidate(element, name);
            int tried = plan.Spawn(file, argv, variables, streams.Input, streams.Output, streams.Errors, out pid);
            if (tried == 0)
            {
                (_found, _nameLength) = (file.ToArray(), name.Length);
                return 0;
            }

            if (!GoesOn(tried) && tried != -Errno.EACCES)
            {
                return tried;
            }

            // One that is there but must not be executed explains more than the last directory's lack of it.
            result = tried == -Errno.EACCES ? tried : result;
            if (colon < 0)
            {
                return result;
            }

            rest = rest[(colon + 1)..];
        }
    }

    private static bool GoesOn(int result) => result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ESTALE or -Errno.ENODEV or -Errno.ETIMEDOUT or -Errno.ENAMETOOLONG;

    private ReadOnlySpan<byte> Candidate(ReadOnlySpan<byte> element, ReadOnlySpan<byte> name)
    {
        int needed = _directory.Length + element.Length + name.Length + 3;
        if (_candidate.Length < needed)
        {
            _candidate = new byte[needed];
        }

        int length = 0;
        if (element.IsEmpty || element[0] != '/')
        {
            Append(_directory.AsSpan(0, _directory.Length - 1), ref length);
            Append("/"u8, ref length);
        }

        if (!element.IsEmpty)
        {
            Append(element, ref length);
            Append("/"u8, ref length);
        }

        Append(name, ref length);
        _candidate[length++] = 0;
        return _candidate.AsSpan(0, length);
    }

    private void Append(ReadOnlySpan<byte> bytes, ref int length)
    {
        bytes.CopyTo(_candidate.AsSpan(length));
        length += bytes.Length;
    }
}

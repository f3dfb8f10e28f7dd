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
            if (!ProgramPlaces.GoesOn(again))
            {
                return again;
            }
        }

        pid = 0;
        int result = -Errno.ENOENT;
        ProgramPlaces places = new(_path, _directory, name);
        while (places.Next(out ReadOnlySpan<byte> file))
        {
            int tried = plan.Spawn(file, argv, variables, streams.Input, streams.Output, streams.Errors, out pid);
            if (tried == 0)
            {
                (_found, _nameLength) = (file.ToArray(), name.Length);
                return 0;
            }

            if (!ProgramPlaces.GoesOn(tried))
            {
                return tried;
            }

            // One that is there but must not be executed explains more than the last directory's lack of it.
            result = tried == -Errno.EACCES ? tried : result;
        }

        return result;
    }
}

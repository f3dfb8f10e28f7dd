using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>The places at which a program that is named without a slash may be, in the order of a PATH.</summary>
/// <remarks>Source: execvp(3).</remarks>
internal ref struct ProgramPlaces
{
    private readonly ReadOnlySpan<byte> _directory;
    private readonly ReadOnlySpan<byte> _name;
    private ReadOnlySpan<byte> _rest;
    private byte[] _place;
    private bool _ended;

    /// <summary>Begins with the first.</summary>
    /// <param name="path">Value of PATH.</param>
    /// <param name="directory">Where relative elements of PATH begin, ended by NUL.</param>
    /// <param name="name">Name of the program.</param>
    public ProgramPlaces(ReadOnlySpan<byte> path, ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        _rest = path;
        _directory = directory;
        _name = name;
        _place = [];
    }

    /// <summary>Returns whether the search goes on after a start that failed so.</summary>
    public static bool GoesOn(int result) =>
        result is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ESTALE or -Errno.ENODEV or -Errno.ETIMEDOUT or -Errno.ENAMETOOLONG or -Errno.EACCES;

    /// <summary>Gives the next place, ended by NUL and valid until the next call; false where there is none.</summary>
    public bool Next(out ReadOnlySpan<byte> place)
    {
        place = default;
        if (_ended)
        {
            return false;
        }

        int colon = _rest.IndexOf((byte)':');
        ReadOnlySpan<byte> element = colon < 0 ? _rest : _rest[..colon];
        _ended = colon < 0;
        _rest = colon < 0 ? default : _rest[(colon + 1)..];
        int needed = _directory.Length + element.Length + _name.Length + 3;
        _place = _place.Length < needed ? new byte[needed] : _place;
        int length = 0;
        if (element.IsEmpty || element[0] != '/')
        {
            Append(_directory[..^1], ref length);
            Append("/"u8, ref length);
        }

        if (!element.IsEmpty)
        {
            Append(element, ref length);
            Append("/"u8, ref length);
        }

        Append(_name, ref length);
        _place[length++] = 0;
        place = _place.AsSpan(0, length);
        return true;
    }

    private readonly void Append(ReadOnlySpan<byte> bytes, ref int length)
    {
        bytes.CopyTo(_place.AsSpan(length));
        length += bytes.Length;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Scheduling;

namespace PyInotifyd.TestKit;

/// <summary>Files that look as a test says.</summary>
public sealed class ScriptedProbe : IFileProbe
{
    private readonly Dictionary<string, FileLook> _looks = [];

    /// <summary>Has a file look like this from now on.</summary>
    public void Set(string path, FileLook look) => _looks[path] = look;

    /// <inheritdoc/>
    public FileLook Look(ReadOnlySpan<byte> path, int wd) => _looks.GetValueOrDefault(Encoding.Latin1.GetString(path), new FileLook(-1, 0, false));
}

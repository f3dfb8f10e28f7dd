using System;
using System.IO;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Files;

/// <summary>A file system in memory at a directory, until the test is over.</summary>
internal sealed class MountedDirectory : IDisposable
{
    private readonly string _path;

    /// <summary>Mounts it; options as <c>size=1m</c> or <c>size=1m,ro</c>.</summary>
    public MountedDirectory(string path, string options)
    {
        Directory.CreateDirectory(path);
        _path = path;
        CommandResult result = CommandResult.Of("mount", ["-t", "tmpfs", "-o", options, "none", path]);
        Assert.True(result.ExitStatus == 0, result.Error);
    }

    /// <summary>Whether this user may mount; only root may.</summary>
    public static bool IsPossible => Libc.geteuid() == 0;

    /// <inheritdoc/>
    public void Dispose() => _ = CommandResult.Of("umount", ["-l", _path]);
}

using System;
using System.IO;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Files;

/// <summary>A file system in a file, mounted at a directory until the test is over. It needs root.</summary>
internal sealed class LoopDevice : IDisposable
{
    private readonly string _path;

    /// <summary>Makes and mounts it.</summary>
    /// <param name="image">The file that it lies in, which is made.</param>
    /// <param name="path">Where it is mounted, a directory that is made.</param>
    /// <param name="megabytes">Its size; the file is sparse.</param>
    /// <param name="make">The command that makes the file system, and its options.</param>
    public LoopDevice(string image, string path, int megabytes, params string[] make)
    {
        RootUser.Require();
        using (FileStream file = File.Create(image))
        {
            file.SetLength(megabytes * 1024L * 1024);
        }

        Directory.CreateDirectory(path);
        _path = path;
        Run(make[0], [.. make[1..], image]);
        Run("mount", "-o", "loop", image, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = CommandResult.Of("umount", ["-l", _path]);

    private static void Run(string program, params string[] arguments)
    {
        CommandResult result = CommandResult.Of(program, arguments);
        Assert.True(result.ExitStatus == 0, program + ": " + result.Error);
    }
}

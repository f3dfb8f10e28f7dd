using System;
using System.Collections.Generic;
using System.IO;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Soak;

/// <summary>A short run of what <c>scripts/soak</c> runs for long: one gap of each kind.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_operations_with_gaps_of_every_kind_leave_no_difference()
    {
        Run("");
    }

    /// <summary>Change times, leases and the rest are the file system's: each has its own.</summary>
    [Theory]
    [InlineData("xfs", "truncate -s 400M image; mkfs.xfs -q image; mount -o loop image mnt")]
    [InlineData("btrfs", "truncate -s 200M image; mkfs.btrfs -q image; mount -o loop image mnt")]
    [InlineData("ext4", "truncate -s 64M image; mkfs.ext4 -q -I 128 image; mount -o loop image mnt")]
    [InlineData("overlay", "mount -t tmpfs none upper; mkdir upper/u upper/w; mount -t overlay -o lowerdir=lower,upperdir=upper/u,workdir=upper/w none mnt")]
    [InlineData("tmpfs", "mount -t tmpfs none mnt")]
    public void Other_file_systems_leave_no_difference(string type, string mount)
    {
        if (!File.ReadAllText("/proc/filesystems").Contains($"\t{type}\n", StringComparison.Ordinal))
        {
            output.WriteLine($"NOT TESTED: {type} is not supported by this kernel (/proc/filesystems)");
            return;
        }

        using TempTree tree = new();
        tree.MakeDirectory("mnt");
        tree.MakeDirectory("lower");
        tree.MakeDirectory("upper");
        Run($"cd {tree.Path}; {mount}; export TMPDIR={tree.PathOf("mnt")}; cd /; ");
    }

    private void Run(string before)
    {
        string seed = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED") ?? "1";
        string binary = PublishedBinary.X64;
        List<string> arguments = ["-m", "--propagation", "private", "sh", "-ec", before + "exec dotnet \"$@\"", "sh", Path.Combine(AppContext.BaseDirectory, "PyInotifyd.Soak.dll"), "0", seed];
        if (Libc.geteuid() != 0)
        {
            arguments.InsertRange(0, ["-U", "-r"]);
        }

        CommandResult result = CommandResult.Of("/usr/bin/unshare", arguments, TimeSpan.FromMinutes(5), start => start.Environment["PYINOTIFYD_BIN"] = binary);
        output.WriteLine(result.Output);
        Assert.True(result.ExitStatus == 0, result.Output + result.Error);
    }
}

using System;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests;

/// <summary>The published files: static, stripped, small, and able to run with nothing else around.</summary>
public sealed class BinaryTests
{
    private const long SizeLimitBytes = 5_000_000;

    private static readonly string s_version = $"pyinotifyd ({ProjectVersion()})\n";

    [Fact]
    public void X64_binary_is_static_pie_and_stripped() => AssertStatic(PublishedBinary.X64, ElfFile.EM_X86_64);

    [Fact]
    public void Arm64_binary_is_static_pie_and_stripped() => AssertStatic(PublishedBinary.Arm64, ElfFile.EM_AARCH64);

    [Fact]
    public void X64_binary_keeps_the_size_limit() => AssertSize(PublishedBinary.X64);

    [Fact]
    public void Arm64_binary_keeps_the_size_limit() => AssertSize(PublishedBinary.Arm64);

    [Theory]
    [InlineData("-v")]
    [InlineData("--version")]
    public void X64_binary_prints_its_version(string option)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, [option]);

        Assert.Equal(new CommandResult(0, s_version, ""), result);
    }

    [Fact]
    public void Arm64_binary_prints_its_version_under_emulation()
    {
        CommandResult result = CommandResult.Of("qemu-aarch64", [PublishedBinary.Arm64, "-v"]);

        Assert.Equal(new CommandResult(0, s_version, ""), result);
    }

    [Fact]
    public void Binary_runs_as_the_only_file_of_a_chroot_without_environment()
    {
        using TempTree tree = new();
        File.Copy(PublishedBinary.X64, tree.PathOf("pyinotifyd"));

        CommandResult result = InChroot(tree, "/pyinotifyd", "-v");

        Assert.Equal(new CommandResult(0, s_version, ""), result);
        Assert.Equal(["pyinotifyd"], tree.List().Select(System.Text.Encoding.UTF8.GetString));
    }

    [Fact]
    public void Binary_runs_tasks_under_emulation_of_arm64()
    {
        using TempTree tree = new();
        tree.MakeDirectory("watched");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "record": { "type": "shell", "cmd": "printf '%s\\n' {pathname} >> {{tree.PathOf("record")}}" } },
              "event_maps": { "closed": { "IN_CLOSE_WRITE": "record" } },
              "watches": [ { "path": "{{tree.PathOf("watched")}}", "event_map": "closed", "rec": true, "auto_add": true } ]
            }
            """,
            start =>
            {
                start.ArgumentList.Insert(0, PublishedBinary.Arm64);
                start.FileName = "qemu-aarch64";
            });
        daemon.WaitForReady();

        tree.Write("watched/file", "content");
        daemon.WaitFor("task finished");

        Assert.Equal(0, daemon.Stop());
        Assert.Equal(tree.PathOf("watched/file") + "\n", tree.ReadText("record"));
        Assert.Contains(daemon.Log(), line => line.EndsWith("shutdown complete", StringComparison.Ordinal));
    }

    private static void AssertStatic(string path, int machine)
    {
        ElfFile elf = new(path);
        Assert.Equal(machine, elf.Machine);
        Assert.Equal(ElfFile.ET_DYN, elf.Type);
        Assert.False(elf.HasInterpreter);
        Assert.Equal(0, elf.NeededLibraries);
        Assert.DoesNotContain(".symtab", elf.Sections);
        Assert.DoesNotContain(elf.Sections, name => name.StartsWith(".debug", StringComparison.Ordinal));
    }

    private static void AssertSize(string path)
    {
        long size = new FileInfo(path).Length;
        Assert.True(size <= SizeLimitBytes, $"{path} has {size} bytes, the limit is {SizeLimitBytes}");
    }

    // Root may call chroot; others get a user namespace in which they may.
    private static CommandResult InChroot(TempTree tree, params string[] command)
    {
        return Libc.geteuid() == 0
            ? CommandResult.Of("chroot", [tree.Path, .. command], prepare: start => start.Environment.Clear())
            : CommandResult.Of("unshare", ["--map-root-user", "--root=" + tree.Path, .. command], prepare: start => start.Environment.Clear());
    }

    private static string ProjectVersion()
    {
        XDocument properties = XDocument.Load(Path.Combine(RepositoryRoot.Path, "Directory.Build.props"));
        return properties.Descendants("VersionPrefix").Single().Value;
    }
}

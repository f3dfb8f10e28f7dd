using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.EndToEndTests.Install;

/// <summary>A root directory of its own with the binary in it, and ways to run it there.</summary>
internal sealed class InstallRig : IDisposable
{
    public const string Program = "/usr/local/sbin/pyinotifyd";

    private readonly HashSet<string> _notInstalled = ["/sbin/openrc"];

    public InstallRig(string program = Program, bool systemd = true, bool openrc = true)
    {
        Tree.SetMode(".", 0x1ed);
        foreach (string name in (string[])["proc", "etc/init.d", "etc/conf.d", "usr/share", "usr/lib"])
        {
            Tree.MakeDirectory(name);
        }

        // As on machines with one /usr.
        Tree.Symlink("usr/lib", "lib");
        if (systemd)
        {
            Tree.MakeDirectory("usr/lib/systemd/system");
        }

        if (openrc)
        {
            Tree.MakeDirectory("sbin");
            Tree.Write("sbin/openrc");
            Tree.SetMode("sbin/openrc", 0x1ed);
        }

        Put(program);
    }

    public TempTree Tree { get; } = new();

    /// <summary>Puts the binary somewhere else too.</summary>
    public void Put(string program)
    {
        _notInstalled.Add(program);
        MakeDirectory(Path.GetDirectoryName(program)![1..]);
        File.Copy(PublishedBinary.X64, Tree.PathOf(program[1..]));
    }

    /// <summary>Makes a directory unless it is there.</summary>
    public void MakeDirectory(string name)
    {
        if (!Tree.Exists(name))
        {
            Tree.MakeDirectory(name);
        }
    }

    /// <summary>Runs the binary with this root directory.</summary>
    public CommandResult Run(params string[] arguments) => RunAs("", Program, arguments);

    /// <summary>Runs a binary with this root directory, after a command of the shell that sees it as $1.</summary>
    public CommandResult RunAs(string before, string program, params string[] arguments)
    {
        string[] user = Libc.geteuid() == 0 ? [] : ["--map-root-user"];
        return CommandResult.Of(
            "unshare",
            [.. user, "--mount", "sh", "-c", "set -e; mount --rbind /proc \"$1/proc\"; " + before + " exec chroot $as \"$@\"", "sh", Tree.Path, program, .. arguments],
            prepare: start => start.Environment.Remove("as"));
    }

    /// <summary>Returns the paths of all regular files and links but what the rig itself has put there.</summary>
    public List<string> Files() =>
        [.. Directory.EnumerateFiles(Tree.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Device })
            .Select(path => path[Tree.Path.Length..])
            .Where(path => !path.StartsWith("/lib/", StringComparison.Ordinal) && !_notInstalled.Contains(path))
            .Order(StringComparer.Ordinal)];

    public void Dispose() => Tree.Dispose();
}

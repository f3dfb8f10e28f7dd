using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Install;

/// <summary><c>--install</c> and <c>--uninstall</c>, each in a root directory of its own.</summary>
public sealed class InstallTests
{
    private const string Unit = "/usr/lib/systemd/system/pyinotifyd.service";
    private const string Script = "/etc/init.d/pyinotifyd";
    private const string Settings = "/etc/conf.d/pyinotifyd";
    private const string Example = "/etc/pyinotifyd/config.json";

    private static readonly string[] s_shared =
    [
        "/usr/share/bash-completion/completions/pyinotifyd", "/usr/share/doc/pyinotifyd/hardened.conf", "/usr/share/fish/vendor_completions.d/pyinotifyd.fish",
        "/usr/share/man/man5/pyinotifyd.json.5", "/usr/share/man/man8/pyinotifyd.8", "/usr/share/zsh/site-functions/_pyinotifyd",
    ];

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Everything_is_installed_for_the_managers_that_are_there_and_removed_again(bool systemd, bool openrc)
    {
        using InstallRig rig = new(systemd: systemd, openrc: openrc);
        List<string> before = rig.Files();
        CommandResult result = rig.Run("--install");
        Assert.True(result is { ExitStatus: 0, Error: "" }, result.ToString());

        List<string> wanted = [Example, .. s_shared];
        if (systemd)
        {
            wanted.Add(Unit);
            Assert.Contains("ExecStart=" + InstallRig.Program + "\n", Text(rig, Unit));
            Assert.DoesNotContain("/usr/sbin/", Text(rig, Unit));
        }

        if (openrc)
        {
            wanted.AddRange([Script, Settings]);
            Assert.Contains("\ncommand=\"" + InstallRig.Program + "\"\n", Text(rig, Script));
            Assert.Equal(0x1edu, rig.Tree.StatusOf(Script[1..]).stx_mode & 0xfffu);
        }

        Assert.Equal(wanted.Order(StringComparer.Ordinal), rig.Files());
        Assert.All(wanted, path => Assert.Contains("=> install file " + path.Replace(systemd ? "/usr/lib" : "\0", "/lib", StringComparison.Ordinal), result.Output, StringComparison.Ordinal));
        Assert.All(wanted.Except([Script]), path => Assert.Equal(0x1a4u, rig.Tree.StatusOf(path[1..]).stx_mode & 0xfffu));
        Assert.All(["etc/pyinotifyd", "usr/share/man", "usr/share/man/man8"], path => Assert.Equal(0x1edu, rig.Tree.StatusOf(path).stx_mode & 0xfffu));
        Assert.Equal(systemd, result.Output.Contains("systemd detected\n", StringComparison.Ordinal));
        Assert.Equal(openrc, result.Output.Contains("openrc detected\n", StringComparison.Ordinal));
        Assert.Equal(!systemd && !openrc, result.Output.Contains("no service files", StringComparison.Ordinal));
        foreach (string path in (string[])["man/man8/pyinotifyd.8", "man/man5/pyinotifyd.json.5"])
        {
            Assert.Equal(File.ReadAllText(RepositoryRoot.Path + "/packaging/" + path.Replace("man8/", "").Replace("man5/", "")), Text(rig, "/usr/share/" + path));
        }

        Assert.Equal("config file ok\n", rig.Run("-t").Output);

        // Once more: it says so, and touches nothing.
        long[] inodes = [.. wanted.Select(path => (long)rig.Tree.StatusOf(path[1..]).stx_ino)];
        CommandResult again = rig.Run("-i");
        Assert.True(again is { ExitStatus: 0, Error: "" }, again.ToString());
        Assert.DoesNotContain("=> install", again.Output, StringComparison.Ordinal);
        Assert.Equal(wanted.Count, again.Output.Split(" already installed").Length - 1);
        Assert.Equal(inodes, wanted.Select(path => (long)rig.Tree.StatusOf(path[1..]).stx_ino));

        CommandResult removed = rig.Run("--uninstall");
        Assert.True(removed is { ExitStatus: 0, Error: "" }, removed.ToString());
        Assert.Equal(wanted.Count, removed.Output.Split("=> uninstall file ").Length - 1);
        Assert.Equal(before, rig.Files());
        Assert.False(rig.Tree.Exists("etc/pyinotifyd"));
        Assert.False(rig.Tree.Exists("usr/share/doc/pyinotifyd"));

        CommandResult nothing = rig.Run("-u");
        Assert.True(nothing is { ExitStatus: 0, Error: "" }, nothing.ToString());
        Assert.DoesNotContain("=>", nothing.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_modified_stays()
    {
        using InstallRig rig = new();
        Assert.Equal(0, rig.Run("-i").ExitStatus);
        string[] modified = [Example, Settings, Script, Unit];
        foreach (string path in modified)
        {
            rig.Tree.Append(path[1..], "# mine\n");
        }

        rig.Tree.Append("usr/share/man/man8/pyinotifyd.8", "of another version\n");
        rig.Tree.Write("etc/pyinotifyd/jobs.py", "mine");
        string[] texts = [.. modified.Select(path => Text(rig, path))];
        CommandResult again = rig.Run("-i");
        Assert.Equal(0, again.ExitStatus);
        Assert.All(modified, path => Assert.Contains(Shown(path) + " is there already and differs, it stays as it is\n", again.Output, StringComparison.Ordinal));
        Assert.Contains("=> update file /usr/share/man/man8/pyinotifyd.8\n", again.Output, StringComparison.Ordinal);

        CommandResult removed = rig.Run("-u");
        Assert.Equal(0, removed.ExitStatus);
        Assert.All(modified, path => Assert.Contains(Shown(path) + " was modified, it stays", removed.Output, StringComparison.Ordinal));
        Assert.Contains("=> directory /etc/pyinotifyd is not empty, it stays\n", removed.Output, StringComparison.Ordinal);
        Assert.Equal(texts, modified.Select(path => Text(rig, path)));
        Assert.Equal(((string[])[.. modified, "/etc/pyinotifyd/jobs.py"]).Order(StringComparer.Ordinal), rig.Files());
    }

    [Fact]
    public void Services_follow_a_binary_that_moves()
    {
        using InstallRig rig = new();
        Assert.Equal(0, rig.Run("-i").ExitStatus);
        rig.Put("/opt/p/bin/pyinotifyd");
        CommandResult result = rig.RunAs("", "/opt/p/bin/pyinotifyd", "-i");
        Assert.Equal(0, result.ExitStatus);
        Assert.Contains("=> update file /lib/systemd/system/pyinotifyd.service\n=> update file /etc/init.d/pyinotifyd\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("ExecStart=/opt/p/bin/pyinotifyd\n", Text(rig, Unit));
        Assert.Contains("command=\"/opt/p/bin/pyinotifyd\"\n", Text(rig, Script));
    }

    [Fact]
    public void Configuration_in_python_is_not_joined_by_one_in_json()
    {
        using InstallRig rig = new();
        rig.Tree.MakeDirectory("etc/pyinotifyd");
        rig.Tree.Write("etc/pyinotifyd/config.py", "# mine\n");
        CommandResult result = rig.Run("-i");
        Assert.Equal(0, result.ExitStatus);
        Assert.Contains("=> no /etc/pyinotifyd/config.json: /etc/pyinotifyd/config.py is there\n", result.Output, StringComparison.Ordinal);
        Assert.False(rig.Tree.Exists("etc/pyinotifyd/config.json"));
        Assert.Equal(0, rig.Run("-u").ExitStatus);
        Assert.Equal(["/etc/pyinotifyd/config.py"], rig.Files());
    }

    [Theory]
    [InlineData("etc/pyinotifyd", "/victim", "/etc/pyinotifyd is a symbolic link")]
    [InlineData("etc/pyinotifyd/config.json", "/victim/file", "/etc/pyinotifyd/config.json is a symbolic link")]
    [InlineData("etc/pyinotifyd/config.json", "/victim/absent", "/etc/pyinotifyd/config.json is a symbolic link")]
    [InlineData("etc/init.d/pyinotifyd", "/victim/file", "/etc/init.d/pyinotifyd is a symbolic link")]
    [InlineData("etc/conf.d/pyinotifyd", "/victim/absent", "/etc/conf.d/pyinotifyd is a symbolic link")]
    [InlineData("usr/lib/systemd/system/pyinotifyd.service", "/victim/file", "/lib/systemd/system/pyinotifyd.service is a symbolic link")]
    [InlineData("usr/share/man", "/victim", "/usr/share/man is a symbolic link")]
    public void Planted_link_is_refused_before_anything_is_written(string place, string target, string message)
    {
        using InstallRig rig = new();
        rig.Tree.MakeDirectory("victim");
        rig.Tree.Write("victim/file", "precious");
        rig.MakeDirectory(Path.GetDirectoryName(place)!);
        rig.Tree.Symlink(target, place);
        List<string> before = rig.Files();

        CommandResult result = rig.Run("-i");
        Assert.Equal(3, result.ExitStatus);
        Assert.Contains("pyinotifyd: " + message + "\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("nothing was installed", result.Error, StringComparison.Ordinal);
        Assert.Equal(before, rig.Files());
        Assert.Equal("precious", rig.Tree.ReadText("victim/file"));
        Assert.Equal(["file"], rig.Tree.List("victim").Select(System.Text.Encoding.UTF8.GetString));

        CommandResult removed = rig.Run("-u");
        Assert.Equal(0, removed.ExitStatus);
        Assert.Contains(message + ", it stays", removed.Output, StringComparison.Ordinal);
        Assert.Equal(before, rig.Files());
    }

    [Theory]
    [InlineData("/tmp/pyinotifyd", "below /tmp")]
    [InlineData("/var/tmp/a/b/pyinotifyd", "below /var/tmp")]
    [InlineData("/home/me/bin/pyinotifyd", "below /home")]
    [InlineData("/root/pyinotifyd", "below /root")]
    [InlineData("/opt/a b/pyinotifyd", "characters")]
    [InlineData("/opt/a%h/pyinotifyd", "characters")]
    public void Binary_in_a_place_for_users_is_no_service(string program, string message)
    {
        using InstallRig rig = new(program);
        CommandResult result = rig.RunAs("", program, "-i");
        Assert.Equal(3, result.ExitStatus);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
        Assert.Empty(rig.Files());
    }

    [Theory]
    [InlineData("-i")]
    [InlineData("-u")]
    public void Root_is_needed(string option)
    {
        using InstallRig rig = new();
        CommandResult result = rig.RunAs("as=--userspec=65534:65534;", InstallRig.Program, option);
        Assert.Equal(2, result.ExitStatus);
        Assert.Equal("pyinotifyd: you need to have root privileges, please try again\n", result.Error);
        Assert.Equal("", result.Output);
        Assert.Empty(rig.Files());
    }

    [Fact]
    public void Failure_names_file_and_errno()
    {
        using InstallRig rig = new(systemd: false);
        CommandResult result = rig.RunAs("mount --bind \"$1/etc\" \"$1/etc\"; mount -o remount,bind,ro \"$1/etc\";", InstallRig.Program, "-i");
        Assert.Equal(3, result.ExitStatus);
        Assert.Contains("pyinotifyd: /etc/init.d/pyinotifyd: create: EROFS", result.Error, StringComparison.Ordinal);
        Assert.Empty(rig.Files());

        Assert.Equal(0, rig.Run("-i").ExitStatus);
        CommandResult removed = rig.RunAs("mount --bind \"$1/etc\" \"$1/etc\"; mount -o remount,bind,ro \"$1/etc\";", InstallRig.Program, "-u");
        Assert.Equal(3, removed.ExitStatus);
        Assert.Contains("pyinotifyd: /etc/init.d/pyinotifyd: remove: EROFS", removed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "pyinotifyd.bash")]
    [InlineData("zsh", "_pyinotifyd")]
    [InlineData("fish", "pyinotifyd.fish")]
    public void Completions_are_printed(string shell, string file)
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["completion", shell]);
        Assert.Equal(new CommandResult(0, File.ReadAllText(RepositoryRoot.Path + "/packaging/completions/" + file), ""), result);
    }

    private static string Text(InstallRig rig, string path) => rig.Tree.ReadText(path[1..]);

    private static string Shown(string path) => path == Unit ? "/lib/systemd/system/pyinotifyd.service" : path;
}

using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Packages;

/// <summary>The Debian packages, service files and manual pages, checked by the tools that administrators use them with.</summary>
public sealed class PackageTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(120);
    private static readonly string s_packaging = RepositoryRoot.Path + "/packaging";
    private static readonly Lazy<(string Amd64, string Arm64)> s_packages = new(Make);

    [Fact]
    public void Package_lives_through_installation_upgrade_removal_and_purge() => Play("deb", s_packages.Value.Amd64);

    /// <summary>Start, readiness, reload, crash, watchdog, stop with tasks, upgrade, hardened.conf, removal, with systemd as process 1; <c>scripts/check-debian</c> does the same in a bare Debian.</summary>
    [Fact]
    public void Service_lives_under_systemd() => Play("systemd", s_packages.Value.Amd64);

    [Fact]
    public void Service_lives_under_OpenRC()
    {
        // Unpacked into the overlay only: installed on this machine they would replace its own scripts.
        string folder = RepositoryRoot.Path + "/artifacts/openrc";
        Directory.CreateDirectory(folder);
        if (Directory.GetFiles(folder, "*.deb").Length < 3)
        {
            CommandResult result = CommandResult.Of("apt-get", ["-qq", "download", "openrc", "libeinfo1", "librc1"], s_deadline, start => start.WorkingDirectory = folder);
            Assert.True(result.ExitStatus == 0, result.ToString());
        }

        Play("openrc", [PublishedBinary.X64, .. Directory.GetFiles(folder, "*.deb")]);
    }

    [Theory]
    [InlineData("amd64")]
    [InlineData("arm64")]
    public void Lintian_finds_nothing(string architecture)
    {
        string package = architecture == "amd64" ? s_packages.Value.Amd64 : s_packages.Value.Arm64;
        Assert.Equal(architecture, CommandResult.Of("dpkg-deb", ["-f", package, "Architecture"]).Output.Trim());
        Assert.Equal("", CommandResult.Of("dpkg-deb", ["-f", package, "Depends"]).Output.Trim());
        CommandResult result = CommandResult.Of("lintian", ["--allow-root", "--profile", "debian", "--fail-on", "error,warning", package], s_deadline);
        Assert.True(result is { ExitStatus: 0, Output: "" }, result.ToString());
    }

    [Fact]
    public void Unit_is_one_that_systemd_takes_and_the_drop_in_restricts_it()
    {
        // The program must be where the unit says, so a root directory with all of them.
        using TempTree tree = new();
        string units = tree.PathOf("lib/systemd/system");
        Directory.CreateDirectory(units + "/pyinotifyd.service.d");
        Directory.CreateDirectory(tree.PathOf("usr/sbin"));
        Directory.CreateDirectory(tree.PathOf("bin"));
        File.Copy(PublishedBinary.X64, tree.PathOf("usr/sbin/pyinotifyd"));
        File.Copy("/bin/busybox", tree.PathOf("bin/kill"));
        File.Copy(s_packaging + "/systemd/pyinotifyd.service", units + "/pyinotifyd.service");
        foreach (string target in (string[])["sysinit", "basic", "shutdown", "multi-user", "local-fs", "remote-fs", "nss-user-lookup"])
        {
            File.WriteAllText(units + "/" + target + ".target", "[Unit]\nDefaultDependencies=no\n");
        }

        CommandResult plain = CommandResult.Of("systemd-analyze", ["verify", "--man=no", "--root=" + tree.Path, "pyinotifyd.service"]);
        Assert.True(plain is { ExitStatus: 0, Error: "" }, plain.ToString());

        File.Copy(s_packaging + "/systemd/hardened.conf", units + "/pyinotifyd.service.d/hardened.conf");
        CommandResult verified = CommandResult.Of("systemd-analyze", ["verify", "--man=no", "--root=" + tree.Path, "pyinotifyd.service"]);
        Assert.True(verified is { ExitStatus: 0, Error: "" }, verified.ToString());
        CommandResult security = CommandResult.Of("systemd-analyze", ["security", "--offline=true", "--no-pager", "--root=" + tree.Path, "pyinotifyd.service"]);
        Match level = Regex.Match(security.Output, @"exposure level for pyinotifyd\.service: ([0-9.]+)");
        Assert.True(level.Success, security.ToString());
        Assert.InRange(double.Parse(level.Groups[1].Value, CultureInfo.InvariantCulture), 0, 3.0);
    }

    [Theory]
    [InlineData("pyinotifyd.8")]
    [InlineData("pyinotifyd.json.5")]
    public void Manual_pages_are_clean(string page)
    {
        // Whether the pages that it refers to are on this machine says nothing about the page.
        CommandResult result = CommandResult.Of("mandoc", ["-Tlint", s_packaging + "/man/" + page]);
        Assert.DoesNotContain(result.Output.Split('\n'), line => line.Length > 0 && !line.Contains("referenced manual not found", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bash", "-n", "completions/pyinotifyd.bash")]
    [InlineData("zsh", "-n", "completions/_pyinotifyd")]
    [InlineData("fish", "-n", "completions/pyinotifyd.fish")]
    [InlineData("/bin/busybox", "ash", "-n", "openrc/pyinotifyd.initd")]
    [InlineData("/bin/busybox", "ash", "-n", "openrc/pyinotifyd.confd")]
    [InlineData("/bin/busybox", "ash", "-n", "openrc/APKBUILD")]
    [InlineData("/bin/busybox", "ash", "-n", "deb/postinst")]
    [InlineData("/bin/busybox", "ash", "-n", "deb/prerm")]
    [InlineData("/bin/busybox", "ash", "-n", "deb/postrm")]
    public void Scripts_are_what_their_shells_read(params string[] words)
    {
        CommandResult result = CommandResult.Of(words[0], [.. words[1..^1], s_packaging + "/" + words[^1]]);
        Assert.Equal(new CommandResult(0, "", ""), result);
    }

    [Fact]
    public void Bash_completes_commands_and_options()
    {
        CommandResult result = CommandResult.Of("bash", ["-c", ". \"$0\"; for words in 'pyinotifyd ex' 'pyinotifyd completion z' 'pyinotifyd status --p'; do COMP_WORDS=($words); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pyinotifyd; echo \"${COMPREPLY[@]}\"; done", s_packaging + "/completions/pyinotifyd.bash"]);
        Assert.Equal(new CommandResult(0, "explain\nzsh\n--prometheus\n", ""), result);
    }

    [Fact]
    public void Zsh_completes_commands_and_options()
    {
        // zsh completes on a terminal only.
        const string script = """
            import os, pty, select, sys, time
            pid, terminal = pty.fork()
            if pid == 0:
                os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "xterm", "HOME": "/nonexistent", "PS1": ""})
            def expect(keys, text):
                os.write(terminal, keys.encode())
                seen, end = b"", time.monotonic() + 30
                while text.encode() not in seen:
                    if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                        sys.exit("no " + text + " after " + repr(keys) + " in " + repr(seen))
                    seen += os.read(terminal, 65536)
            expect("autoload -Uz compinit; compinit -u -D; source " + sys.argv[1] + "; PS1='re''ady> '\n", "ready> ")
            expect("pyinotifyd ex\t", "explain")
            expect("\x15pyinotifyd completion f\t", "fish")
            expect("\x15pyinotifyd status --p\t", "prometheus")
            os.write(terminal, b"\x15exit\n")
            """;

        CommandResult result = CommandResult.Of("python3", ["-c", script, s_packaging + "/completions/_pyinotifyd"]);
        Assert.Equal(new CommandResult(0, "", ""), result);
    }

    [Fact]
    public void Fish_completes_commands_and_options()
    {
        CommandResult result = CommandResult.Of("fish", ["--no-config", "-c", "source $argv[1]; complete -C 'pyinotifyd ex'; complete -C 'pyinotifyd completion z'; complete -C 'pyinotifyd status --p'", s_packaging + "/completions/pyinotifyd.fish"], prepare: start => start.Environment["HOME"] = "/nonexistent");
        Assert.Equal(["explain", "zsh", "--prometheus"], result.Output.TrimEnd('\n').Split('\n').Select(line => line.Split('\t')[0]));
    }

    private static void Play(string script, params string[] arguments)
    {
        using TempTree tree = new();
        CommandResult result = CommandResult.Of(
            "unshare",
            ["--mount", "--pid", "--fork", "--kill-child", RepositoryRoot.Path + "/tests/PyInotifyd.EndToEndTests/Packages/" + script, tree.Path, .. arguments],
            s_deadline);
        bool isFine = result.Output.EndsWith("== all fine\n", StringComparison.Ordinal) || result.Output.StartsWith("== not run: ", StringComparison.Ordinal);
        Assert.True(result.ExitStatus == 0 && isFine, result.ToString());
    }

    private static (string Amd64, string Arm64) Make()
    {
        // Of the binaries that the tests run.
        Assert.True(File.Exists(PublishedBinary.X64) && File.Exists(PublishedBinary.Arm64));
        CommandResult result = CommandResult.Of(RepositoryRoot.Path + "/scripts/package", ["--built"], s_deadline);
        Assert.True(result.ExitStatus == 0, result.ToString());
        string[] packages = [.. result.Output.Split('\n').Where(line => line.Contains(".deb:", StringComparison.Ordinal)).Select(line => RepositoryRoot.Path + "/" + line[..line.IndexOf(':')])];
        return (packages.Single(path => path.EndsWith("_amd64.deb", StringComparison.Ordinal)), packages.Single(path => path.EndsWith("_arm64.deb", StringComparison.Ordinal)));
    }
}

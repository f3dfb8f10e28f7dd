using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Which files root obeys; on real files, as root.</summary>
public sealed class FileTrustTests : IDisposable
{
    private const uint Stranger = 12345;

    private readonly TempTree _tree = new();

    public FileTrustTests()
    {
        _tree.MakeDirectory("d");
        _tree.MakeDirectory("d/e");
        _tree.MakeDirectory("other");
        _tree.Write("d/e/f", "text");
        _tree.Write("other/g", "text");
    }

    public void Dispose() => _tree.Dispose();

    /// <summary>What is changed, as words; the path that is opened; what the fault begins with, below the tree; empty: none.</summary>
    public static TheoryData<string, string, string> Ways => new()
    {
        { "", "d/e/f", "" },
        { "", "d/./e/../e//f", "" },
        { "chmod 0664 d/e/f", "d/e/f", "d/e/f may be written by its group 0 (mode 0664); chmod g-w " },
        { "chmod 0646 d/e/f", "d/e/f", "d/e/f may be written by everybody (mode 0646); chmod go-w " },
        { "chmod 0666 d/e/f", "d/e/f", "d/e/f may be written by everybody (mode 0666); chmod go-w " },
        { "chmod 0444 d/e/f, chown d/e/f", "d/e/f", "d/e/f belongs to user 12345; chown root " },
        { "chmod 0777 d", "d/e/f", "d may be written by everybody (mode 0777); chmod go-w " },
        { "chmod 0775 d/e", "d/e/f", "d/e may be written by its group 0 (mode 0775); chmod g-w " },
        { "chown d", "d/e/f", "d belongs to user 12345; chown root " },
        { "chmod 1777 d", "d/e/f", "" },
        { "chmod 1777 d, chown d", "d/e/f", "d belongs to user 12345; " },
        { "chmod 1777 d/e, chown d/e/f", "d/e/f", "d/e/f belongs to user 12345; " },
        { "chmod 1777 d, chown d/e", "d/e/f", "d/e belongs to user 12345; " },

        // Each link's own way counts, and that of what it leads to.
        { "link ../d/e/f other/l", "other/l", "" },
        { "link ../d/e/f other/l, chmod 0777 d/e", "other/l", "d/e may be written by everybody" },
        { "link ../d/e/f other/l, chmod 0777 other", "other/l", "other may be written by everybody" },
        { "link ../d/e/f other/l, chmod 0666 d/e/f", "other/l", "d/e/f may be written by everybody" },
        { "link ../other/m d/l, link ../d/e/f other/m, chmod 0777 other", "d/l", "other may be written by everybody" },
        { "link e d/l, chmod 0777 d/e", "d/l/f", "d/e may be written by everybody" },
        { "link {} d/up, chmod 0777 other", "d/up/other/g", "other may be written by everybody" },
        { "link {}/d/e other/l", "other/l/../e/f", "" },
        { "link {}/d/e other/l, chmod 0777 d", "other/l/f", "d may be written by everybody" },
        { "link ../d/e/f other/l, chown other/l", "other/l", "" },
        { "link ../d/e/f other/l, chown other/l, chmod 1777 other", "other/l", "other/l is a symbolic link of user 12345, who may point it elsewhere; chown -h root " },
        { "link ../d/e/f other/l, chmod 1777 other", "other/l", "" },

        // Named users and groups of an access control list show in the group bits.
        { "acl d/e/f", "d/e/f", "d/e/f may be written by its group 0 (mode 0664)" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Open_finds_who_could_change_a_file(string changes, string path, string expected)
    {
        Prepare(changes);

        int fd = FileTrust.Strict(0).Open(Encoding.UTF8.GetBytes(_tree.PathOf(path)), 0, out string? fault);

        Assert.True(fd >= 0, Errno.Name(fd));
        Span<byte> text = stackalloc byte[8];
        Assert.Equal(4, Libc.read(fd, text));
        _ = Libc.close(fd);
        if (expected.Length == 0)
        {
            Assert.Null(fault);
        }
        else
        {
            Assert.StartsWith(_tree.PathOf(expected), fault, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("none", -Errno.ENOENT)]
    [InlineData("d/e/none", -Errno.ENOENT)]
    [InlineData("d/e/f/", -Errno.ENOTDIR)]
    [InlineData("d/e/f/x", -Errno.ENOTDIR)]
    [InlineData("d/circle", -Errno.ELOOP)]
    [InlineData("d/dangling", -Errno.ENOENT)]
    public void Open_of_what_is_not_there_is_an_errno(string path, int expected)
    {
        _tree.Symlink("circle", "d/circle");
        _tree.Symlink("nowhere", "d/dangling");

        Assert.Equal(expected, FileTrust.Strict(0).Open(Encoding.UTF8.GetBytes(_tree.PathOf(path)), 0, out _));
    }

    [Fact]
    public void Own_files_of_another_trusted_user_are_fine()
    {
        Prepare("chown d/e/f, chown d");

        Assert.Equal(Libc.S_IFREG, FileTrust.Strict(Stranger).Look(Encoding.UTF8.GetBytes(_tree.PathOf("d/e/f")), out string? fault));
        Assert.Null(fault);
        Assert.Equal(Libc.S_IFDIR, FileTrust.Strict(0).Look(Encoding.UTF8.GetBytes(_tree.PathOf("d/e/")), out fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public void Configuration_names_each_file_that_is_refused()
    {
        Prepare("chmod 0666 d/e/f, chmod 0777 other");

        _tree.Write("c.json", """
            { "include": ["other/g"],
              "event_maps": { "m": { "exclude_filter": "d/e/f" } },
              "workers": { "w": { "command": ["sh", "d/e/f", "--script=d/e/f", "--other", "d/e", "/dev/null"], "cwd": "{}" } } }
            """.Replace("{}", _tree.Path, StringComparison.Ordinal));
        byte[] file = Encoding.UTF8.GetBytes(_tree.PathOf("c.json"));

        IReadOnlyList<ConfigProblem> errors = ConfigurationReader.Read(file, FileTrust.Strict(0)).Errors;
        IReadOnlyList<ConfigProblem> warnings = ConfigurationReader.Read(file, FileTrust.Strict(0, insecure: true)).Warnings;

        string[] paths = ["$.include[0]", "$.event_maps.m.exclude_filter", "$.workers.w.command[1]", "$.workers.w.command[2]"];
        Assert.Equal(paths, Refused(errors, "refused, others could change what root runs: "));
        Assert.Equal(paths, Refused(warnings, "accepted with --insecure, others could change what root runs: "));
        Assert.Empty(Refused(ConfigurationReader.Read(file).Errors, "refused"));
    }

    private static List<string> Refused(IReadOnlyList<ConfigProblem> problems, string text)
    {
        List<string> paths = [];
        foreach (ConfigProblem problem in problems)
        {
            if (problem.Message.Contains(text, StringComparison.Ordinal))
            {
                paths.Add(problem.Path);
            }
        }

        return paths;
    }

    private void Prepare(string changes)
    {
        RootUser.Require();
        foreach (string change in changes.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = change.Replace("{}", _tree.Path, StringComparison.Ordinal).Split(' ');
            switch (words[0])
            {
                case "chmod":
                    _tree.SetMode(words[2], Convert.ToUInt32(words[1], 8));
                    break;
                case "chown":
                    Assert.Equal(0, Libc.fchownat(Libc.AT_FDCWD, Encoding.UTF8.GetBytes(_tree.PathOf(words[1]) + "\0"), Stranger, uint.MaxValue, Libc.AT_SYMLINK_NOFOLLOW));
                    break;
                case "link":
                    _tree.Symlink(words[1], words[2]);
                    break;
                default:
                    AllowStranger(words[1]);
                    break;
            }
        }
    }

    // user::rw-, user:12345:rw-, group::r--, mask::rw-, other::r--, as linux/posix_acl_xattr.h lays it out.
    private void AllowStranger(string name)
    {
        byte[] list =
        [
            2, 0, 0, 0,
            1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
            2, 0, 6, 0, 0x39, 0x30, 0, 0,
            4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
            16, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
            32, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
        ];
        int fd = _tree.Open(Encoding.UTF8.GetBytes(name), Libc.O_RDONLY);
        int result = Libc.fsetxattr(fd, "system.posix_acl_access\0"u8, list);
        _ = Libc.close(fd);
        if (result == -Errno.EOPNOTSUPP)
        {
            // A file system without lists: the mode says the same.
            _tree.SetMode(name, 0x1b4);
            return;
        }

        Assert.Equal(0, result);
    }
}

using System;
using System.Diagnostics;
using System.Linq;
using System.Text;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

/// <summary>Users and groups from the two files, and from a getent for what they lack.</summary>
[Collection(ProcessCollection.Name)]
public sealed class AccountsTests : IDisposable
{
    private const string Passwd = """
        root:x:0:0:root:/root:/bin/bash
        broken
        worse:x:many:1::/:
        app:x:1000:2000:App,,,:/srv/app:/bin/zsh
        bare:x:1001:2001:::
        1000:x:7:7::/seven:
        twice:x:1000:9:::
        last:x:1002:2002::/:/bin/sh
        """;

    private const string Group = """
        root:x:0:
        staff:x:50:app,bare
        audio:x:29:bare, app ,root
        none:x:x:app
        primary:x:2000:app
        twice:x:50:app
        applied:x:60:application,ap,xapp
        last:x:61:app
        """;

    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("app", null, 1000, "2000,50,29,61", "app", "/srv/app", "/bin/zsh")]
    [InlineData("1000", null, 1000, "2000,50,29,61", "app", "/srv/app", "/bin/zsh")]
    [InlineData("app", "29", 1000, "29,50,2000,61", "app", "/srv/app", "/bin/zsh")]
    [InlineData("app", "root", 1000, "0,50,29,2000,61", "app", "/srv/app", "/bin/zsh")]
    [InlineData("bare", null, 1001, "2001,50,29", "bare", "/", "/bin/sh")]
    [InlineData("last", null, 1002, "2002", "last", "/", "/bin/sh")]
    [InlineData("5000", null, 5000, "65534", null, "/", "/bin/sh")]
    [InlineData("5000", "5001", 5000, "5001", null, "/", "/bin/sh")]
    [InlineData("4294967294", "staff", 4294967294, "50", null, "/", "/bin/sh")]
    public void User_has_the_number_groups_home_and_shell_of_the_files(string user, string? group, uint uid, string groups, string? name, string home, string shell)
    {
        RunAsSpec found = Of(Passwd, Group).Find(user, group)!;

        Assert.Equal(uid, found.Uid);
        Assert.Equal(groups, string.Join(',', found.Groups));
        Assert.Equal(found.Groups[0], found.Gid);
        Assert.Equal((name, home, shell), (found.Name, found.Home, found.Shell));
        Assert.True(found.HasUser);
    }

    [Theory]
    [InlineData("nobody-here", null)]
    [InlineData("worse", null)]
    [InlineData("broken", null)]
    [InlineData("ap", null)]
    [InlineData("4294967295", null)]
    [InlineData("99999999999", null)]
    [InlineData("-1", null)]
    [InlineData("+5", null)]
    [InlineData(" 5", null)]
    [InlineData("app", "no-group")]
    [InlineData("app", "none")]
    [InlineData("app", "4294967295")]
    public void Name_that_nobody_has_is_not_found(string user, string? group) => Assert.Null(Of(Passwd, Group).Find(user, group));

    [Fact]
    public void Group_alone_keeps_the_user()
    {
        RunAsSpec found = Of(Passwd, Group).Find(null, "staff")!;

        Assert.Equal([50u], found.Groups.AsSpan().ToArray());
        Assert.False(found.HasUser);
    }

    [Fact]
    public void User_in_a_thousand_groups_has_all_of_them()
    {
        string group = string.Concat(Enumerable.Range(0, 1000).Select(i => $"g{i}:x:{3000 + i}:a,b,c,app,d\n"));

        Assert.Equal(1001, Of(Passwd, group).Find("app", null)!.Groups.Count);
    }

    [Fact]
    public void Getent_is_asked_for_what_the_files_lack()
    {
        string getent = Script("""
            case "$1 $2" in
            "passwd far") echo 'far:*:70000:70001:Far:/home/far:/bin/ksh' ;;
            "passwd 70000") echo 'far:*:70000:70001:Far:/home/far:/bin/ksh' ;;
            "initgroups far") echo 'far                   70001 70002 70003' ;;
            "group distant") echo 'distant:*:70009:' ;;
            *) exit 2 ;;
            esac
            """);

        Accounts accounts = Of(Passwd, Group + "\nlocal:x:62:far\n", getent);

        Assert.Equal([70001u, 62, 70002, 70003], accounts.Find("far", null)!.Groups.AsSpan().ToArray());
        Assert.Equal("far", accounts.Find("70000", null)!.Name);
        Assert.Equal(70009u, accounts.Find("app", "distant")!.Gid);
        Assert.Null(accounts.Find("farther", null));
    }

    [Fact]
    public void Getent_cannot_be_led_astray()
    {
        string getent = Script($"echo \"$@\" >> {_tree.PathOf("asked")}; echo 'other:*:0:0::/:'");
        Accounts accounts = Of(Passwd, Group, getent);

        Assert.Null(accounts.Find("--service=x", null));
        Assert.Null(accounts.Find("a\nb", null));
        Assert.Null(accounts.Find("a:b", null));
        Assert.False(_tree.Exists("asked"));

        // An answer about somebody else is none.
        Assert.Null(accounts.Find("far", null));
        Assert.Equal("passwd far\n", _tree.ReadText("asked"));
    }

    [Fact]
    public void Getent_that_does_not_answer_is_given_up()
    {
        string getent = Script("sleep 600");
        Stopwatch time = Stopwatch.StartNew();

        Assert.Empty(new NameService(Encoding.UTF8.GetBytes(getent + "\0"), timeLimitMs: 100).Ask("passwd", "far"u8));

        Assert.InRange(time.ElapsedMilliseconds, 100, 60_000);
    }

    [Fact]
    public void Names_are_those_of_the_file() => Assert.Equal(["root", "worse", "app", "bare", "1000", "twice", "last"], Of(Passwd, Group).Names(groups: false));

    private static Accounts Of(string passwd, string group, string getent = "/nonexistent") =>
        new(Encoding.UTF8.GetBytes(passwd), Encoding.UTF8.GetBytes(group), new NameService(Encoding.UTF8.GetBytes(getent + "\0")));

    private string Script(string text)
    {
        _tree.Write("getent", "#!/bin/sh\n" + text);
        _tree.SetMode("getent", 0x1ed);
        return _tree.PathOf("getent");
    }
}

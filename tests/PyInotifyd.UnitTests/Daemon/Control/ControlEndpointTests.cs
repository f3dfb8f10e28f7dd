using System;
using System.Net.Sockets;
using System.Text;
using PyInotifyd.Daemon.Control;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon.Control;

/// <summary>Where the control socket may be, and what is in its place.</summary>
public sealed class ControlEndpointTests : IDisposable
{
    private readonly TempTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Socket_is_there_for_its_owner_alone_and_goes()
    {
        using (ControlEndpoint endpoint = Open("s"))
        {
            statx status = _tree.StatusOf("s");
            Assert.Equal((Libc.S_IFSOCK, 0x180), (status.Type, status.stx_mode & 0xfff));
            Assert.True(endpoint.IsOurs);
        }

        Assert.Empty(_tree.List());
    }

    [Fact]
    public void Group_may_use_it_when_it_is_given_to_one()
    {
        using ControlEndpoint endpoint = Open("s");

        Assert.Equal(0, endpoint.SetGroup(Libc.getegid()));
        Assert.Equal(0x1b0, _tree.StatusOf("s").stx_mode & 0xfff);
        Assert.Equal(0, endpoint.SetGroup(null));
        Assert.Equal(0x180, _tree.StatusOf("s").stx_mode & 0xfff);
        Assert.True(endpoint.IsOurs);
    }

    [Fact]
    public void Living_one_is_left_alone_and_a_dead_one_replaced()
    {
        using (Socket living = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            living.Bind(new UnixDomainSocketEndPoint(_tree.PathOf("s")));
            living.Listen();
            Assert.StartsWith("another process listens there", Problem("s"));
        }

        // .NET removes what it has bound; a killed process does not.
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM, 0);
        Assert.Equal(0, Libc.bind(fd, ControlPath.Address(_tree.PathOf("s"u8))));
        Libc.close(fd);
        using ControlEndpoint endpoint = Open("s");
        Assert.True(endpoint.IsOurs);
    }

    [Fact]
    public void What_took_its_name_is_not_removed()
    {
        using (ControlEndpoint first = Open("s"))
        {
            _tree.Delete("s");
            using ControlEndpoint second = Open("s");
            Assert.False(first.IsOurs);
            first.Dispose();
            Assert.True(second.IsOurs);
        }
    }

    [Fact]
    public void File_in_its_place_is_left_alone()
    {
        _tree.Write("s", "important");
        _tree.Symlink("elsewhere", "l");

        Assert.Equal("it exists and is not a socket; remove it, or choose another path", Problem("s"));
        Assert.Equal("it exists and is not a socket; remove it, or choose another path", Problem("l"));
        Assert.Equal("important", _tree.ReadText("s"));
    }

    [Theory]
    [InlineData(0x1fd, false)] // 0775
    [InlineData(0x1ef, false)] // 0757
    [InlineData(0x1ed, true)] // 0755
    [InlineData(0x1c0, true)] // 0700
    public void Directory_that_others_may_write_is_refused(uint mode, bool isFine)
    {
        _tree.MakeDirectory("d/e");
        _tree.SetMode("d", mode);

        foreach (string place in (string[])["d/s", "d/e/s"])
        {
            using ControlEndpoint? endpoint = ControlEndpoint.Open(Encoding.UTF8.GetBytes(_tree.PathOf(place)), out string problem);
            Assert.Equal(isFine, endpoint is not null);
            Assert.StartsWith(isFine ? "" : _tree.PathOf("d") + " may be written by ", problem);
        }
    }

    [Fact]
    public void Link_into_a_directory_that_others_may_write_is_seen_through()
    {
        _tree.MakeDirectory("open/d");
        _tree.SetMode("open", 0x1ff);
        _tree.MakeDirectory("closed");
        _tree.Symlink(_tree.PathOf("open/d"), "closed/link");
        _tree.Symlink(_tree.PathOf("closed"), "open/back");

        Assert.Contains("may be written by everybody", Problem("closed/link/s"));
        Assert.Contains("may be written by everybody", Problem("open/back/s"));
    }

    [Fact]
    public void Directory_that_is_not_there_is_told() => Assert.StartsWith("its directory cannot be opened: ENOENT", Problem("missing/s"));

    [Fact]
    public void Path_longer_than_a_socket_can_have_is_told()
    {
        string name = new('x', 107 - _tree.Path.Length - 1);
        Open(name).Dispose();

        Assert.Equal("it has 108 bytes, and the path of a socket can have 107 at most; choose a shorter one", Problem(name + "x"));
    }

    private ControlEndpoint Open(string name)
    {
        ControlEndpoint? endpoint = ControlEndpoint.Open(Encoding.UTF8.GetBytes(_tree.PathOf(name)), out string problem);
        Assert.True(endpoint is not null, problem);
        return endpoint;
    }

    private string Problem(string name)
    {
        Assert.Null(ControlEndpoint.Open(Encoding.UTF8.GetBytes(_tree.PathOf(name)), out string problem));
        return problem;
    }
}

using System;
using System.Text;
using PyInotifyd.Daemon.Monitor;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon.Monitor;

/// <summary>What the line of an event looks like.</summary>
public sealed class MonitorLinesTests
{
    private const string Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d";

    private static readonly byte[] s_odd = [.. "/w/a\n\"\\"u8, 0xff, .. "é"u8];

    [Theory]
    [InlineData("{maskname}|{pathname}|{src_pathname}", "IN_MOVED_TO|/w/d/b|/w/a")]
    [InlineData("{name}{dirname}{watch}", "b/w/d/w")]
    [InlineData("{mask} {dir} {cookie}", "0x40000080 true 7")]
    [InlineData(@"\t{name}\n\\\0\x\", "\tb\n\\\0\\x\\")]
    [InlineData("{{name}} {task_id} {NAME} {name", "{b} {task_id} {NAME} {name")]
    [InlineData("", "")]
    [InlineData("é {name}", "é b")]
    public void Placeholders_are_replaced_and_all_else_stays(string format, string line)
    {
        Assert.Equal(line + "\n", Encoding.UTF8.GetString(Line(MonitorFormat.Parse(format), false, false, "/w/d/b"u8, "/w/a"u8, EventMask.MovedTo | EventMask.IsDir, 7)));
    }

    [Fact]
    public void Default_line_ends_with_the_path_where_no_source_is_known()
    {
        Assert.Matches(Time + " IN_CREATE /w/a\n$", Text(MonitorFormat.Default, ""));
        Assert.Matches(Time + " IN_CREATE /w/a /w/s\n$", Text(MonitorFormat.Default, "/w/s"));
        Assert.Equal("IN_CREATE /w/a \n", Text(MonitorFormat.Parse("{maskname} {pathname} {src_pathname}"), ""));
    }

    [Fact]
    public void Names_are_one_line_unless_lines_end_with_nul()
    {
        MonitorFormat format = MonitorFormat.Parse("{pathname}");
        Assert.Equal("/w/a\\x0a\"\\\\xffé\n", Encoding.UTF8.GetString(Line(format, false, false, s_odd, default, EventMask.Create, 0)));
        Assert.Equal([.. s_odd, (byte)0], Line(format, true, false, s_odd, default, EventMask.Create, 0));
    }

    [Theory]
    [InlineData(false, "\n")]
    [InlineData(true, "\0")]
    public void Json_is_lossless_and_one_object(bool nul, string end)
    {
        string line = Encoding.UTF8.GetString(Line(null, nul, false, s_odd, default, EventMask.Create, 0));
        Assert.Matches("^\\{\"time\":\"" + Time[1..], line);
        Assert.EndsWith(
            "\",\"maskname\":\"IN_CREATE\",\"mask\":256,\"pathname\":\"/w/a\\n\\\"\\\\\\udcffé\",\"src_pathname\":null,\"name\":\"a\\n\\\"\\\\\\udcffé\",\"dir\":false,\"cookie\":0,\"watch\":\"/w\"}" + end, line, StringComparison.Ordinal);
        Assert.Contains(
            "\"maskname\":\"IN_MOVED_TO\",\"mask\":1073741952,\"pathname\":\"/w/b\",\"src_pathname\":\"/w/a\",\"name\":\"b\",\"dir\":true,\"cookie\":4294967295,",
            Encoding.UTF8.GetString(Line(null, nul, false, "/w/b"u8, "/w/a"u8, EventMask.MovedTo | EventMask.IsDir, uint.MaxValue)), StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_are_put_around_the_names_of_events_only()
    {
        byte[] line = Line(MonitorFormat.Parse("{maskname} {pathname}"), false, true, "/w/a"u8, default, EventMask.Create, 0);
        Assert.Equal("\e[32mIN_CREATE\e[m /w/a\n", Encoding.UTF8.GetString(line));
    }

    private static string Text(MonitorFormat format, string source) =>
        Encoding.UTF8.GetString(Line(format, false, false, "/w/a"u8, Encoding.UTF8.GetBytes(source), EventMask.Create, 0));

    private static byte[] Line(MonitorFormat? format, bool nul, bool colors, ReadOnlySpan<byte> path, ReadOnlySpan<byte> source, EventMask mask, uint cookie)
    {
        WatchSpec spec = new() { Path = new UnixPath("/w"u8.ToArray()), EventMap = Map() };
        return new MonitorLines(format, nul, colors).Of(new WatchEvent { Watch = new Watch(spec, spec.Path), Mask = mask, Cookie = cookie, PathName = path, SrcPathName = source }).ToArray();
    }

    private static EventMapSpec Map()
    {
        SpecList<ActionSpec>[] slots = new SpecList<ActionSpec>[EventNames.SlotCount];
        Array.Fill(slots, SpecList<ActionSpec>.Empty);
        return new EventMapSpec(new SpecList<SpecList<ActionSpec>>(slots));
    }
}

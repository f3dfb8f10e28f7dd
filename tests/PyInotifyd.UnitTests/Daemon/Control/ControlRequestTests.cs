using System.Text;
using PyInotifyd.Daemon.Control;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon.Control;

/// <summary>What is a request on the control socket, and what is not.</summary>
public sealed class ControlRequestTests
{
    [Theory]
    [InlineData("""{"command":"status"}""", "status")]
    [InlineData("""  { "command" : "reload" } """, "reload")]
    [InlineData("""{"command":"tasks","after":"00000000ffffffff"}""", "tasks ffffffff")]
    [InlineData("""{"id":"E5731EACDF26B993","command":"cancel"}""", "cancel e5731eacdf26b993")]
    [InlineData("""{"command":"retry","all":true}""", "retry all")]
    [InlineData("""{"command":"retry","id":"0000000000000001","all":false}""", "retry 0000000000000001")]
    [InlineData("""{"command":"pause","scheduler":"a\u00e9"}""", "pause 'a\u00e9'")]
    [InlineData("""{"command":"resume"}""", "resume")]
    public void Request_is_read(string line, string expected)
    {
        ControlRequest? request = ControlRequest.Parse(Encoding.UTF8.GetBytes(line), out string error);

        Assert.Equal("", error);
        string read = request!.Command + (request.Id is { } id ? " " + ControlRequest.TextOfId(id) : "") + (request.All ? " all" : "")
            + (request.Scheduler is { } name ? " '" + name + "'" : "") + (request.After != 0 ? " " + request.After.ToString("x") : "");
        Assert.Equal(expected, read);
    }

    [Theory]
    [InlineData("", "not a request: one JSON object is expected")]
    [InlineData(" \r", "not a request: one JSON object is expected")]
    [InlineData("status", "not a request: ")]
    [InlineData("[]", "not a request: one JSON object is expected")]
    [InlineData("\"status\"", "not a request: one JSON object is expected")]
    [InlineData("{\"command\":\"status\"", "not a request: ")]
    [InlineData("{\"command\":\"status\"} {}", "not a request: ")]
    [InlineData("{\"command\":\"status\",\"command\":\"reload\"}", "not a request: ")]
    [InlineData("{}", "missing \"command\", a string")]
    [InlineData("{\"command\":1}", "missing \"command\", a string")]
    [InlineData("{\"command\":\"shutdown\"}", "unknown command \"shutdown\"; there are status, ")]
    [InlineData("{\"command\":\"status\",\"id\":\"0000000000000001\"}", "unknown key \"id\" of status")]
    [InlineData("{\"command\":\"cancel\"}", "missing \"id\", the id of a task")]
    [InlineData("{\"command\":\"cancel\",\"id\":1}", "\"id\" is the id of a task, sixteen hexadecimal digits")]
    [InlineData("{\"command\":\"cancel\",\"id\":\" 00000000000001\"}", "\"id\" is the id of a task, sixteen hexadecimal digits")]
    [InlineData("{\"command\":\"retry\"}", "give either \"id\", the id of a failed task, or \"all\": true")]
    [InlineData("{\"command\":\"retry\",\"all\":true,\"id\":\"0000000000000001\"}", "give either \"id\", the id of a failed task, or \"all\": true")]
    [InlineData("{\"command\":\"retry\",\"all\":1}", "\"all\" is true or false")]
    [InlineData("{\"command\":\"pause\",\"scheduler\":null}", "\"scheduler\" is the name of a scheduler")]
    [InlineData("{\"command\":\"pause\",\"scheduler\":\"\\ud800\"}", "\"scheduler\" is the name of a scheduler")]
    [InlineData("{\"command\":\"tasks\",\"after\":5}", "\"after\" is what \"next\" of the answer before said")]
    public void What_is_no_request_is_told(string line, string expected)
    {
        Assert.Null(ControlRequest.Parse(Encoding.UTF8.GetBytes(line), out string error));
        Assert.StartsWith(expected, error);
    }

    [Fact]
    public void Name_may_hold_any_byte()
    {
        Assert.Equal("a\udc80", ControlRequest.Parse("""{"command":"pause","scheduler":"a\udc80"}"""u8.ToArray(), out _)!.Scheduler);
    }

    [Fact]
    public void Errors_speak_of_the_request()
    {
        Assert.Null(ControlRequest.Parse([0xff, 0xfe, .. Encoding.Unicode.GetBytes("{\"command\":\"status\"}")], out string error));
        Assert.Equal("not a request: column 1: the request is UTF-16: send it as UTF-8", error);
        Assert.Null(ControlRequest.Parse("{\"command\":\"status\""u8.ToArray(), out error));
        Assert.Contains("the end of the line", error);
        Assert.DoesNotContain("file", error);
        Assert.Null(ControlRequest.Parse("{} {}"u8.ToArray(), out error));
        Assert.Contains("the end of the line", error);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_no_request()
    {
        Assert.Null(ControlRequest.Parse([(byte)'{', 0xff, (byte)'}'], out string error));
        Assert.StartsWith("not a request: ", error);
    }
}

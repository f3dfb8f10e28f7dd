using System;
using System.Buffers;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Jobs.Workers;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs.Workers;

/// <summary>Lines of workers, as texts whose characters are bytes.</summary>
public class WorkerMessageTests
{
    [Theory]
    [InlineData("""{"id":"1","status":"ok"}""", "Ok 1 [] []")]
    [InlineData("\t { \"status\" : \"ok\" , \"id\" : \"1\" } \r", "Ok 1 [] []")]
    [InlineData("""{"id":"1","status":"ok","message":null}""", "Ok 1 [] []")]
    [InlineData("""{"id":"1","status":"error","message":"a\tb \"q\" \\ \/ \u00e9"}""", "Error 1 [a\tb \"q\" \\ / Ã©] []")]
    [InlineData("""{"id":"1","status":"error","message":"\ud83d\ude00"}""", "Error 1 [\u00f0\u009f\u0098\u0080] []")]
    [InlineData("""{"id":"1","status":"error","message":"x\udce9y\udc80\udcff"}""", "Error 1 [x\u00e9y\u0080\u00ff] []")]
    [InlineData("""{"id":"1","status":"error","message":"\ud83d|\udc7f|\ud83d\u0041"}""", "Error 1 [ï¿½|ï¿½|ï¿½A] []")]
    [InlineData("""{"id":"1","log":"INFO","message":"hello"}""", "Log 1 [hello] [] Info")]
    [InlineData("""{"log":"critical","logger":"jobs","message":""}""", "Log  [] [jobs] Critical")]
    [InlineData("""{"id":"1","status":"ok","later":{"a":[1,-2.5e+3,true,false,null,{"b":"}"}],"":0}}""", "Ok 1 [] []")]
    public void Line_is_read(string line, string expected)
    {
        Assert.True(WorkerMessage.TryRead(Encoding.Latin1.GetBytes(line), out WorkerMessage message, out string? problem), problem);
        string actual = $"{message.Kind} {Latin1(message.Id)} [{Latin1(message.Text)}] [{Latin1(message.Logger)}]";
        Assert.Equal(expected, message.Kind == WorkerMessageKind.Log ? actual + " " + message.Level : actual);
    }

    [Theory]
    [InlineData("", "it is no JSON object")]
    [InlineData("garbage", "it is no JSON object")]
    [InlineData("[]", "it is no JSON object")]
    [InlineData("""{"id":"1","status":"ok""", "a member that should be a text is none")]
    [InlineData("""{"id":"1","status":"ok"}}""", "it is no JSON object")]
    [InlineData("""{"id":"1","status":"ok"}{"id":"2","status":"ok"}""", "it is no JSON object")]
    [InlineData("""{"id":"1","status":"ok",}""", "it is no JSON object")]
    [InlineData("""{"id":"1" "status":"ok"}""", "it is no JSON object")]
    [InlineData("""{id:"1","status":"ok"}""", "it is no JSON object")]
    [InlineData("{\"id\":\"1\",\"status\":\"error\",\"message\":\"a\u0001\"}", "a member that should be a text is none")]
    [InlineData("""{"id":"1","status":"error","message":"\x41"}""", "a member that should be a text is none")]
    [InlineData("""{"id":"1","status":"error","message":"\u00g0"}""", "a member that should be a text is none")]
    [InlineData("""{"id":"1","status":"ok","n":01}""", "it is no JSON object")]
    [InlineData("""{"id":"1","status":"ok","n":1.}""", "it is no JSON object")]
    [InlineData("""{"id":"1","status":"ok","n":nul}""", "it is no JSON object")]
    [InlineData("""{"id":1,"status":"ok"}""", "a member that should be a text is none")]
    [InlineData("""{"id":"1","id":"2","status":"ok"}""", "a member is given twice")]
    [InlineData("{}", "it has neither \"status\" nor \"log\"")]
    [InlineData("""{"id":"1","status":"ok","log":"INFO","message":""}""", "it has both \"status\" and \"log\"")]
    [InlineData("""{"status":"ok"}""", "it has no \"id\"")]
    [InlineData("""{"id":"1","status":"OK"}""", "its \"status\" is neither \"ok\" nor \"error\"")]
    [InlineData("""{"log":"LOUD","message":""}""", "its \"log\" is none of DEBUG, INFO, WARNING, ERROR, CRITICAL")]
    [InlineData("""{"log":"INFO"}""", "it has no \"message\"")]
    public void Line_that_is_no_message_is_refused_and_left_as_it_was(string line, string expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(line);
        Assert.False(WorkerMessage.TryRead(bytes, out _, out string? problem));
        Assert.Equal(expected, problem);
        Assert.Equal(line, Encoding.Latin1.GetString(bytes));
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        Assert.True(TryNested(32));
        Assert.False(TryNested(33));
        Assert.False(TryNested(500_000));

        static bool TryNested(int depth) =>
            WorkerMessage.TryRead(
                Encoding.ASCII.GetBytes("{\"id\":\"1\",\"status\":\"ok\",\"x\":" + new string('[', depth) + new string(']', depth) + "}"), out _, out _);
    }

    [Fact]
    public void Every_cut_of_a_line_is_refused_without_harm()
    {
        byte[] line = Encoding.ASCII.GetBytes("""{"a":[{"b":-1.5e3},true],"id":"1","status":"error","message":"\ud83d\ude00\udc80\n"}""");
        for (int length = 0; length < line.Length; length++)
        {
            Assert.False(WorkerMessage.TryRead(line.AsSpan(0, length), out _, out _));
        }
    }

    [Fact]
    public void Any_bytes_written_as_JSON_are_read_again()
    {
        const int Seed = 4711;
        Random random = new(Seed);
        ArrayBufferWriter<byte> line = new();
        byte[] value = new byte[300];
        for (int round = 0; round < 2_000; round++)
        {
            Span<byte> bytes = value.AsSpan(0, random.Next(value.Length));
            random.NextBytes(bytes);
            line.ResetWrittenCount();
            line.Write("{\"id\":\"1\",\"status\":\"error\",\"message\":"u8);
            JsonText.AppendString(bytes, line);
            line.Write("}"u8);

            Assert.True(WorkerMessage.TryRead(line.WrittenSpan.ToArray(), out WorkerMessage message, out string? problem), problem);
            Assert.True(bytes.SequenceEqual(message.Text), $"seed {Seed}, round {round}");
        }
    }

    [Fact]
    public void Random_changes_of_a_line_do_no_harm()
    {
        const int Seed = 815;
        Random random = new(Seed);
        byte[] good = Encoding.ASCII.GetBytes("""{"id":"0123456789abcdef-2","status":"error","message":"\u00e9\udcff\\","x":[0.5,{"y":null}]}""");
        const string Interesting = "{}[]\",:\\u0dn\n \u0000\u00ff";
        int accepted = 0;
        for (int round = 0; round < 50_000; round++)
        {
            byte[] line = [.. good];
            for (int i = random.Next(4); i >= 0; i--)
            {
                line[random.Next(line.Length)] = (byte)Interesting[random.Next(Interesting.Length)];
            }

            accepted += WorkerMessage.TryRead(line, out _, out _) ? 1 : 0;
        }

        Assert.InRange(accepted, 1, 49_999);
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

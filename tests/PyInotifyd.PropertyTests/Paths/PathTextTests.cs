using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Paths;
using PyInotifyd.PropertyTests.Jobs;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>Bytes survive each of the three borders where they become text.</summary>
public sealed class PathTextTests
{
    private readonly ITestOutputHelper _log;

    public PathTextTests(ITestOutputHelper log)
    {
        _log = log;
    }

    [Fact]
    public void Random_bytes_come_back_from_text_json_and_log()
    {
        var random = new Random(ShellQuotingTests.Seed(_log));
        var output = new ArrayBufferWriter<byte>();
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = i % 2 == 0 ? RandomBytes.Next(random) : NearUtf8(random);

            string text = SurrogateEscape.Decode(bytes);
            Assert.True(SurrogateEscape.TryEncode(text, out byte[]? back));
            Assert.Equal(bytes, back);
            Assert.Equal(-1, SurrogateEscape.IndexOfUnencodable(text));

            output.ResetWrittenCount();
            JsonText.AppendString(bytes, output);
            string json = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.WrittenSpan);
            Assert.True(SurrogateEscape.TryEncode(ReadJson(json), out back));
            Assert.Equal(bytes, back);

            output.ResetWrittenCount();
            LogText.Append(bytes, output);
            string line = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(output.WrittenSpan);
            Assert.DoesNotContain(line, char.IsControl);
            Assert.Equal(bytes, ReadLog(line));
        }
    }

    private static byte[] NearUtf8(Random random)
    {
        ReadOnlySpan<byte> interesting =
        [
            0x41, 0x5c, 0x78, 0x30, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
            0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
        ];
        byte[] bytes = new byte[random.Next(12)];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = interesting[random.Next(interesting.Length)];
        }

        return bytes;
    }

    private static string ReadJson(string json)
    {
        Assert.Equal(('"', '"'), (json[0], json[^1]));
        var text = new StringBuilder();
        for (int i = 1; i < json.Length - 1; i++)
        {
            if (json[i] != '\\')
            {
                Assert.True(json[i] is not '"' and >= ' ');
                text.Append(json[i]);
                continue;
            }

            i++;
            if (json[i] == 'u')
            {
                text.Append((char)int.Parse(json.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 4;
            }
            else
            {
                text.Append(json[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', char c => c });
            }
        }

        return text.ToString();
    }

    private static byte[] ReadLog(string line)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(line);
        var bytes = new List<byte>();
        for (int i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] == '\\' && i + 3 < utf8.Length && utf8[i + 1] == 'x' && char.IsAsciiHexDigit((char)utf8[i + 2]) && char.IsAsciiHexDigit((char)utf8[i + 3]))
            {
                bytes.Add(Convert.FromHexString(Encoding.ASCII.GetString(utf8, i + 2, 2))[0]);
                i += 3;
            }
            else
            {
                bytes.Add(utf8[i]);
            }
        }

        return bytes.ToArray();
    }
}

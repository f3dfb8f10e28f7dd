using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using PyInotifyd.Configuration;
using PyInotifyd.Configuration.Binding;
using PyInotifyd.Configuration.Json;
using Xunit;

namespace PyInotifyd.PropertyTests.Configuration;

public sealed class ConfigurationPropertyTests
{
    private const string Good =
        """
        {
          // comment
          "shutdown_timeout": 30, "logname": "daemon", "max_concurrency": 64, "state_file": null, "control_socket": null,
          "logging": { "level": "INFO", "loggers": { "sched": "DEBUG" }, "format": "text", "syslog": [ { "level": "INFO", "address": "h:514", "logname": null } ] },
          "defaults": { "delay": "250ms", "env": { "A": "\udc80", "B": null } }, /* x */
          "workers": { "w": { "command": ["/usr/bin/python3", "x"] } },
          "schedulers": {
            "a": { "type": "shell", "cmd": "echo '{pathname}' \"{name}\"", "on_busy": "skip", "max_delay": 1.5, "on_success": "b", "umask": "022" },
            "b": { "type": "exec", "argv": ["/bin/echo", "{src_pathname}"], "batch": { "max": 5, "wait": 1e-1, "format": "nul" }, "on_failure": "c" },
            "c": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "^/a/(?P<x>.*)\\.y$", "dst_re": "/b/\\g<x>", "filemode": "0644", "rec": true } ] },
            "d": { "type": "task", "worker": "w", "job": "j", "timeout": "2h" }
          },
          "event_maps": { "m": { "default_sched": "a", "IN_OPEN": null, "IN_CREATE": ["a", { "cancel": "b" }], "exclude_filter": ["x"], "include_filter": [".*"] } },
          "watches": [ { "path": ["/a//b", "/é/😀"], "event_map": "m", "rec": true, "poll": "10s" }, { "path": "/c", "event_map": { "IN_MODIFY": "d" } }, ],
        }
        """;

    private static readonly string[] s_pieces =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\udc80", "\\ud800", "null", "true", "0", "-", "1e999999999", "-0.0", "0644", "//", "/*", "*/", "\n",
        "\"IN_WRITE_CLOSE\"", "\"path\"", "\"type\"", "\"shell\"", "\"schedulers\"", "{\"a\":", "[[[[[[[[", "\"\"", "\"\\u0000\"", "\"..\"", "é", "\ud83d\ude00", "\u0085", " ",
    ];

    [Fact]
    public void Mutated_configurations_never_throw_and_errors_lie_in_the_file()
    {
        for (int seed = 0; seed < 6000; seed++)
        {
            Random random = new(seed);
            byte[] text = Mutate(random, Encoding.UTF8.GetBytes(Good));
            try
            {
                ConfigurationResult result = ConfigurationReader.ReadText(text, "/nonexistent/c.json");
                Assert.Equal(result.Errors.Count == 0, result.Spec is not null);
                CheckPlaces(text, result);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"seed {seed}: {Encoding.UTF8.GetString(text)}", exception);
            }
        }
    }

    [Fact]
    public void What_is_JSON_is_what_the_reader_of_the_platform_takes()
    {
        // Small texts of many brackets, so that a good part of them is right.
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "1", "-0.5e+3", "01", "1.", "tru", "true", "null", " ", "\n", "//x\n", "/**/", "\"\\u00e9\\n\"", "\"\\x\"", "\u00e9", "\"\t\""];
        int good = 0;
        for (int seed = 0; seed < 200_000; seed++)
        {
            Random random = new(seed);
            StringBuilder builder = new(random.Next(3) == 0 ? "{\"x\":" : "");
            for (int i = random.Next(1, 9); i > 0; i--)
            {
                builder.Append(pieces[random.Next(pieces.Length)]);
            }

            builder.Append(random.Next(3) == 0 ? "}" : "");
            string text = builder.ToString();
            bool isJson = IsJson(Encoding.UTF8.GetBytes(text));
            ProblemList problems = new();
            JsonParser.Parse(new SourceText("c.json"u8.ToArray(), Encoding.UTF8.GetBytes(text)), problems);
            Assert.True(isJson != problems.IsIncomplete, $"seed {seed}: {(isJson ? "JSON" : "not JSON")}: {text}");
            good += isJson ? 1 : 0;
        }

        Assert.InRange(good, 2000, 198_000);
    }

    [Fact]
    public void Decimals_scale_as_the_platform_computes_them()
    {
        for (int seed = 0; seed < 20_000; seed++)
        {
            Random random = new(seed);
            string text = $"{random.NextInt64(0, 1_000_000)}.{random.NextInt64(0, 1_000_000):d6}";
            decimal expected = Math.Ceiling(decimal.Parse(text, System.Globalization.CultureInfo.InvariantCulture) * 1000);
            Assert.True(DecimalNumber.TryScale(text, 1000, out long value, out _));
            Assert.True(expected == value, $"seed {seed}: {text} gave {value}");
        }
    }

    private static bool IsJson(byte[] text)
    {
        try
        {
            Utf8JsonReader reader = new(text, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            bool any = false;
            while (reader.Read())
            {
                any = true;
            }

            return any;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Mutate(Random random, byte[] good)
    {
        List<byte> text = [.. good];
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(text.Count + 1);
            int length = Math.Min(random.Next(1, 1 << random.Next(1, 8)), text.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    text.RemoveRange(at, length);
                    break;
                case 1:
                    text.InsertRange(at, text.GetRange(random.Next(text.Count - length + 1), length));
                    break;
                case 2:
                    text.InsertRange(at, Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]));
                    break;
                case 3 when at < text.Count:
                    text[at] = (byte)random.Next(256);
                    break;
                case 4:
                    text.RemoveRange(at, text.Count - at);
                    break;
                default:
                    byte[] piece = Encoding.UTF8.GetBytes(s_pieces[random.Next(s_pieces.Length)]);
                    text.RemoveRange(at, Math.Min(piece.Length, text.Count - at));
                    text.InsertRange(at, piece);
                    break;
            }
        }

        return text.ToArray();
    }

    private static void CheckPlaces(byte[] text, ConfigurationResult result)
    {
        int lines = 1 + text.AsSpan().Count((byte)'\n');
        (int Line, int Column) last = (1, 1);
        foreach (ConfigProblem problem in result.Errors)
        {
            Assert.InRange(problem.Line, last.Line, lines);
            Assert.True(problem.Column >= 1 && (problem.Line > last.Line || problem.Column >= last.Column), "errors come in the order of the file");
            Assert.StartsWith("$", problem.Path);
            Assert.DoesNotContain('\n', problem.ToString());
            last = (problem.Line, problem.Column);
        }
    }
}

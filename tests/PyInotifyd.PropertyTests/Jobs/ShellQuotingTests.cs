using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Jobs;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Jobs;

/// <summary>Real shells get commands with hostile values, and must see these values and nothing else.</summary>
public sealed class ShellQuotingTests
{
    private static readonly string[] s_forms =
    [
        "printf '%s\\0' {pathname}",
        "printf '%s\\0' \"{pathname}\"",
        "printf '%s\\0' '{pathname}'",
        "printf '%s\\0' \"$(printf %sx {pathname})\"",
        "printf '%s\\0' \"$(printf %sx \"{pathname}\")\"",
        "printf '%s\\0' \"$(printf %sx '{pathname}')\"",
        "printf '%s\\0' \"$(printf %s \"$(printf %sx {pathname})\")\"",
        "a={pathname}; printf '%s\\0' \"$a\"",
        "for a in {pathname}; do printf '%s\\0' \"$a\"; done",
        "case {pathname} in {pathname}) printf '%s\\0' {pathname};; *) echo no;; esac",
        "printf '%s\\0' ${UNSET-{pathname}}",
        "printf '%s\\0' ${UNSET:-\"{pathname}\"}",
        ": <<E >/dev/null {pathname}\nbody\nE\nprintf '%s\\0' {pathname}",
        "f() { printf '%s\\0' \"$1\"; }; f {pathname}",
        "[ {pathname} = \"{pathname}\" ] && printf '%s\\0' {pathname}",
        "printf '%s\\0' {pathname} # it's a comment",
    ];

    private readonly ITestOutputHelper _log;

    public ShellQuotingTests(ITestOutputHelper log)
    {
        _log = log;
    }

    public static TheoryData<string, string> Shells() => ShellPrograms.All();

    [Theory]
    [MemberData(nameof(Shells))]
    public void Thousand_names_arrive_in_every_form(string shell, string locale)
    {
        var random = new Random(Seed(_log));
        var templates = new List<CommandTemplate>();
        foreach (string form in s_forms)
        {
            templates.Add(Parse(form));
        }

        var batch = new Batch();
        for (int i = 0; i < 1000; i++)
        {
            byte[] name = RandomBytes.Next(random);
            for (int form = 0; form < s_forms.Length; form++)
            {
                batch.Begin();
                templates[form].Expand(new PlaceholderValues { PathName = name }, batch.Script);
                batch.End(s_forms[form], s_forms[form].Contains("%sx", StringComparison.Ordinal) ? [.. name, (byte)'x'] : name);
            }
        }

        batch.RunAndCompare(shell, locale);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Nested_contexts_keep_every_value(string shell, string locale)
    {
        var random = new Random(Seed(_log));
        var batch = new Batch();
        for (int i = 0; i < 400; i++)
        {
            var values = new Dictionary<string, byte[]>();
            foreach (string name in (string[])["{pathname}", "{src_pathname}", "{watch}", "{task_id}", "{maskname}"])
            {
                values[name] = RandomBytes.Next(random);
            }

            (string word, byte[] expected) = new CommandGrammar(random, values).Word(depth: 3);
            string command = "P=p; printf '%s\\0' " + word;
            CommandTemplate template = Parse(command);
            batch.Begin();
            template.Expand(
                new PlaceholderValues
                {
                    PathName = values["{pathname}"],
                    SrcPathName = values["{src_pathname}"],
                    Watch = values["{watch}"],
                    TaskId = values["{task_id}"],
                    MaskName = values["{maskname}"],
                },
                batch.Script);
            batch.End(command, expected);
        }

        batch.RunAndCompare(shell, locale);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_byte_arrives_in_every_form(string shell, string locale)
    {
        var batch = new Batch();
        foreach (string form in s_forms)
        {
            CommandTemplate template = Parse(form);
            for (int value = 1; value < 256; value++)
            {
                byte[] name = [(byte)value, (byte)'a', (byte)value, (byte)value];
                batch.Begin();
                template.Expand(new PlaceholderValues { PathName = name }, batch.Script);
                batch.End(form, form.Contains("%sx", StringComparison.Ordinal) ? [.. name, (byte)'x'] : name);
            }
        }

        batch.RunAndCompare(shell, locale);
    }

    private static CommandTemplate Parse(string command)
    {
        var problems = new List<TemplateProblem>();
        Assert.True(CommandTemplate.TryParse(command, out CommandTemplate? template, problems), command + "\n" + string.Join('\n', problems));
        return template!;
    }

    internal static int Seed(ITestOutputHelper log)
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_TEST_SEED");
        int seed = given is null ? Random.Shared.Next() : int.Parse(given, System.Globalization.CultureInfo.InvariantCulture);
        log.WriteLine($"PYINOTIFYD_TEST_SEED={seed}");
        return seed;
    }

    /// <summary>Many commands for one shell process, each followed by its number, so that the first that goes wrong is named.</summary>
    private sealed class Batch
    {
        private readonly List<(string Command, byte[] Script, byte[] Expected)> _cases = [];
        private int _start;

        public ArrayBufferWriter<byte> Script { get; } = new();

        public void Begin() => _start = Script.WrittenCount;

        public void End(string command, byte[] expected)
        {
            _cases.Add((command, Script.WrittenSpan[_start..].ToArray(), expected));
            Script.Write(Encoding.ASCII.GetBytes($"\nprintf '%s\\0' 'end {_cases.Count}'\n"));
        }

        public void RunAndCompare(string shell, string locale)
        {
            (byte[] output, string errors) = ShellPrograms.Run(shell, locale, Script.WrittenSpan.ToArray());
            ReadOnlySpan<byte> rest = output;
            for (int i = 0; i < _cases.Count; i++)
            {
                (string command, byte[] script, byte[] expected) = _cases[i];
                byte[] wanted = [.. expected, 0, .. Encoding.ASCII.GetBytes($"end {i + 1}"), 0];
                if (!rest.StartsWith(wanted))
                {
                    ReadOnlySpan<byte> seen = rest[..Math.Min(rest.Length, wanted.Length + 40)];
                    Assert.Fail($"{shell} {locale}\ncommand:  {command}\nexpanded: {Show(script)}\nexpected: {Show(wanted)}\nseen:     {Show(seen)}\n" +
                        $"errors:   {errors[..Math.Min(errors.Length, 500)]}");
                }

                rest = rest[wanted.Length..];
            }

            Assert.True(rest.IsEmpty, Show(rest));
            Assert.Equal(string.Empty, errors);
        }

        private static string Show(ReadOnlySpan<byte> bytes)
        {
            var text = new StringBuilder();
            foreach (byte b in bytes)
            {
                text.Append(b is >= 0x20 and < 0x7f ? ((char)b).ToString() : $"<{b:x2}>");
            }

            return text.ToString();
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests;

/// <summary>Names of any bytes reach commands byte for byte, whatever the place in the command, and are never run.</summary>
public sealed class NameTests(ITestOutputHelper output)
{
    // Each prints what the command sees of a name, ended by NUL: bare, in both kinds of quotes, inside $(…) in each of them, nested, in an assignment, in a case, behind a parameter.
    private static readonly string[] s_forms =
    [
        @"printf '%s\\0' {pathname}",
        @"printf '%s\\0' \""{pathname}\""",
        @"printf '%s\\0' '{pathname}'",
        @"printf '%s\\0' \""$(printf '%s' {pathname}; echo x)\"" | sed -z 's/x$//'",
        @"x=$(printf '%s' \""{pathname}\""; echo x); printf '%s\\0' \""${x%x}\""",
        @"x=\""$(printf '%s' '{pathname}'; echo x)\""; printf '%s\\0' \""${x%x}\""",
        @"x=\""$(printf '%s' \""$(printf '%s' \""{pathname}\""; echo x)\"")\""; printf '%s\\0' \""${x%x}\""",
        @"x={pathname}; printf '%s\\0' \""$x\""",
        @"f() { printf '%s\\0' \""$1\""; }; f {pathname}",
        @"printf '%s\\0' \""$PYINOTIFYD_PATHNAME\""",
        @"case {pathname} in \""$PYINOTIFYD_PATHNAME\"") printf '%s\\0' {pathname};; *) echo different;; esac",
        @"for x in {pathname}; do printf '%s\\0' \""$x\""; done",
        @"[ -f {pathname} ] && printf '%s\\0' {dirname}/{name}",
        @"sh -c 'printf \""%s\\0\"" \""$1\""' sh {pathname}",
    ];

    [Fact]
    public void Thousand_random_names_arrive_byte_for_byte()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        HashSet<string> names = [];
        while (names.Count < 1000)
        {
            byte[] name = new byte[random.Next(5) == 0 ? random.Next(200, 256) : random.Next(1, 24)];
            random.NextBytes(name);
            names.Add(Encoding.Latin1.GetString(name).Replace('\0', '\'').Replace('/', '$'));
        }

        names.ExceptWith([".", ".."]);

        // The four forms of the promise for all of them, in one command.
        Run(names, string.Join("; ", s_forms[..4]), 4, "seed " + seed);
    }

    [Fact]
    public void Hostile_names_arrive_byte_for_byte_in_every_place()
    {
        string all = string.Concat(Enumerable.Range(1, 255).Where(b => b != '/').Select(b => (char)b));
        List<string> names =
        [
            all[..253], all[1..], new string('\xff', 255), new string('\'', 255), new string('\\', 200), "\n", "\n\n\n", "a\n", "\na", " ", "  a  ", "\t", "\r", "\x1b[2J", "\x7f",
            "{src_pathname}", "{pathname}", "{{pathname}}", "{maskname}{name}", "{", "}", "{}", "$(id)", "`id`", "$(id", "`id", "$((1+1))", "${PATH}", "$PATH", "$'a'", "$\"a\"", "'$(id)'", "\"$(id)\"",
            "'; touch pwned; '", "\"; touch pwned; \"", "'\"'\"'", "\\'", "\\\"", "\\", "\\\n", "a\\", "'", "\"", "''", "\"\"", "*", "?", "[a]", "~", "~root", "-n", "-e", "--", "-rf", "#", "# a", "!", "!!", "&", "|", ";", "&&", "(", ")", "<", ">",
            "%s", "%n%n", "%%", "\\0", "\\x41", "=", "a=b", "\xed\xa0\x80", "\xc0\xaf", "\xe2\x80\xa8", "\xc2\x85", "\xef\xbb\xbf", "\xf4\x90\x80\x80", "\x01", "con", ". .", "...", "x, path=y, task_id=z",
        ];
        names.AddRange(Enumerable.Range(1, 255).Where(b => b is not ('/' or '.')).Select(b => ((char)b).ToString()));
        Run([.. names.Distinct()], string.Join("; ", s_forms), s_forms.Length, "hostile");
    }

    [Fact]
    public void Names_of_directories_and_sources_arrive_byte_for_byte()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("out");
        byte[][] names = [[0xff, 0x0a], [.. "$(touch pwned)"u8], [.. "'\"`"u8], [.. "{src_pathname}"u8], [.. "-rf"u8]];
        foreach (byte[] directory in names)
        {
            tree.MakeDirectory([.. "w/"u8, .. directory]);
            tree.MakeDirectory([.. "w/"u8, .. directory, .. "/x"u8]);
        }

        using DaemonProcess daemon = Start(
            tree, "IN_MOVED_TO", @"{ printf '%s\\0' {src_pathname} \""{pathname}\"" '{dirname}' {name} {maskname} {watch}; printf '%s\\0' \""$PYINOTIFYD_SRC_PATHNAME\""; }", "w");
        int count = 0;
        List<string> expected = [];
        foreach (byte[] directory in names)
        {
            foreach (byte[] name in names)
            {
                byte[] source = [.. "w/"u8, .. directory, .. "/x/s"u8, .. name];
                byte[] target = [.. "w/"u8, .. directory, (byte)'/', .. name];
                tree.Write(source, default);
                tree.Move(source, target);
                count++;
                byte[] shownName = name[0] == '-' ? [.. "./"u8, .. name] : name;
                byte[] text =
                [
                    .. tree.PathOf(source), 0, .. tree.PathOf(target), 0, .. tree.PathOf([.. "w/"u8, .. directory]), 0, .. shownName, 0,
                    .. "IN_MOVED_TO\0"u8, .. tree.PathOf("w"u8), 0, .. tree.PathOf(source), 0,
                ];
                expected.Add(Encoding.Latin1.GetString(text));
            }
        }

        daemon.WaitForCount(count, "task finished", TimeSpan.FromSeconds(120));
        Assert.Equal(0, daemon.Stop());
        List<string> found = [.. tree.List("out").Select(name => Encoding.Latin1.GetString(tree.Read([.. "out/"u8, .. name])))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
        Assert.Equal(["config.json"], Directory.GetFiles(Path.GetDirectoryName(daemon.ConfigurationPath)!).Select(Path.GetFileName));
    }

    [Fact]
    public void Exec_arguments_are_bytes()
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("out");
        using DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "exec", "argv": ["/bin/sh", "-c", "printf '%s\\0' \"$@\" > \"$0\"", "{{tree.PathOf("out")}}/{task_id}", "{pathname}", "a{name}b", "{name}", "{x}", ""] } },
              "watches": [ { "path": "{{tree.PathOf("w")}}", "event_map": { "IN_CLOSE_WRITE": "s" } } ]
            }
            """);
        daemon.WaitForReady();
        byte[][] names = [[0xff, 0x0a, 0x80], [.. "$(id) {pathname}"u8], [.. "-x"u8], [.. "'"u8], [.. new byte[255].Select(_ => (byte)0xfe)]];
        foreach (byte[] name in names)
        {
            tree.Write([.. "w/"u8, .. name], default);
        }

        daemon.WaitForCount(names.Length, "task finished");
        Assert.Equal(0, daemon.Stop());
        List<string> expected = [.. names.Select(name => Encoding.Latin1.GetString(
            [.. tree.PathOf([.. "w/"u8, .. name]), 0, (byte)'a', .. name, (byte)'b', 0, .. name[0] == '-' ? "./"u8 : default, .. name, 0, .. "{x}\0\0"u8]))];
        List<string> found = [.. tree.List("out").Select(name => Encoding.Latin1.GetString(tree.Read([.. "out/"u8, .. name])))];
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    private static void Run(ICollection<string> names, string forms, int count, string label)
    {
        using TempTree tree = new();
        tree.MakeDirectory("w");
        tree.MakeDirectory("out");
        using DaemonProcess daemon = Start(tree, "IN_CLOSE_WRITE", "{ " + forms + "; }", "w");
        foreach (string name in names)
        {
            tree.Write([.. "w/"u8, .. Encoding.Latin1.GetBytes(name)], default);
        }

        daemon.WaitUntil(log => log.Count(line => line.Contains("task finished", StringComparison.Ordinal) || line.Contains("task failed", StringComparison.Ordinal)) >= names.Count, TimeSpan.FromSeconds(120));
        Assert.Equal(0, daemon.Stop());

        // A form that had been run, or that broke, shows as a difference in what was printed.
        HashSet<string> expected = [.. names.Select(name => string.Concat(Enumerable.Repeat(Encoding.Latin1.GetString(tree.PathOf([.. "w/"u8, .. Encoding.Latin1.GetBytes(name)])) + "\0", count)))];
        foreach (byte[] file in tree.List("out"))
        {
            string text = Encoding.Latin1.GetString(tree.Read([.. "out/"u8, .. file]));
            Assert.True(expected.Remove(text), $"{label}: {Show(text)}");
        }

        Assert.True(expected.Count == 0, $"{label}: {expected.Count} names did not arrive, such as {Show(expected.FirstOrDefault() ?? "")}");
        Assert.False(tree.Exists("pwned"));
        Assert.DoesNotContain(daemon.Log(), line => line.Contains(" - WARNING - ", StringComparison.Ordinal));
    }

    private static string Show(string text) => string.Concat(text.Select(c => c is >= ' ' and < '\x7f' ? c.ToString() : $"\\x{(int)c:x2}"));

    private static DaemonProcess Start(TempTree tree, string mask, string command, string root)
    {
        DaemonProcess daemon = DaemonProcess.Start(
            $$"""
            {
              "control_socket": null,
              "schedulers": { "s": { "type": "shell", "cwd": "{{tree.Path}}", "cmd": "{{command}} > {{tree.PathOf("out")}}/{task_id}" } },
              "watches": [ { "path": "{{tree.PathOf(root)}}", "rec": true, "auto_add": true, "event_map": { "{{mask}}": "s", "IN_MOVED_FROM": null } } ]
            }
            """);
        daemon.WaitForReady();
        return daemon;
    }
}

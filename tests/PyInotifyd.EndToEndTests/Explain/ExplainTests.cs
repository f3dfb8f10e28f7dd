using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Explain;

/// <summary>What <c>explain</c> prints, and what it ends with.</summary>
public sealed class ExplainTests
{
    private const string Schedulers =
        """
        "schedulers": {
          "fm": { "type": "filemanager", "delay": 1.5, "rules": [ { "action": "delete", "src_re": "T/w/never" }, { "action": "move", "src_re": "^T/w/(?P<n>.*)\\.gz$", "dst_re": "T/d/\\g<n>.gz" } ] },
          "sh": { "type": "shell", "cmd": "/bin/echo {maskname} {pathname} '{name}' {src_pathname}" },
          "ex": { "type": "exec", "argv": ["/bin/echo", "{watch}", "{dirname}/{name}"], "dirs": true, "delay": "10m" }
        }
        """;

    [Fact]
    public void Json_has_the_shape_of_the_documentation()
    {
        using TempTree tree = Tree();
        tree.Write("w/a.gz");
        tree.MakeDirectory("d");

        CommandResult result = Explain(tree, Watching(tree, "\"IN_CLOSE_WRITE\": [\"fm\", \"sh\", \"ex\", { \"cancel\": \"fm\" }]"), "--json", tree.PathOf("w/a.gz"));

        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        Assert.Equal(
            """{"path":"T/w/a.gz","watches":[{"watch":"T/w","included":true,"excluded_by":null,"actions":["""
            + """{"event":"IN_CLOSE_WRITE","does":"schedule","scheduler":"fm","type":"filemanager","delay":1.5,"rule":1,"action":"move","groups":{"1":"a","n":"a"},"destination":"T/d/a.gz"},"""
            + """{"event":"IN_CLOSE_WRITE","does":"schedule","scheduler":"sh","type":"shell","delay":0,"cmd":"/bin/echo 'IN_CLOSE_WRITE' 'T/w/a.gz' 'a.gz' ''"},"""
            + """{"event":"IN_CLOSE_WRITE","does":"schedule","scheduler":"ex","type":"exec","delay":600,"argv":["/bin/echo","T/w","T/w/a.gz"]},"""
            + """{"event":"IN_CLOSE_WRITE","does":"cancel","scheduler":"fm","type":"filemanager"}]}],"warnings":[]}""" + "\n",
            result.Output.Replace(tree.Path, "T", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_watch_that_covers_the_path_is_named_and_what_keeps_it_out()
    {
        using TempTree tree = Tree();
        tree.MakeDirectory("w/s");
        tree.MakeDirectory("w/s/t");
        tree.Write("w/s/t/f");
        string configuration = Configuration(
            tree,
            Watch("w", "\"rec\": true"),
            Watch("w", "\"auto_add\": true"),
            Watch("w", ""),
            Watch("w/s", "\"rec\": true, \"exclude_filter\": [\"x\", \"T/w/s/t$\"]"),
            Watch("w/s/t", "\"include_filter\": [\".*\\\\.c$\"]"),
            Watch("w/s/*", "\"include_filter\": [\".*f$\"]"),
            Watch("w/s/t/f", ""),
            Watch("w/s/t/f2", ""));

        CommandResult result = Explain(tree, configuration, "--json", "--event", "IN_CREATE", tree.PathOf("w/s/t/f"));

        using JsonDocument document = JsonDocument.Parse(result.Output);
        IEnumerable<string> watches = document.RootElement.GetProperty("watches").EnumerateArray().Select(watch =>
            $"{watch.GetProperty("watch")} {watch.GetProperty("included")} {watch.GetProperty("excluded_by")} {watch.GetProperty("actions").GetArrayLength()}".Replace(tree.Path, "T", StringComparison.Ordinal));
        Assert.Equal(["T/w True  1", "T/w False  0", "T/w/s False T/w/s/t$ 0", "T/w/s/t False  0", "T/w/s/t True  1", "T/w/s/t/f True  1"], watches);
        string[] warnings = Warnings(document);
        Assert.Contains(warnings, warning => warning.Contains("without rec only directories that appear later", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("matches no pattern of include_filter", StringComparison.Ordinal));
        Assert.Equal(0, result.ExitStatus);
    }

    [Fact]
    public void Exit_status_tells_nothing_would_run_from_errors_and_wrong_usage()
    {
        using TempTree tree = Tree();
        string good = Watching(tree, "\"IN_CREATE\": \"fm\", \"IN_DELETE\": { \"cancel\": \"sh\" }, \"IN_OPEN\": \"sh\"");

        Assert.Equal(0, Explain(tree, good, tree.PathOf("w/x.gz")).ExitStatus);
        Assert.Equal(0, Explain(tree, good, "--event", "IN_CREATE", tree.PathOf("w/x.gz")).ExitStatus);
        Assert.Equal(4, Explain(tree, good, "--event", "IN_CREATE", tree.PathOf("w/x")).ExitStatus);
        Assert.Equal(4, Explain(tree, good, "--event", "IN_DELETE", tree.PathOf("w/x")).ExitStatus);
        Assert.Equal(4, Explain(tree, good, "--event", "IN_MODIFY", tree.PathOf("w/x")).ExitStatus);
        Assert.Equal(4, Explain(tree, good, tree.PathOf("w/x/")).ExitStatus);
        Assert.Equal(4, Explain(tree, good, "/elsewhere").ExitStatus);
        Assert.Equal(4, Explain(tree, good, tree.PathOf("w2/x.gz")).ExitStatus);
        Assert.Equal(1, Explain(tree, "{ \"watchs\": [] }", "/a").ExitStatus);
        Assert.Equal(2, Explain(tree, good, "/a", "/b").ExitStatus);
        Assert.Equal(2, Explain(tree, good).ExitStatus);
        CommandResult wrong = Explain(tree, good, "--event", "IN_WRITE_CLOSE", "/a");
        Assert.Equal((2, "", "pyinotifyd: 'IN_WRITE_CLOSE' is no event; did you mean \"IN_CLOSE_WRITE\"? (see pyinotifyd --help)\n"), (wrong.ExitStatus, wrong.Output, wrong.Error));
        Assert.Equal(1, CommandResult.Of(PublishedBinary.X64, ["explain", "-c", tree.PathOf("none.json"), "/a"]).ExitStatus);
    }

    [Fact]
    public void Names_cannot_look_like_lines_and_bytes_come_back()
    {
        using TempTree tree = Tree();
        string configuration = Watching(tree, "\"IN_CREATE\": [\"ex\", \"sh\"]");

        // A name that no text can hold reaches the program through the shell.
        tree.Write("c.json", configuration);
        string call = $"p=$(printf '{tree.Path}/w/\\033[31mred\\nwarning: forged\\377'); '{PublishedBinary.X64}' explain -c '{tree.PathOf("c.json")}' ";
        CommandResult text = CommandResult.Of("sh", ["-c", call + "\"$p\""]);
        CommandResult json = CommandResult.Of("sh", ["-c", call + "--json \"$p\""]);

        Assert.DoesNotContain('\u001b', text.Output);
        Assert.DoesNotContain("\nwarning: forged", text.Output, StringComparison.Ordinal);
        Assert.StartsWith(tree.Path + "/w/\\x1b[31mred\\x0awarning: forged\\xff (file, not there)\n", text.Output);
        Assert.Contains("    command: /bin/echo 'IN_CREATE' '" + tree.Path + "/w/\\x1b[31mred\\x0awarning: forged\\xff' '", text.Output, StringComparison.Ordinal);
        Assert.StartsWith("{\"path\":\"" + tree.Path + "/w/\\u001b[31mred\\nwarning: forged\\udcff\",", json.Output);
        Assert.Single(json.Output, c => c == '\n');
    }

    [Fact]
    public void Warnings_say_what_would_go_wrong()
    {
        using TempTree tree = Tree();
        tree.MakeDirectory("d");
        tree.MakeDirectory("d/dir");
        tree.Write("d/there");
        tree.Write("w/there");
        tree.Write("w/dir");
        tree.Write("w/x");
        string configuration =
            """
            { "schedulers": {
                "plain": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": "^T/w/([^/]*)$", "dst_re": "T/d/\\1" } ] },
                "over": { "type": "filemanager", "rules": [ { "action": "copy", "src_re": "^T/w/([^/]*)$", "dst_re": "T/d/\\1", "override": true } ] },
                "deep": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "^T/w/([^/]*)$", "dst_re": "T/d/no/\\1" } ] },
                "self": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "^T/w/(.*)$", "dst_re": "T/w/\\1.old" } ] },
                "back": { "type": "filemanager", "rules": [ { "action": "move", "src_re": "^T/d/(.*)$", "dst_re": "T/w/\\1" } ] },
                "gone": { "type": "shell", "cmd": "/no/such/program {pathname}" },
                "none": { "type": "exec", "argv": ["no-such-program"] },
                "dirs": { "type": "exec", "argv": ["/bin/true"], "files": false } },
              "watches": [ { "path": "T/w", "event_map": {
                  "IN_CREATE": "plain", "IN_MODIFY": "over", "IN_ATTRIB": "deep", "IN_OPEN": "self", "IN_ACCESS": ["gone", "none"], "IN_DELETE": "dirs", "IN_MOVED_TO": "plain" } },
                           { "path": "T/d", "event_map": { "IN_MOVED_TO": "back", "IN_CREATE": "back" } } ] }
            """.Replace("T/", tree.Path + "/", StringComparison.Ordinal);

        string[] Said(string name, string mask) =>
            Warnings(JsonDocument.Parse(Explain(tree, configuration, "--json", "--event", mask, tree.PathOf(name)).Output)).Select(warning => warning.Replace(tree.Path, "T", StringComparison.Ordinal)).ToArray();

        Assert.Contains("the destination 'T/d/there' exists, and override is not set", Said("w/there", "IN_CREATE"));
        Assert.DoesNotContain(Said("w/there", "IN_MODIFY"), warning => warning.Contains("exists", StringComparison.Ordinal));
        Assert.Contains("the destination 'T/d/dir' is a directory, which no file replaces", Said("w/dir", "IN_MODIFY"));
        Assert.Contains("the directory 'T/d/no' of the destination does not exist, and auto_create is not set", Said("w/x", "IN_ATTRIB"));
        Assert.Contains("the destination 'T/w/x.old' matches rule 0 of the same scheduler, self; it is not triggered by its own writes, but by those of others", Said("w/x", "IN_OPEN"));
        string[] circle = Said("w/x", "IN_CREATE");
        Assert.Contains("what arrives at 'T/d/x' triggers rule 0 of scheduler back: move to 'T/w/x'", circle);
        Assert.Contains("what arrives at 'T/w/x' triggers rule 0 of scheduler plain again; such a circle is stopped after 32 actions", circle);
        string[] programs = Said("w/x", "IN_ACCESS");
        Assert.Contains(programs, warning => warning.StartsWith("scheduler gone: cannot start /no/such/program: ENOENT", StringComparison.Ordinal));
        Assert.Contains(programs, warning => warning.StartsWith("scheduler none: cannot start no-such-program: ENOENT", StringComparison.Ordinal));
        Assert.Contains("scheduler dirs schedules nothing for files: files is false", Said("w/x", "IN_DELETE"));
        Assert.Contains("'T/w/new' does not exist; it is taken for a file (a slash at the end means a directory)", Said("w/new", "IN_CREATE"));
        Assert.Contains("'T/w/new' does not exist; it is taken for a directory", Said("w/new/", "IN_CREATE"));
    }

    [Fact]
    public void Batch_and_stability_are_said()
    {
        using TempTree tree = Tree();
        string configuration = Configuration(tree, Watch("w", "")).Replace(
            "\"ex\": {", "\"ex\": { \"wait_stable\": \"250ms\", \"batch\": { \"max\": 500, \"wait\": \"1m\", \"format\": \"nul\" },", StringComparison.Ordinal)
            .Replace("[\"/bin/echo\", \"{watch}\", \"{dirname}/{name}\"]", "[\"/bin/cat\"]", StringComparison.Ordinal);

        CommandResult text = Explain(tree, configuration, tree.PathOf("w/f"));
        CommandResult json = Explain(tree, configuration, "--json", tree.PathOf("w/f"));

        Assert.Contains(
            "  IN_CREATE: schedule ex (exec), after 600 s, once unchanged for 0.25 s\n    batch: one run for up to 500 paths, at most 60 s after the first is due\n    arguments: [\"/bin/cat\"]\n", text.Output,
            StringComparison.Ordinal);
        Assert.Contains("\"delay\":600,\"wait_stable\":0.25,\"batch\":{\"max\":500,\"wait\":60,\"format\":\"nul\"},\"argv\":[\"/bin/cat\"]", json.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_that_cannot_come_for_a_path_are_left_out_and_who_asks_is_told_why()
    {
        using TempTree tree = Tree();
        tree.MakeDirectory("w/d");
        tree.Symlink("d", "w/l");
        tree.Write("w/f");
        tree.MakeDirectory("flat/d");
        tree.Write("file");
        string map = "\"event_map\": { \"default_sched\": \"ex\" } }";
        string configuration = Configuration(
            tree, "{ \"path\": \"T/w\", \"rec\": true, " + map, "{ \"path\": \"T/flat\", " + map, "{ \"path\": \"T/file\", " + map,
            "{ \"path\": \"T/found\", \"event_map\": { \"IN_MODIFY\": \"ex\" } }");
        const string entry = "ACCESS MODIFY ATTRIB CLOSE_WRITE CLOSE_NOWRITE OPEN MOVED_FROM MOVED_TO CREATE DELETE";
        const string dirEntry = "ACCESS ATTRIB CLOSE_NOWRITE OPEN MOVED_FROM MOVED_TO CREATE DELETE";
        const string dirRoot = "ACCESS ATTRIB CLOSE_NOWRITE OPEN DELETE_SELF MOVE_SELF UNMOUNT IGNORED";

        // With a default scheduler every event that can come is one that is mapped. An overflow is no event of a directory.
        Assert.Equal(entry, Listed(tree, configuration, "w/f"));
        Assert.Equal(entry, Listed(tree, configuration, "w/new"));
        Assert.Equal(dirEntry + " DELETE_SELF MOVE_SELF IGNORED", Listed(tree, configuration, "w/d"));
        Assert.Equal(dirEntry, Listed(tree, configuration, "w/new/"));
        Assert.Equal("ATTRIB MOVED_FROM MOVED_TO CREATE DELETE", Listed(tree, configuration, "w/l"));
        Assert.Equal(dirEntry, Listed(tree, configuration, "flat/d"));
        Assert.Equal(dirRoot.Replace(" IGNORED", " Q_OVERFLOW IGNORED", StringComparison.Ordinal), Listed(tree, configuration, "w"));
        Assert.Equal("ACCESS MODIFY ATTRIB CLOSE_WRITE CLOSE_NOWRITE OPEN MOVED_TO CREATE DELETE_SELF MOVE_SELF UNMOUNT Q_OVERFLOW IGNORED", Listed(tree, configuration, "file"));

        // What a scan finds comes as IN_MODIFY where the map has nothing better, directories too.
        Assert.Equal("MODIFY", Listed(tree, configuration, "found/new/"));

        CommandResult asked = Explain(tree, configuration, "-e", "close_write", tree.PathOf("w/d"));
        Assert.Equal(4, asked.ExitStatus);
        Assert.Equal(
            $"{tree.PathOf("w/d")} (directory)\nwatch {tree.PathOf("w")}: included\nnothing would run\nwarning: IN_CLOSE_WRITE is an event of files; '{tree.PathOf("w/d")}' is a directory\n", asked.Output);
        Assert.Contains("is reported with the path of the watch only", Explain(tree, configuration, "-e", "unmount", tree.PathOf("w/f")).Output, StringComparison.Ordinal);
        Assert.Contains("is reported of what is watched itself", Explain(tree, configuration, "-e", "ignored", tree.PathOf("flat/d")).Output, StringComparison.Ordinal);
        Assert.Contains("never comes for a symbolic link", Explain(tree, configuration, "-e", "open", tree.PathOf("w/l")).Output, StringComparison.Ordinal);
    }

    private static string Listed(TempTree tree, string configuration, string path)
    {
        using JsonDocument document = JsonDocument.Parse(Explain(tree, configuration, "--json", tree.PathOf(path)).Output);
        return string.Join(' ', document.RootElement.GetProperty("watches").EnumerateArray().SelectMany(watch => watch.GetProperty("actions").EnumerateArray()).Select(action => action.GetProperty("event").GetString()![3..]));
    }

    [Fact]
    public void Nothing_is_touched()
    {
        using TempTree tree = Tree();
        tree.Write("w/a.gz", "content");
        string configuration = Watching(tree, "\"IN_CREATE\": [\"fm\", \"sh\", \"ex\"]").Replace("{ \"schedulers\"", "{ \"state_file\": \"" + tree.PathOf("state") + "\", \"schedulers\"", StringComparison.Ordinal);
        string before = Listing(tree);

        Assert.Equal(0, Explain(tree, configuration, tree.PathOf("w/a.gz")).ExitStatus);
        Assert.Equal("config file ok\n", CommandResult.Of(PublishedBinary.X64, ["-t", "-c", tree.PathOf("c.json")]).Output);

        tree.Delete("c.json");
        Assert.Equal(before, Listing(tree));
    }

    [Fact]
    public void Configtest_prints_warnings_and_is_content()
    {
        using TempTree tree = Tree();
        tree.Write("c.json", Configuration(tree, Watch("w", "\"exclude_filter\": [\"^foo\"]"), Watch("missing", ""), Watch("missing", "")));
        string file = tree.PathOf("c.json");

        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["-t", "-c", file]);

        Assert.Equal((0, "config file ok\n"), (result.ExitStatus, result.Output));
        string[] lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.Matches("^" + file + ":[0-9]+:[0-9]+: \\$\\.watches\\[[012]\\]\\.[a-z_\\[\\]0]+: warning: ", line));
    }

    [Fact]
    public void Schema_is_printed_and_valid_for_the_configurations_here()
    {
        CommandResult result = CommandResult.Of(PublishedBinary.X64, ["schema"]);

        Assert.Equal((0, ""), (result.ExitStatus, result.Error));
        using JsonDocument schema = JsonDocument.Parse(result.Output);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", schema.RootElement.GetProperty("$schema").GetString());
        Assert.True(schema.RootElement.GetProperty("properties").TryGetProperty("watches", out _));
        Assert.Equal(2, CommandResult.Of(PublishedBinary.X64, ["schema", "x"]).ExitStatus);
    }

    private static TempTree Tree()
    {
        TempTree tree = new();
        tree.MakeDirectory("w");
        return tree;
    }

    private static CommandResult Explain(TempTree tree, string configuration, params string[] words)
    {
        tree.Write("c.json", configuration);
        return CommandResult.Of(PublishedBinary.X64, ["explain", "-c", tree.PathOf("c.json"), .. words]);
    }

    private static string Watch(string path, string keys) => "{ \"path\": \"T/" + path + "\", " + keys + (keys.Length == 0 ? "" : ", ") + "\"event_map\": { \"IN_CREATE\": \"ex\" } }";

    private static string Watching(TempTree tree, string map) => Configuration(tree, "{ \"path\": \"T/w\", \"event_map\": { " + map + " } }");

    private static string Configuration(TempTree tree, params string[] watches) =>
        ("{ " + Schedulers + ", \"watches\": [ " + string.Join(",\n", watches) + " ] }").Replace("T/", tree.Path + "/", StringComparison.Ordinal);

    private static string[] Warnings(JsonDocument document) => [.. document.RootElement.GetProperty("warnings").EnumerateArray().Select(static warning => warning.GetString()!)];

    private static string Listing(TempTree tree) =>
        string.Join('\n', Directory.GetFileSystemEntries(tree.Path, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith("/c.json", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(path => path + " " + File.GetLastWriteTimeUtc(path).Ticks + " " + (File.Exists(path) ? File.ReadAllText(path) : "")));
}

using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Each kind of error with its exact line, column, path and message.</summary>
public sealed class ErrorTests
{
    private const string Sched = "\"schedulers\": { \"s\": { \"type\": \"shell\", \"cmd\": \"true\" } }";

    [Theory]
    [InlineData("1:9", "$.delay", "unknown key \"delay\": it belongs to a scheduler, not to a configuration", "{       \"delay\": 1 }")]
    [InlineData("1:3", "$.Shutdown-Timeout", "unknown key \"Shutdown-Timeout\"; did you mean \"shutdown_timeout\"?", "{ \"Shutdown-Timeout\": 1 }")]
    [InlineData("1:3", "$.event_map", "unknown key \"event_map\": it belongs to a watch, not to a configuration", "{ \"event_map\": {} }")]
    [InlineData("1:3", "$.sheduler", "unknown key \"sheduler\"; did you mean \"schedulers\"?", "{ \"sheduler\": {} }")]
    [InlineData("1:3", "$.maps_event", "unknown key \"maps_event\"; did you mean \"event_maps\"?", "{ \"maps_event\": {} }")]
    [InlineData("1:29", "$.logging['a b']", "unknown key \"a b\"; logging has level, loggers, format, syslog", "{ \"watches\": [], \"logging\":{\"a b\":{}} }")]
    [InlineData("2:2", "$.logname", "duplicate key \"logname\": it stands already at line 1, column 2", "{\"logname\": \"a\",\n \"logname\": \"b\"}")]
    [InlineData("1:13", "$.logname", "expected a text, found the number 5", "{\"logname\": 5}")]
    [InlineData("1:13", "$.logname", "must not be empty", "{\"logname\": \"\"}")]
    [InlineData("1:13", "$.logname", "expected a text, found null", "{\"logname\": null}")]
    [InlineData("1:13", "$.$schema", "expected a text, found true", "{\"$schema\": true}")]
    [InlineData("1:13", "$.watches", "expected a list of objects, found an object", "{\"watches\": {}}")]
    [InlineData("1:14", "$.watches[0]", "expected an object, found the text \"/a\"", "{\"watches\": [\"/a\"]}")]
    [InlineData("1:16", "$.schedulers", "expected an object, found an empty list", "{\"schedulers\": []}")]
    [InlineData("1:22", "$.schedulers.s", "expected an object, found the text \"true\"", "{\"schedulers\": {\"s\": \"true\"}}")]
    [InlineData("1:21", "$.max_concurrency", "must be a whole number from 1 to 10000, found the number 0", "{\"max_concurrency\": 0}")]
    [InlineData("1:21", "$.max_concurrency", "must be a whole number from 1 to 10000, found the number 1.5", "{\"max_concurrency\": 1.5}")]
    [InlineData("1:21", "$.max_concurrency", "must be a whole number from 1 to 10000, found the number 1e99999999999", "{\"max_concurrency\": 1e99999999999}")]
    [InlineData("1:21", "$.max_concurrency", "expected a whole number from 1 to 10000, found the text \"64\"", "{\"max_concurrency\": \"64\"}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration cannot be negative", "{\"shutdown_timeout\": -0.001}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration cannot be negative", "{\"shutdown_timeout\": \"-5s\"}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration cannot be negative", "{\"shutdown_timeout\": -1e400}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration can be at most 100 years", "{\"shutdown_timeout\": 3155760000.1}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration can be at most 100 years", "{\"shutdown_timeout\": \"36526d\"}")]
    [InlineData("1:22", "$.shutdown_timeout", "a duration can be at most 100 years", "{\"shutdown_timeout\": 1e400}")]
    [InlineData("1:23", "$.logging.level", "expected \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\" or \"CRITICAL\", found the text \"WARN\"; did you mean \"WARNING\"?", "{\"logging\": {\"level\": \"WARN\"}}")]
    [InlineData("1:24", "$.logging.format", "expected \"text\" or \"json\", found the text \"JSON\"; did you mean \"json\"?", "{\"logging\": {\"format\": \"JSON\"}}")]
    [InlineData("1:35", "$.logging.loggers.sched", "expected \"DEBUG\", \"INFO\", \"WARNING\", \"ERROR\" or \"CRITICAL\", found the number 10", "{\"logging\": {\"loggers\": {\"sched\": 10}}}")]
    [InlineData("1:39", "$.logging.syslog[0].address", "expected the path of a unix socket, such as \"/dev/log\", or \"host:port\" with a port from 1 to 65535, found \"host:99999\"", "{\"logging\": {\"syslog\": [{  \"address\": \"host:99999\"}]}}")]
    [InlineData("1:14", "$.include[0]", "no-such.json cannot be read: ENOENT no such file or directory; check the spelling", "{\"include\": [\"no-such.json\"]}")]
    [InlineData("1:14", "$.include[0]", "the name of a file must not be empty", "{\"include\": [\"\"]}")]
    public void Error_of_the_file_is_named_with_its_place(string place, string path, string message, string text)
    {
        Assert.Equal([$"c.json:{place}: {path}: {message}"], ConfigText.Errors(text));
    }

    [Theory]
    [InlineData("delay", "\"5 min\"", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text \"5 min\"")]
    [InlineData("delay", "\"60\"", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text \"60\"; did you mean \"60s\"?")]
    [InlineData("delay", "\"s\"", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text \"s\"")]
    [InlineData("delay", "\"1.s\"", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text \"1.s\"")]
    [InlineData("delay", "\"1..5s\"", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text \"1..5s\"")]
    [InlineData("delay", "true", "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found true")]
    [InlineData("max_delay", "0", "must be more than 0; null means none")]
    [InlineData("files", "1", "expected true or false, found the number 1")]
    [InlineData("files", "null", "expected true or false, found null")]
    [InlineData("on_busy", "\"Skip\"", "expected \"queue\", \"skip\" or \"restart\", found the text \"Skip\"; did you mean \"skip\"?")]
    [InlineData("max_concurrency", "10001", "must be a whole number from 1 to 10000 or null, found the number 10001")]
    [InlineData("output", "\"logs\"", "expected \"log\", \"inherit\" or \"discard\", found the text \"logs\"; did you mean \"log\"?")]
    [InlineData("cwd", "\"tmp\"", "must be an absolute path, found the text \"tmp\"")]
    [InlineData("cwd", "\"/a\\u0000\"", "the character NUL cannot stand in a path, a name or an argument")]
    [InlineData("cwd", "\"/a\\ud800\"", "a lone surrogate other than \\udc80 to \\udcff, which stand for the bytes 0x80 to 0xff, means nothing")]
    [InlineData("umask", "22", "a mode is a string of octal digits, such as \"0644\": quote it, found the number 22; did you mean \"022\"?")]
    [InlineData("umask", "\"0o22\"", "expected a string of octal digits from \"0\" to \"0777\", found the text \"0o22\"")]
    [InlineData("umask", "\"1000\"", "expected a string of octal digits from \"0\" to \"0777\", found the text \"1000\"")]
    [InlineData("user", "-1", "expected a name or a number from 0 to 4294967294 or null, found the number -1")]
    [InlineData("user", "\"nobdy\"", "there is no user \"nobdy\"; did you mean \"nobody\"?")]
    [InlineData("user", "\"4294967295\"", "there is no user \"4294967295\"")]
    [InlineData("group", "\"deamon\"", "there is no group \"deamon\"; did you mean \"daemon\"?")]
    [InlineData("nice", "20", "must be a whole number from -20 to 19, found the number 20")]
    [InlineData("on_success", "\"s\"", "hands events round in a circle: s → s")]
    [InlineData("on_failure", "\"t\"", "scheduler \"t\" is not defined; did you mean \"s\"?")]
    [InlineData("batch", "5", "expected an object or null, found the number 5")]
    public void Error_of_a_scheduler_is_named_at_its_value(string key, string value, params string[] messages)
    {
        const string before = "{ \"schedulers\": { \"s\": { \"type\": \"shell\", \"cmd\": \"true\", ";
        int column = before.Length + key.Length + 5;
        string[] expected = System.Array.ConvertAll(messages, message => $"c.json:1:{column}: $.schedulers.s.{key}: {message}");
        Assert.Equal(expected, ConfigText.Errors($"{before}\"{key}\": {value} }} }} }}"));
    }

    [Theory]
    [InlineData("path", "\"a\"", "must be an absolute path, found the text \"a\"")]
    [InlineData("path", "\"\"", "the path is empty")]
    [InlineData("path", "[]", "the list of paths is empty")]
    [InlineData("path", "null", "expected an absolute path or a list of them, found null")]
    [InlineData("event_map", "\"m\"", "event map \"m\" is not defined; none is defined")]
    [InlineData("event_map", "5", "expected the name of an event map, or an event map, found the number 5")]
    [InlineData("default_sched", "\"x\"", "scheduler \"x\" is not defined; did you mean \"s\"?")]
    [InlineData("default_sched", "\"other\"", "scheduler \"other\" is not defined; defined: s")]
    [InlineData("exclude_filter", "true", "expected a list of regular expressions, or the name of a file with one a line, found true")]
    [InlineData("exclude_filter", "\"/no/such\"", "/no/such cannot be read: ENOENT no such file or directory; check the spelling; a regular expression itself is written in a list: [\"…\"]")]
    [InlineData("include_filter", "\"x\"", "expected a list of regular expressions or null, found the text \"x\"")]
    [InlineData("on_missing", "\"waits\"", "expected \"wait\" or \"fail\", found the text \"waits\"; did you mean \"wait\"?")]
    public void Error_of_a_watch_is_named_at_its_value(string key, string value, string message)
    {
        string others = key == "path" ? "\"default_sched\": \"s\", " : key is "event_map" or "default_sched" ? "\"path\": \"/a\", " : "\"path\": \"/a\", \"default_sched\": \"s\", ";
        string before = "{ " + Sched + ", \"watches\": [ { " + others;
        Assert.Equal([$"c.json:1:{before.Length + key.Length + 5}: $.watches[0].{key}: {message}"], ConfigText.Errors($"{before}\"{key}\": {value} }} ] }}"));
    }

    [Theory]
    [InlineData("\"IN_WRITE_CLOSE\": \"s\"", 0, "IN_WRITE_CLOSE", "unknown key \"IN_WRITE_CLOSE\"; did you mean \"IN_CLOSE_WRITE\"?")]
    [InlineData("\"in_modify\": \"s\"", 0, "in_modify", "unknown key \"in_modify\"; did you mean \"IN_MODIFY\"?")]
    [InlineData("\"CREATE\": \"s\"", 0, "CREATE", "unknown key \"CREATE\"; did you mean \"IN_CREATE\"?")]
    [InlineData("\"IN_MOVE\": \"s\"", 0, "IN_MOVE", "unknown key \"IN_MOVE\"; did you mean \"IN_MOVE_SELF\"?")]
    [InlineData("\"default_scheduler\": \"s\"", 0, "default_scheduler", "unknown key \"default_scheduler\"; did you mean \"default_sched\"?")]
    [InlineData("\"IN_OPEN\": 5", 11, "IN_OPEN", "expected null, the name of a scheduler, {\"cancel\": \"NAME\"}, or a list of these, found the number 5")]
    [InlineData("\"IN_OPEN\": [\"s\", [\"s\"]]", 17, "IN_OPEN[1]", "expected the name of a scheduler or {\"cancel\": \"NAME\"}, found a list")]
    [InlineData("\"IN_OPEN\": {\"cancle\": \"s\"}", 12, "IN_OPEN.cancle", "unknown key \"cancle\"; did you mean \"cancel\"?")]
    [InlineData("\"IN_OPEN\": {}", 11, "IN_OPEN.cancel", "missing key \"cancel\": an action needs it")]
    [InlineData("\"IN_OPEN\": {\"cancel\": \"t\"}", 22, "IN_OPEN.cancel", "scheduler \"t\" is not defined; did you mean \"s\"?")]
    [InlineData("\"IN_OPEN\": \"copy\"", 11, "IN_OPEN", "scheduler \"copy\" is not defined; defined: s")]
    [InlineData("\"exclude_filter\": [\"(\"]", 19, "exclude_filter[0]", "regular expression: missing ), unterminated subpattern at position 0")]
    [InlineData("\"include_filter\": [5]", 19, "include_filter[0]", "expected a regular expression, found the number 5")]
    public void Error_of_an_event_map_is_named_with_its_place(string entry, int column, string path, string message)
    {
        string before = "{ " + Sched + ", \"event_maps\": { \"m\": { ";
        Assert.Equal([$"c.json:1:{before.Length + column + 1}: $.event_maps.m.{path}: {message}"], ConfigText.Errors($"{before}{entry} }} }} }}"));
    }

    [Theory]
    [InlineData("\"type\": \"exec\", \"argv\": []", 24, "argv", "the list is empty: its first element is the program to run")]
    [InlineData("\"type\": \"exec\", \"argv\": [5]", 25, "argv[0]", "expected a text, found the number 5")]
    [InlineData("\"type\": \"exec\", \"argv\": [\"/a\", \"\\ud800\"]", 31, "argv[1]", null)]
    [InlineData("\"type\": \"exec\"", -2, "argv", "missing key \"argv\": a scheduler of type \"exec\" needs it")]
    [InlineData("\"cmd\": \"true\"", -2, "type", "missing key \"type\": a scheduler needs it")]
    [InlineData("\"typ\": \"shell\", \"cmd\": \"true\"", 0, "typ", "unknown key \"typ\"; did you mean \"type\"?")]
    [InlineData("\"type\": \"shell\", \"cmd\": \"true\", \"argv\": []", 32, "argv", "unknown key \"argv\": it belongs to a scheduler of type \"exec\", not to a scheduler of type \"shell\"")]
    [InlineData("\"type\": \"sh\", \"cmd\": \"true\"", 8, "type", "expected \"shell\", \"exec\", \"filemanager\" or \"task\", found the text \"sh\"")]
    [InlineData("\"type\": \"shell\", \"cmd\": \"echo `{pathname}`\"", 24, "cmd", null)]
    [InlineData("\"type\": \"shell\", \"cmd\": \"true\", \"env\": {\"A\": 5}", 45, "env.A", "expected a text, or null to remove the variable, found the number 5; put it in double quotes")]
    [InlineData("\"type\": \"shell\", \"cmd\": \"true\", \"env\": {\"A=\": \"5\"}", 40, "env['A=']", "the name of a variable must not be empty or contain =")]
    public void Error_of_a_job_is_named_with_its_place(string keys, int column, string path, string? message)
    {
        const string before = "{ \"schedulers\": { \"s\": { ";
        string error = Assert.Single(ConfigText.Errors($"{before}{keys} }} }} }}"));
        Assert.StartsWith($"c.json:1:{before.Length + column + 1}: $.schedulers.s.{path}: {message}", error);
        Assert.True(message is null || error.EndsWith(message, System.StringComparison.Ordinal));
    }

    [Fact]
    public void Group_of_the_control_socket_that_is_not_there_is_an_error()
    {
        Assert.Equal(["c.json:1:20: $.control_group: there is no group \"deamon\"; did you mean \"daemon\"?"], ConfigText.Errors("{ \"control_group\": \"deamon\" }"));
    }

    [Theory]
    [InlineData("\"action\": \"move\", \"src_re\": \"x\"", -2, "dst_re", "missing key \"dst_re\": move and copy need it")]
    [InlineData("\"action\": \"mov\", \"src_re\": \"x\"", 10, "action", "expected \"move\", \"copy\" or \"delete\", found the text \"mov\"; did you mean \"move\"?")]
    [InlineData("\"action\": \"delete\", \"src_re\": \"(\"", 30, "src_re", "regular expression: missing ), unterminated subpattern at position 0")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"(x)\", \"dst_re\": \"/\\\\2\"", 45, "dst_re", "template: invalid group reference 2 at position 2")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"(x)\", \"dst_re\": \"b/\\\\1\"", 45, "dst_re", "must be an absolute path, found the text \"b/\\1\"")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"(x)\", \"dst_re\": \"/b/..\"", 45, "dst_re", "a destination must not contain \"..\"")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"x\", \"dst_re\": \"/b\", \"filemode\": 644", 61, "filemode", "a mode is a string of octal digits, such as \"0644\": quote it, found the number 644; did you mean \"0644\"?")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"x\", \"dst_re\": \"/b\", \"dirmode\": 493", 60, "dirmode", "a mode is a string of octal digits, such as \"0644\": quote it, found the number 493")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"x\", \"dst_re\": \"/b\", \"dirmode\": \"10000\"", 60, "dirmode", "expected a string of octal digits from \"0\" to \"07777\" or null, found the text \"10000\"")]
    [InlineData("\"action\": \"copy\", \"src_re\": \"x\", \"dst_re\": \"/b\", \"override\": true, \"overwrite\": true", 67, "overwrite", "\"override\" and \"overwrite\" are the same key")]
    [InlineData("\"action\": \"delete\", \"src_re\": \"x\", \"user\": \"nobdy\"", 43, "user", "there is no user \"nobdy\"; did you mean \"nobody\"?")]
    [InlineData("\"action\": \"delete\", \"src_re\": \"x\", \"group\": \"deamon\"", 44, "group", "there is no group \"deamon\"; did you mean \"daemon\"?")]
    public void Error_of_a_rule_is_named_with_its_place(string keys, int column, string path, string message)
    {
        const string before = "{ \"schedulers\": { \"s\": { \"type\": \"filemanager\", \"rules\": [ { ";
        string error = Assert.Single(ConfigText.Errors($"{before}{keys} }} ] }} }} }}"), error => !error.EndsWith("not supported yet", System.StringComparison.Ordinal));
        Assert.Equal($"c.json:1:{before.Length + column + 1}: $.schedulers.s.rules[0].{path}: {message}", error);
    }

    [Fact]
    public void All_errors_come_at_once_in_the_order_of_the_file()
    {
        string[] errors = ConfigText.Errors(
            """
            {
              "max_concurrency": 0,
              "watches": [
                { "path": "a", "default_sched": "cpy" },
                { "path": "/a", "default_sched": "copy", "event_map": {} },
                { "pth": "/a", "default_sched": "copy" },
                { "path": "/a" }
              ],
              "schedulers": { "copy": { "type": "shel", "cmd": 5, "delay": "5" }, "ä": { "type": "exec", "é": 1, "argv": 1 } }
            }
            """);
        Assert.Equal(
            [
                "c.json:2:22: $.max_concurrency: must be a whole number from 1 to 10000, found the number 0",
                "c.json:4:15: $.watches[0].path: must be an absolute path, found the text \"a\"",
                "c.json:4:37: $.watches[0].default_sched: scheduler \"cpy\" is not defined; did you mean \"copy\"?",
                "c.json:5:46: $.watches[1].event_map: a watch has event_map or default_sched, not both",
                "c.json:6:7: $.watches[2].pth: unknown key \"pth\"; did you mean \"path\"?",
                "c.json:7:5: $.watches[3].event_map: missing key \"event_map\": a watch needs it, or default_sched",
                "c.json:9:37: $.schedulers.copy.type: expected \"shell\", \"exec\", \"filemanager\" or \"task\", found the text \"shel\"; did you mean \"shell\"?",
                "c.json:9:52: $.schedulers.copy.cmd: expected a text, found the number 5",
                "c.json:9:64: $.schedulers.copy.delay: " + Duration + "\"5\"; did you mean \"5s\"?",
                "c.json:9:94: $.schedulers['ä']['é']: unknown key \"é\"; a scheduler of type \"exec\" has argv, type, files, dirs, delay, max_delay, logname, singlejob, on_busy, "
                    + "max_concurrency, timeout, kill_after, retries, retry_delay, on_success, on_failure, …",
                "c.json:9:110: $.schedulers['ä'].argv: expected a list of texts, found the number 1",
            ],
            errors);
    }

    private const string Duration = "expected a duration: seconds as a number, or a text such as \"250ms\", \"1.5s\", \"10m\", \"2h\" or \"1d\", found the text ";

    [Fact]
    public void Unknown_user_and_unknown_group_are_both_reported()
    {
        string[] errors = ConfigText.Errors(
            "{ \"schedulers\": { \"s\": { \"type\": \"shell\", \"cmd\": \"true\",\n\"user\": \"nobdy\",\n\"group\": \"deamon\" } } }");
        Assert.Equal(
            [
                "c.json:2:9: $.schedulers.s.user: there is no user \"nobdy\"; did you mean \"nobody\"?",
                "c.json:3:10: $.schedulers.s.group: there is no group \"deamon\"; did you mean \"daemon\"?",
            ],
            errors);
    }

    [Fact]
    public void Error_in_defaults_is_reported_once()
    {
        Assert.Equal(
            ["c.json:1:25: $.defaults.env.A: expected a text, or null to remove the variable, found the number 1; put it in double quotes"],
            ConfigText.Errors("{\"defaults\":{\"env\":{\"A\":1}}," + Sched + "}"));
    }

    [Fact]
    public void File_and_values_are_printed_as_one_line()
    {
        string error = Assert.Single(ConfigText.Lines(
            PyInotifyd.Configuration.ConfigurationReader.ReadText("{\"logging\":{\"level\":\"a\\n\\u001b[\\udcff\"}}"u8.ToArray(), "a\nb\udce9").Errors));
        Assert.StartsWith("a\\x0ab\\xe9:1:21: $.logging.level: ", error);
        Assert.EndsWith("found the text \"a\\x0a\\x1b[\\xff\"", error);
    }
}

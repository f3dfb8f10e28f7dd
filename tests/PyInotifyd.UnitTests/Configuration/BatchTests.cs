using PyInotifyd.Engine.Model;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public class BatchTests
{
    [Theory]
    [InlineData("{}", 1000, 2000, false)]
    [InlineData("""{ "max": 5, "wait": "250ms", "format": "nul" }""", 5, 250, true)]
    [InlineData("""{ "wait": 0, "format": "json" }""", 1000, 0, false)]
    public void Batch_is_read_with_its_defaults(string batch, int max, long waitMs, bool nul)
    {
        SchedulerSpec spec = ConfigText.Good($$"""{ "schedulers": { "s": { "type": "shell", "cmd": "x {task_id}", "batch": {{batch}} } } }""").Engine.Schedulers[0];

        Assert.Equal(new BatchSpec(max, waitMs, nul), spec.Batch);
    }

    [Fact]
    public void Batch_of_the_defaults_is_taken_by_commands_and_left_by_null_and_by_file_managers()
    {
        SpecList<SchedulerSpec> specs = ConfigText.Good(
            """
            {
              "defaults": { "batch": { "max": 7 } },
              "schedulers": {
                "a": { "type": "exec", "argv": ["/x"] },
                "b": { "type": "shell", "cmd": "x {pathname}", "batch": null },
                "c": { "type": "filemanager", "rules": [ { "action": "delete", "src_re": "/a" } ] }
              }
            }
            """).Engine.Schedulers;

        Assert.Equal(7, specs[0].Batch!.Max);
        Assert.Null(specs[1].Batch);
        Assert.Null(specs[2].Batch);
    }

    [Theory]
    [InlineData("{pathname}")]
    [InlineData("{src_pathname}")]
    [InlineData("{name}")]
    [InlineData("{dirname}")]
    [InlineData("{maskname}")]
    [InlineData("{watch}")]
    public void Placeholder_of_a_single_event_is_an_error(string placeholder)
    {
        string message = $"{placeholder} stands for one event and a run with batch has many: read them from standard input, or remove batch (character 3 of the text)";

        Assert.Equal(
            ["c.json:1:50: $.schedulers.s.cmd: " + message],
            ConfigText.Errors($$"""{ "schedulers": { "s": { "type": "shell", "cmd": "x {{placeholder}}", "batch": {} } } }"""));
        Assert.Equal(
            ["c.json:1:57: $.schedulers.s.argv[1]: " + message.Replace("character 3", "character 2")],
            ConfigText.Errors($$"""{ "schedulers": { "s": { "type": "exec", "argv": ["/x", "-{{placeholder}}"], "batch": {} } } }"""));
    }

    [Fact]
    public void Event_on_stdin_is_an_error()
    {
        Assert.Equal(
            ["c.json:1:64: $.schedulers.s.stdin: with batch the list of the paths is on standard input: leave stdin out"],
            ConfigText.Errors("""{ "schedulers": { "s": { "type": "shell", "cmd": "x", "stdin": "event", "batch": {} } } }"""));
    }

    [Fact]
    public void Batch_of_a_worker_has_no_other_form_than_JSON()
    {
        const string text = """{ "workers": { "w": { "command": ["/bin/cat"] } }, "schedulers": { "s": { "type": "task", "worker": "w", "job": "j", "batch": { "format": "FORMAT" } } } }""";

        Assert.Equal(["c.json:1:139: $.schedulers.s.batch.format: a worker gets its batches as JSON: leave format out"], ConfigText.Errors(text.Replace("FORMAT", "nul", System.StringComparison.Ordinal)));
        Assert.NotNull(ConfigText.Good(text.Replace("FORMAT", "json", System.StringComparison.Ordinal)).Engine.Schedulers[0].Batch);
    }

    [Fact]
    public void Singlejob_is_a_warning()
    {
        string text = """{ "schedulers": { "s": { "type": "shell", "cmd": "x", "singlejob": true, "batch": {} } } }""";

        Assert.Equal(["c.json:1:83: $.schedulers.s.batch: with singlejob there is one task, so every batch has one path"], ConfigText.Lines(ConfigText.Read(text).Warnings));
    }

    [Theory]
    [InlineData("""{ "max": 0 }""", "max", "must be a whole number from 1 to 1000000, found the number 0")]
    [InlineData("""{ "form": "nul" }""", "form", "unknown key \"form\"; did you mean \"format\"?")]
    [InlineData("""{ "format": "lines" }""", "format", "expected \"json\" or \"nul\", found the text \"lines\"")]
    public void Error_in_it_is_named(string batch, string key, string message)
    {
        string[] errors = ConfigText.Errors($$"""{ "schedulers": { "s": { "type": "shell", "cmd": "x", "batch": {{batch}} } } }""");

        Assert.Single(errors);
        Assert.EndsWith($"$.schedulers.s.batch.{key}: {message}", errors[0]);
    }
}

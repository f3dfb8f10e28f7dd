using System;
using System.Buffers;
using System.Collections.Generic;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

public sealed class ExecTemplateTests
{
    [Fact]
    public void Each_element_is_one_argument_with_its_values()
    {
        var problems = new List<TemplateProblem>();
        Assert.True(ExecTemplate.TryParse(["/bin/x", "{pathname}", "", "a'{name}\" b", "{x}${VAR}", "{src_pathname}"], out ExecTemplate? template, problems));
        var output = new ArrayBufferWriter<byte>();

        template!.Expand(new PlaceholderValues { PathName = "/d/$(id) '"u8 }, output);

        Assert.Empty(problems);
        Assert.Equal(6, template.ArgumentCount);
        Assert.Equal("/bin/x\0/d/$(id) '\0\0a'$(id) '\" b\0{x}${VAR}\0\0", SurrogateEscape.Decode(output.WrittenSpan));
    }

    [Theory]
    [InlineData("{name}", "./-rf")]
    [InlineData("{src_pathname}{name}", "./-rf")]
    [InlineData("{name}{name}", "./-rf-rf")]
    [InlineData("x{name}", "x-rf")]
    [InlineData("/out/{name}", "/out/-rf")]
    [InlineData("{dirname}{name}", "/d-rf")]
    public void Name_with_a_dash_is_no_option_at_the_start_of_an_argument(string element, string expected)
    {
        Assert.True(ExecTemplate.TryParse(["rm", element], out ExecTemplate? template, []));
        var output = new ArrayBufferWriter<byte>();

        template!.Expand(new PlaceholderValues { PathName = "/d/-rf"u8 }, output);

        Assert.Equal("rm\0" + expected + "\0", SurrogateEscape.Decode(output.WrittenSpan));
    }

    [Theory]
    [InlineData(new string[0], 0, 0)]
    [InlineData(new[] { "" }, 0, 0)]
    [InlineData(new[] { "x", "a\0" }, 1, 1)]
    [InlineData(new[] { "x", "y", "\0" }, 2, 0)]
    public void Argument_that_no_process_can_be_given_is_an_error(string[] arguments, int argument, int position)
    {
        var problems = new List<TemplateProblem>();

        Assert.False(ExecTemplate.TryParse(arguments, out _, problems));

        TemplateProblem problem = Assert.Single(problems);
        Assert.False(problem.IsWarning);
        Assert.Equal((argument, position), (problem.Argument, problem.Position));
    }

    [Theory]
    [InlineData(new[] { "sh", "-c", "ls {pathname}" }, 2, 3)]
    [InlineData(new[] { "/usr/bin/env", "bash", "-lc", "ls {pathname}" }, 3, 3)]
    [InlineData(new[] { "{pathname}" }, 0, 0)]
    public void Placeholder_that_decides_what_runs_is_a_warning(string[] arguments, int argument, int position)
    {
        var problems = new List<TemplateProblem>();

        Assert.True(ExecTemplate.TryParse(arguments, out _, problems));

        TemplateProblem problem = Assert.Single(problems);
        Assert.True(problem.IsWarning);
        Assert.Equal((argument, position), (problem.Argument, problem.Position));
    }

    [Fact]
    public void Script_with_the_value_as_operand_gives_no_warning()
    {
        var problems = new List<TemplateProblem>();

        Assert.True(ExecTemplate.TryParse(["sh", "-c", "ls \"$1\"", "sh", "{pathname}"], out _, problems));

        Assert.Empty(problems);
    }
}

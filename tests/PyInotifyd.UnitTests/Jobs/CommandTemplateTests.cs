using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Paths;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

public sealed class CommandTemplateTests
{
    [Theory]
    [InlineData("cmd {pathname}", "cmd '/d/it'\\''s'")]
    [InlineData("cmd {maskname} {src_pathname} {watch} {task_id}", "cmd 'IN_X' '' '/d' '7'")]
    [InlineData("cmd {name} {dirname}", "cmd 'it'\\''s' '/d'")]
    [InlineData("cmd '<{pathname}>'", "cmd '</d/it'\\''s>'")]
    [InlineData("cmd \"<{pathname}>\"", "cmd \"<\"'/d/it'\\''s'\">\"")]
    [InlineData("cmd \"$(x \"{watch}\" '{watch}' {watch})\"", "cmd \"$(x \"\"'/d'\"\" '/d' '/d')\"")]
    [InlineData("$(case x in a) echo {watch};; (b) ;; esac; x '{watch}')", "$(case x in a) echo '/d';; (b) ;; esac; x '/d')")]
    [InlineData("$( # it's )\nx {watch})", "$( # it's )\nx '/d')")]
    [InlineData("cmd ${x:-{watch}} ${x#\"{watch}\"}", "cmd ${x:-'/d'} ${x#\"\"'/d'\"\"}")]
    [InlineData("cmd \"${x:-$(y {watch})}\"", "cmd \"${x:-$(y '/d')}\"")]
    [InlineData("cat <<E >{watch}\nit's ${x}\nE\nx {watch}", "cat <<E >'/d'\nit's ${x}\nE\nx '/d'")]
    [InlineData("A={watch} B='{watch}' cmd >{watch} 2>>\"{watch}\"", "A='/d' B='/d' cmd >'/d' 2>>\"\"'/d'\"\"")]
    [InlineData("case {watch} in {watch}|x) y;; esac", "case '/d' in '/d'|x) y;; esac")]
    [InlineData("cmd \\\\{watch} \\'{watch} x#{watch}", "cmd \\\\'/d' \\''/d' x#'/d'")]
    [InlineData("cmd ${VAR} ${pathname:-x} {pathnam} {} {a,b} {{watch}} {watch}x $watch", "cmd ${VAR} ${pathname:-x} {pathnam} {} {a,b} {'/d'} '/d'x $watch")]
    [InlineData("cmd `date` $((1+2)) $'x' {watch} # done", "cmd `date` $((1+2)) $'x' '/d' # done")]
    [InlineData("cmd 'it''s' \\\n {watch}", "cmd 'it''s' \\\n '/d'")]
    public void Value_is_quoted_for_its_place(string command, string expected)
    {
        var values = new PlaceholderValues { MaskName = "IN_X"u8, PathName = "/d/it's"u8, Watch = "/d"u8, TaskId = "7"u8 };

        Assert.Equal(expected, Expand(Parse(command, warnings: 0), values));
    }

    [Theory]
    [InlineData("rm {name}", "rm './-rf'")]
    [InlineData("rm '{name}'", "rm './-rf'")]
    [InlineData("rm \"{name}\"", "rm \"\"'./-rf'\"\"")]
    [InlineData("rm ''{name}", "rm '''./-rf'")]
    [InlineData("rm $(ls {name})", "rm $(ls './-rf')")]
    [InlineData("rm ${x-{name}} x${x-{name}}", "rm ${x-'./-rf'} x${x-'-rf'}")]
    [InlineData("rm x{name} {dirname}/{name} --x={name}", "rm x'-rf' '/d'/'-rf' --x='-rf'")]
    [InlineData("rm {src_pathname}{name}", "rm '''./-rf'")]
    [InlineData("rm {watch}{name}", "rm '/w''-rf'")]
    [InlineData("case {name} in {name}) ;; esac", "case '-rf' in '-rf') ;; esac")]
    [InlineData("A={name}", "A='-rf'")]
    public void Name_with_a_dash_is_no_option_at_the_start_of_an_argument(string command, string expected)
    {
        var values = new PlaceholderValues { PathName = "/d/-rf"u8, Watch = "/w"u8 };

        Assert.Equal(expected, Expand(Parse(command, warnings: 0), values));
    }

    [Fact]
    public void Value_is_not_looked_at_for_placeholders()
    {
        var values = new PlaceholderValues { PathName = "/{src_pathname}"u8, SrcPathName = "';id;'"u8 };

        Assert.Equal("x '/{src_pathname}' ''\\'';id;'\\'''", Expand(Parse("x {pathname} {src_pathname}", warnings: 0), values));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_stay_as_they_are()
    {
        var output = new ArrayBufferWriter<byte>();

        Parse("x\udcff {pathname}\udc80é", warnings: 0).Expand(new PlaceholderValues { PathName = [0xfe, 0x0a] }, output);

        Assert.Equal<byte>([(byte)'x', 0xff, .. " '"u8, 0xfe, 0x0a, .. "'"u8, 0x80, 0xc3, 0xa9], output.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData("x # {pathname}", 4, "comment")]
    [InlineData("x $(y # {pathname}\n)", 8, "comment")]
    [InlineData("x `y {pathname}`", 5, "$(…)")]
    [InlineData("x \"`y {pathname}`\"", 6, "$(…)")]
    [InlineData("cat <<E\n{pathname}\nE\n", 8, "here-document")]
    [InlineData("cat <<'E'\n{pathname}\nE\n", 10, "here-document")]
    [InlineData("cat <<-E\n\t$(x {pathname})\n\tE\n", 14, "here-document")]
    [InlineData("cat <<{pathname}\n{pathname}\n", 6, "here-document")]
    [InlineData("x $((1+{pathname}))", 7, "arithmetic")]
    [InlineData("x $(( $(y {pathname}) ))", 10, "arithmetic")]
    [InlineData("((x={pathname}))", 0, "((")]
    [InlineData("x $[{pathname}]", 2, "$[")]
    [InlineData("x $'{pathname}'", 4, "$'…'")]
    [InlineData("x $\"{pathname}\"", 4, "$\"…\"")]
    [InlineData("x $'it\\'s' {pathname}", 2, "\\'")]
    [InlineData("x \"${y-{pathname}}\"", 7, "$PYINOTIFYD_")]
    [InlineData("x ${y-${z-{pathname}}}", 10, "$PYINOTIFYD_")]
    [InlineData("x ${y={pathname}}", 6, "variable first")]
    [InlineData("x ${y/a/{pathname}}", 8, "variable first")]
    [InlineData("x ${{pathname}}", 4, "variable first")]
    [InlineData("x ${pathname}", 2, "write {pathname}")]
    [InlineData("x '${pathname}'", 3, "write {pathname}")]
    [InlineData("x \"${pathname}\"", 3, "write {pathname}")]
    [InlineData("x $\\\n{pathname}", 2, "dollar sign")]
    [InlineData("x \\{pathname}", 2, "backslash")]
    [InlineData("x \"\\{pathname}\"", 3, "backslash")]
    [InlineData("a[{pathname}]=1", 0, "array")]
    [InlineData("a=({pathname})", 2, "array")]
    [InlineData("x 'y {pathname}", 2, "single quote")]
    [InlineData("x 'y", 2, "single quote")]
    [InlineData("x it's", 4, "single quote")]
    [InlineData("x \"y", 2, "double quote")]
    [InlineData("x \"y\\\"", 2, "double quote")]
    [InlineData("x $(y", 2, "$(")]
    [InlineData("x ${y", 2, "${")]
    [InlineData("x $((1", 2, "$((")]
    [InlineData("x `y", 2, "backquote")]
    [InlineData("cat <<E\nx\n", 4, "here-document")]
    [InlineData("cat <<E", 4, "here-document")]
    [InlineData("cat <<E\n$(\nE\n) {pathname}\nE\n", 8, "$(")]
    [InlineData("x ) {pathname}", 2, "closes nothing")]
    [InlineData("\U0001f600 é # {pathname}", 6, "comment")]
    [InlineData("x \0", 2, "NUL")]
    [InlineData(" \n", 0, "empty")]
    public void Place_that_cannot_be_made_safe_is_an_error(string command, int position, string hint)
    {
        var problems = new List<TemplateProblem>();

        Assert.False(CommandTemplate.TryParse(command, out CommandTemplate? template, problems));

        Assert.Null(template);
        Assert.Contains(problems, p => !p.IsWarning && p.Position == position && p.Message.Contains(hint, StringComparison.Ordinal));
        Assert.All(problems, p => Assert.DoesNotContain('\n', p.Message));
    }

    [Fact]
    public void Surrogates_count_as_one_character_and_must_stand_for_something()
    {
        var problems = new List<TemplateProblem>();

        Assert.False(CommandTemplate.TryParse("\udcff\U0001f600`{pathname}`", out _, problems));
        Assert.False(CommandTemplate.TryParse("\udcff\U0001f600\ud800", out _, problems));

        Assert.Equal([3, 2], Positions(problems));
    }

    [Fact]
    public void All_errors_of_a_command_are_reported()
    {
        var problems = new List<TemplateProblem>();

        CommandTemplate.TryParse("x `{name}` \\{watch} $(({pathname})) 'y", out _, problems);

        Assert.Equal([3, 11, 23, 36], Positions(problems));
    }

    [Theory]
    [InlineData("sh -c 'ls {pathname}'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("sh -c \"ls {pathname}\"", "$PYINOTIFYD_PATHNAME")]
    [InlineData("sh -c {pathname}", "$PYINOTIFYD_PATHNAME")]
    [InlineData("/bin/bash -euo pipefail -c 'ls {name}'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("dash -ec 'ls {src_pathname}'", "$PYINOTIFYD_SRC_PATHNAME")]
    [InlineData("env A=b sudo -u x nohup timeout 5 zsh -c 'ls {watch}'", "$PYINOTIFYD_WATCH")]
    [InlineData("A=b ksh -c 'ls {task_id}' x", "$PYINOTIFYD_TASK_ID")]
    [InlineData("x && (cd /; ash -c 'ls {maskname}')", "$PYINOTIFYD_MASKNAME")]
    [InlineData("if x; then busybox sh -c 'ls {dirname}'; fi", "$PYINOTIFYD_PATHNAME")]
    [InlineData("find / -exec sh -c 'ls {pathname}' \\;", "$PYINOTIFYD_PATHNAME")]
    [InlineData("su -c 'ls {pathname}' user", "$PYINOTIFYD_PATHNAME")]
    [InlineData("su user --command='ls {pathname}'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("su - user -c \"$(echo {pathname})\"", "$PYINOTIFYD_PATHNAME")]
    [InlineData("ssh host ls {pathname}", "$PYINOTIFYD_PATHNAME")]
    [InlineData("eval x {pathname}", "$PYINOTIFYD_PATHNAME")]
    [InlineData("awk '/{pathname}/ { print }' x", "$PYINOTIFYD_PATHNAME")]
    [InlineData("awk -v p={pathname} '{ print p }'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("awk '{ print }' {name}", "$PYINOTIFYD_PATHNAME")]
    [InlineData("x | xargs -I% cp % '{pathname}'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("python3 -c 'print(\"{pathname}\")'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("perl -ne 'print {pathname}'", "$PYINOTIFYD_PATHNAME")]
    [InlineData("sed -i -e 's/x/{pathname}/' x", "$PYINOTIFYD_PATHNAME")]
    [InlineData("sed 's/x/{pathname}/' x", "$PYINOTIFYD_PATHNAME")]
    [InlineData("[[ {name} -eq 1 ]]", "$PYINOTIFYD_PATHNAME")]
    [InlineData("x $(sh -c 'ls {pathname}')", "$PYINOTIFYD_PATHNAME")]
    public void Placeholder_in_code_of_another_interpreter_is_a_warning(string command, string variable)
    {
        var problems = new List<TemplateProblem>();

        Assert.True(CommandTemplate.TryParse(command, out _, problems));

        TemplateProblem warning = Assert.Single(problems);
        Assert.True(warning.IsWarning);
        Assert.Equal(command.IndexOf('{', command.Contains("awk '{ print }'", StringComparison.Ordinal) ? 8 : 0), warning.Position);
        Assert.Contains(variable, warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sh -c 'ls \"$1\"' sh {pathname}")]
    [InlineData("sh -c 'ls \"$PYINOTIFYD_PATHNAME\"'")]
    [InlineData("sh /etc/script {pathname}")]
    [InlineData("echo eval {pathname}")]
    [InlineData("awk '{ print }' {pathname}")]
    [InlineData("sed -e s/a/b/ {pathname}")]
    [InlineData("sed s/a/b/ {pathname}")]
    [InlineData("python3 /x.py -c {pathname}")]
    [InlineData("sh -c date; ls {pathname}")]
    [InlineData("export A={pathname}")]
    [InlineData("[ -f {pathname} ]")]
    [InlineData("sudo -u x ls {pathname}")]
    public void Placeholder_as_plain_argument_gives_no_warning(string command)
    {
        Parse(command, warnings: 0);
    }

    [Theory]
    [InlineData("for ((i=0;i<2;i++)); do x; done")]
    [InlineData("x $'it\\'s'y'")]
    [InlineData("a=(b c); a[1]=2")]
    [InlineData("function f { x; }")]
    public void Command_without_placeholders_may_use_what_other_shells_have(string command)
    {
        Parse(command, warnings: 0);
    }

    [Fact]
    public void Expansion_allocates_nothing_once_the_output_has_grown()
    {
        CommandTemplate template = Parse("x {pathname} \"{name}\" '{dirname}'", warnings: 0);
        var output = new ArrayBufferWriter<byte>();
        template.Expand(new PlaceholderValues { PathName = "/a/it's"u8 }, output);

        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                output.ResetWrittenCount();
                template.Expand(new PlaceholderValues { PathName = "/a/it's"u8 }, output);
            }
        }));
    }

    private static CommandTemplate Parse(string command, int warnings)
    {
        var problems = new List<TemplateProblem>();
        Assert.True(CommandTemplate.TryParse(command, out CommandTemplate? template, problems), string.Join('\n', problems));
        Assert.Equal(warnings, problems.Count);
        return template!;
    }

    private static string Expand(CommandTemplate template, in PlaceholderValues values)
    {
        var output = new ArrayBufferWriter<byte>();
        template.Expand(values, output);
        return SurrogateEscape.Decode(output.WrittenSpan);
    }

    private static List<int> Positions(List<TemplateProblem> problems)
    {
        var positions = new List<int>();
        foreach (TemplateProblem problem in problems)
        {
            positions.Add(problem.Position);
        }

        return positions;
    }
}

using System;
using System.IO;
using System.Linq;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

[Collection(ProcessCollection.Name)]
public sealed class ChildOutputTests : IDisposable
{
    private readonly JobRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Output_is_logged_line_by_line_with_the_tasks_id()
    {
        _rig.Run(_rig.Shell("echo one; echo; printf 'last \\351\\000'; echo bad >&2; printf worse >&2"));

        Assert.Equal(["Info stdout: one", "Info stdout: ", "Info stdout: last \xe9\0"], _rig.Lines.Where(line => line.Contains("stdout")));
        Assert.Equal(["Warning stderr: bad", "Warning stderr: worse"], _rig.Lines.Where(line => line.Contains("stderr")));
        Assert.All(_rig.TaskIds, id => Assert.Equal("000000000000abc0", id));
    }

    [Fact]
    public void Line_that_comes_in_pieces_is_one_line()
    {
        string fifo = Fifo();
        _rig.Start(_rig.Shell("printf first; read x < " + fifo + "; echo \" $x\"; echo next"));
        using (FileStream stream = new(fifo, FileMode.Open, FileAccess.Write))
        {
            // The shell has written the first half before it opened the other end.
            _rig.Step(1000);
            Assert.Single(_rig.Lines);
            stream.Write("second\n"u8);
        }

        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.Equal(["Info stdout: first second", "Info stdout: next"], _rig.Lines[1..]);
    }

    [Theory]
    [InlineData(8191, false)]
    [InlineData(8192, false)]
    [InlineData(8193, true)]
    [InlineData(16384, true)]
    [InlineData(100000, true)]
    public void Long_line_is_cut_and_marked(int length, bool isCut)
    {
        _rig.Run(_rig.Shell("printf '%0" + length + "d\\nnext\\n' 0"));

        Assert.Equal("Info stdout: " + (isCut ? new string('0', 8192) + " [cut after 8192 bytes]" : new string('0', length)), _rig.Lines[1]);
        Assert.Equal("Info stdout: next", _rig.Lines[2]);
        Assert.Equal(3, _rig.Lines.Count);
    }

    [Fact]
    public void Long_line_without_newline_is_logged_once()
    {
        _rig.Run(_rig.Shell("printf '%09000d' 0"));

        Assert.Equal(2, _rig.Lines.Count);
        Assert.EndsWith("0 [cut after 8192 bytes]", _rig.Lines[1]);
    }

    [Fact]
    public void Flood_is_read_in_bounded_pieces_and_completely()
    {
        TaskEntry task = _rig.Start(_rig.Shell("yes | head -n 300000"));
        int most = 0;
        while (_rig.Ends.Count == 0)
        {
            int before = _rig.Lines.Count;
            _rig.Step(1000);
            most = Math.Max(most, _rig.Lines.Count - before);
        }

        Assert.Same(task, _rig.Ends[0].Task);
        Assert.Equal(300001, _rig.Lines.Count);
        Assert.InRange(most, 1, 2 * ChildOutput.ChunkSize / 2);
    }

    [Fact]
    public void Full_pipe_of_a_process_that_has_ended_is_logged_before_the_end()
    {
        int linesAtEnd = -1;
        _rig.OnEnd = () => linesAtEnd = _rig.Lines.Count;
        _rig.Start(_rig.Shell("yes | head -c 65536"));

        // It can write all of that without a reader, and is a zombie before the reactor looks.
        Assert.True(System.Threading.SpinWait.SpinUntil(() => JobRig.ChildStates() == "Z", 20_000));
        _rig.StepUntil(() => _rig.Ends.Count == 1);

        Assert.Equal(32769, linesAtEnd);
    }

    [Fact]
    public void Task_ends_with_its_process_though_a_grandchild_holds_the_output()
    {
        string fifo = Fifo();
        _rig.Run(_rig.Shell("echo early; (read x < " + fifo + "; echo late $x) & exit 7"));
        Assert.Equal(7, _rig.Ends[0].Outcome.ExitStatus);
        Assert.Equal(2, _rig.Children.Lingering);
        Assert.Equal(0, _rig.Children.Running);

        File.WriteAllText(fifo, "word\n");
        _rig.StepUntil(() => _rig.Children.Lingering == 0);

        Assert.Equal(["Info stdout: early", "Info stdout: late word"], _rig.Lines[1..]);
        Assert.Equal("000000000000abc1", _rig.TaskIds[^1]);
    }

    [Fact]
    public void Lingering_pipes_are_bounded_and_the_oldest_is_closed()
    {
        string fifo = Fifo();
        int descriptors = JobRig.OpenDescriptors();
        for (int i = 0; i < 140; i++)
        {
            _rig.Run(_rig.Shell("(read x < " + fifo + ") &"));
        }

        Assert.Equal(ChildTable.MaxLingering, _rig.Children.Lingering);
        Assert.Equal(descriptors + ChildTable.MaxLingering, JobRig.OpenDescriptors());
        Assert.Equal(24, _rig.Lines.Count(line => line.StartsWith("Warning more than 256 pipes", StringComparison.Ordinal)));

        // Opened for both, closed again: all readers see the end.
        File.WriteAllText(fifo, string.Concat(Enumerable.Repeat("\n", 140)));
        _rig.StepUntil(() =>
        {
            int fd = Libc.openat(Libc.AT_FDCWD, JobRig.Latin1(fifo + "\0"), Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
            _ = fd >= 0 ? Libc.close(fd) : 0;
            return _rig.Children.Lingering == 0;
        });
        Assert.Equal(descriptors, JobRig.OpenDescriptors());
    }

    [Fact]
    public void Process_that_closes_its_output_early_still_runs_to_its_end()
    {
        string fifo = Fifo();
        _rig.Start(_rig.Shell("exec >&- 2>&-; read x < " + fifo + "; exit 5"));
        using (FileStream stream = new(fifo, FileMode.Open, FileAccess.Write))
        {
            _rig.Step(1000);
            Assert.Empty(_rig.Ends);
        }

        _rig.StepUntil(() => _rig.Ends.Count == 1);
        Assert.Equal(5, _rig.Ends[0].Outcome.ExitStatus);
    }

    [Fact]
    public void Discarded_output_is_not_logged()
    {
        _rig.Run(_rig.Shell("echo a; echo b >&2", new ProcessSpec { Output = OutputMode.Discard }));

        Assert.Single(_rig.Lines);
    }

    [Fact]
    public void Inherited_output_is_the_daemons_own()
    {
        string own = new FileInfo("/proc/self/fd/1").LinkTarget + " " + new FileInfo("/proc/self/fd/2").LinkTarget;
        string file = Path.Combine(_rig.Directory, "links");

        _rig.Run(_rig.Shell("echo $(readlink /proc/$$/fd/1) $(readlink /proc/$$/fd/2) > " + file, new ProcessSpec { Output = OutputMode.Inherit }));

        Assert.Equal(own + "\n", File.ReadAllText(file));
    }

    private string Fifo()
    {
        string fifo = Path.Combine(_rig.Directory, "fifo");
        Assert.True(_rig.Run(_rig.Exec("mkfifo", fifo)).Succeeded);
        _rig.Ends.Clear();
        _rig.Lines.Clear();
        _rig.TaskIds.Clear();
        return fifo;
    }
}

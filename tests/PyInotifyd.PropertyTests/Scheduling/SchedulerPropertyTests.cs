using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Scheduling;

/// <summary>Random events, cancels, renames, removals, ends and time, against the naive model.</summary>
/// <remarks>PYINOTIFYD_SEED repeats one run.</remarks>
public class SchedulerPropertyTests(ITestOutputHelper output)
{
    private static readonly string[] s_directories = ["/w/d", "/w/e", "/w/d/x", "/w/e/y"];
    private static readonly EventMask[] s_masks = [EventMask.Create, EventMask.CloseWrite, EventMask.Attrib, EventMask.Open];

    [Fact]
    public void Any_sequence_starts_the_same_tasks_in_the_same_order_as_the_model()
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED");
        int first = given is null ? Environment.TickCount & 0xFFFFFF : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine("first seed " + first);
        for (int i = 0; i < (given is null ? 400 : 1); i++)
        {
            Run(first + i, operations: 300);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Known_seeds_agree_with_the_model(int seed) => Run(seed, operations: 3000);

    private static void Run(int seed, int operations)
    {
        Random random = new(seed);
        SchedulerSpec spec = SchedulingRig.Scheduler(delayMs: Pick(random, 0, 0, 50, 100)) with
        {
            MaxDelayMs = Pick(random, 0, 0, 120),
            OnBusy = (BusyPolicy)Pick(random, (int)BusyPolicy.Queue, (int)BusyPolicy.Queue, (int)BusyPolicy.Skip),
            MaxConcurrency = Pick(random, 0, 1, 2),
            Retries = Pick(random, 0, 2),
            RetryDelayMs = 30,
            SingleJob = random.Next(5) == 0,
        };
        SchedulingRig rig = SchedulingRig.One(spec, maxConcurrency: 3);
        NaiveScheduler model = new(spec, 3, rig.Clock.NowNs / 1_000_000);
        List<string> done = [];
        for (int i = 0; i < operations; i++)
        {
            done.Add(Do(random, rig, model));
            Counters counters = rig.Counters();
            string actual = Text(rig.Set.TaskCount, counters.Finished, counters.Failed, counters.Cancelled, counters.Skipped, rig.Job().Starts);
            string expected = Text(model.Count, model.Finished, model.Failed, model.Cancelled, model.Skipped, model.Starts);
            if (actual != expected)
            {
                Assert.Fail("seed " + seed + ", " + spec + "\n" + string.Join('\n', done) + "\nexpected " + expected + "\nactual   " + actual);
            }
        }
    }

    private static string Do(Random random, SchedulingRig rig, NaiveScheduler model)
    {
        string directory = s_directories[random.Next(s_directories.Length)];
        string path = directory + "/" + (char)('f' + random.Next(3));
        switch (random.Next(14))
        {
            case < 6:
                EventMask mask = s_masks[random.Next(s_masks.Length)];
                rig.Event(mask, path);
                model.Trigger(mask, path);
                return "event " + mask + " " + path;
            case 6:
                rig.Event(EventMask.Delete, path);
                model.Cancel(path, isDirectory: false);
                return "cancel " + path;
            case 7 when random.Next(3) == 0:
                rig.Event(EventMask.Delete | EventMask.IsDir, directory);
                model.Cancel(directory, isDirectory: true);
                return "cancel directory " + directory;
            case 8 when random.Next(3) == 0:
                rig.Gone(directory);
                model.Gone(directory);
                return "gone " + directory;
            case 9:
                string to = s_directories[random.Next(s_directories.Length)];
                if (to.StartsWith(directory, StringComparison.Ordinal) || directory.StartsWith(to, StringComparison.Ordinal) || model.MakesTwins(directory, to))
                {
                    return "no rename";
                }

                rig.Move(directory, to);
                model.Move(directory, to);
                return "rename " + directory + " to " + to;
            case 10 or 11 when model.Running.Count != 0:
                string running = model.Running[random.Next(model.Running.Count)];
                bool succeeded = random.Next(3) != 0;
                rig.Job().End(running, succeeded ? TaskOutcome.Success : TaskOutcome.Exited(1));
                model.End(running, succeeded);
                return "end " + running + " " + succeeded;
            default:
                int time = random.Next(120);
                rig.Advance(time);
                model.Advance(time);
                return "advance " + time;
        }
    }

    private static int Pick(Random random, params int[] values) => values[random.Next(values.Length)];

    private static string Text(int count, long finished, long failed, long cancelled, long skipped, List<string> starts)
    {
        StringBuilder text = new();
        text.Append(count).Append(' ').Append(finished).Append(' ').Append(failed).Append(' ').Append(cancelled).Append(' ').Append(skipped).Append(' ').Append(starts.Count);
        for (int i = Math.Max(0, starts.Count - 5); i < starts.Count; i++)
        {
            text.Append(", ").Append(starts[i]);
        }

        return text.ToString();
    }
}

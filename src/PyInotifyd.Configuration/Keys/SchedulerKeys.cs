namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of schedulers: those that all have, and those of each type.</summary>
internal static class SchedulerKeys
{
    internal const int ShellType = 0;
    internal const int ExecType = 1;
    internal const int FileManagerType = 2;
    internal const int TaskType = 3;

    internal static readonly ConfigKey Type = ConfigKey.Choice(
        "type",
        null,
        "What its tasks do.",
        new("shell", "Run a command line by /bin/sh."),
        new("exec", "Run a program without a shell."),
        new("filemanager", "Move, copy and delete by rules."),
        new("task", "Run a job of a worker.")).MustBeGiven();

    internal static readonly ConfigKey Files = ConfigKey.Boolean("files", true, "Schedule for events on files.");

    internal static readonly ConfigKey Dirs = ConfigKey.Boolean("dirs", false, "Schedule for events on directories.");

    internal static readonly ConfigKey Delay = ConfigKey.Duration(
        "delay", 0, "Wait this long after the last event of the path; each such event starts the wait anew.");

    internal static readonly ConfigKey MaxDelay = ConfigKey.Duration("max_delay", null, "But no longer than this after the first event.");

    internal static readonly ConfigKey LogName = ConfigKey.Text("logname", "sched", "Name of its logger.");

    internal static readonly ConfigKey SingleJob = ConfigKey.Boolean("singlejob", false, "One task for the whole scheduler instead of one per path.");

    internal static readonly ConfigKey OnBusy = ConfigKey.Choice(
        "on_busy",
        0,
        "What an event does to a path whose task is running.",
        new("queue", "Run once more afterwards with the newest event."),
        new("skip", "Drop the event with a warning."),
        new("restart", "Stop the running task and start again."));

    internal static readonly ConfigKey MaxConcurrency = ConfigKey.Integer(
        "max_concurrency", null, 1, 10_000, "Tasks of this scheduler running at once.").OrNull();

    internal static readonly ConfigKey Timeout = ConfigKey.Duration("timeout", null, "A task that runs longer is stopped and counts as failed.");

    internal static readonly ConfigKey KillAfter = ConfigKey.Duration("kill_after", 5_000, "From TERM to KILL when a task is stopped.");

    internal static readonly ConfigKey Retries = ConfigKey.Integer("retries", 0, 0, 1_000_000, "How often a failed task is tried again.");

    internal static readonly ConfigKey RetryDelay = ConfigKey.Duration(
        "retry_delay", 1_000, "Wait before the second try; it doubles each time, up to 5 minutes.");

    internal static readonly ConfigKey OnSuccess = ConfigKey.Of(
        ConfigType.SchedulerName, "on_success", "Scheduler that the event is handed to after success.").OrNull();

    internal static readonly ConfigKey OnFailure = ConfigKey.Of(
        ConfigType.SchedulerName, "on_failure", "Scheduler that the event is handed to after the last try failed.").OrNull();

    internal static readonly ConfigKey WaitStable = ConfigKey.Duration(
        "wait_stable", null, "Before a start, size and mtime must have been unchanged for so long and nobody may have the file open for writing.");

    internal static readonly ConfigKey Batch = ConfigKey.Nested(
        ConfigType.Object, "batch", BatchKeys.Group, "One run for many paths, handed over on standard input or in one message to the worker; not for filemanager.").OrNull();

    internal static readonly ConfigKey Cmd = ConfigKey.Text(
        "cmd", null, "Command line for /bin/sh -c; {pathname} and its like are replaced, quoted for the place where they stand.").MustBeGiven();

    internal static readonly ConfigKey Argv = ConfigKey.Of(
        ConfigType.TextList, "argv", "Program and arguments; {pathname} and its like are replaced inside each.").MustBeGiven();

    internal static readonly ConfigKey Rules = ConfigKey.Nested(
        ConfigType.ObjectList, "rules", RuleKeys.Group, "Rules, of which the first whose src_re matches is executed.").MustBeGiven();

    internal static readonly ConfigKey Worker = ConfigKey.Of(ConfigType.WorkerName, "worker", "Worker that runs the job.").MustBeGiven();

    internal static readonly ConfigKey Job = ConfigKey.Text("job", null, "Name of the job in the worker.").MustBeGiven();

    internal static readonly KeyGroup Common = new(
        "a scheduler", Files, Dirs, Delay, MaxDelay, LogName, SingleJob, OnBusy, MaxConcurrency, Timeout, KillAfter, Retries, RetryDelay, OnSuccess, OnFailure,
        WaitStable);

    private static readonly KeyGroup s_typed = new("a scheduler", new KeyGroup("", Type), Common);

    internal static readonly KeyGroup Defaults = new("defaults", new KeyGroup("", Common, new KeyGroup("", Batch)), ProcessKeys.Group);

    internal static readonly KeyGroup Shell = new(
        "a scheduler of type \"shell\"", new KeyGroup("", new KeyGroup("", Cmd), new KeyGroup("", s_typed, new KeyGroup("", Batch))), ProcessKeys.Group);

    internal static readonly KeyGroup Exec = new(
        "a scheduler of type \"exec\"", new KeyGroup("", new KeyGroup("", Argv), new KeyGroup("", s_typed, new KeyGroup("", Batch))), ProcessKeys.Group);

    internal static readonly KeyGroup FileManager = new("a scheduler of type \"filemanager\"", new KeyGroup("", Rules), s_typed);

    internal static readonly KeyGroup Task = new("a scheduler of type \"task\"", new KeyGroup("", Worker, Job), new KeyGroup("", s_typed, new KeyGroup("", Batch)));

    /// <summary>Every key that a scheduler of some type has, for one whose type is not known.</summary>
    internal static readonly KeyGroup Any = new(
        "a scheduler", new KeyGroup("", Type, Cmd, Argv, Rules, Worker, Job), Defaults);

    /// <summary>The keys of a type, in the order of the choices of <see cref="Type"/>.</summary>
    internal static KeyGroup ForType(long type) => type switch
    {
        ShellType => Shell,
        ExecType => Exec,
        FileManagerType => FileManager,
        _ => Task,
    };
}

using System;
using PyInotifyd.Engine.Jobs.Launch;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Starts the programs of a scheduler or worker as its process options say; what is the same each time lies prepared.</summary>
/// <remarks>
/// Environment, directory, signals and umask go with posix_spawn itself. With user, group, nice or no_new_privs the <see cref="Launcher"/> is started, and it executes the program: then a start that fails shows
/// at the end of the process, through the record that <see cref="ChildTable"/> reads.
/// Owns: native memory, until <see cref="Dispose"/> or the collection of the plan.   Threads: reactor only.
/// </remarks>
internal sealed class ProgramStart : IDisposable
{
    private readonly ProcessSpec _process;
    private readonly SpawnPlan _plan;
    private readonly ProgramSearch _search;
    private readonly byte[] _directory;
    private readonly byte[]? _record;

    /// <summary>Prepares starts.</summary>
    /// <param name="inherited">The environment that children start from.</param>
    /// <param name="process">How they run.</param>
    /// <remarks>Errors: a user that nobody knows, or options that need the launcher in a program without one → InvalidOperationException; the configuration is checked for the first before.</remarks>
    public ProgramStart(ReadOnlySpan<byte> inherited, ProcessSpec process)
    {
        if (process.RunAs is null && (process.User is not null || process.Group is not null))
        {
            RunAsSpec found = new Accounts().Find(process.User, process.Group) ?? throw new InvalidOperationException("user " + process.User + " or group " + process.Group + " is not known");
            process = process with { RunAs = found };
        }

        _process = process;
        byte[] environment = ChildEnvironment.Build(inherited, process);
        _directory = [.. ChildEnvironment.Encode(process.Cwd), 0];
        ReadOnlySpan<byte> path = ChildEnvironment.Find(environment, "PATH"u8, out bool found2);
        path = found2 ? path : "/bin:/usr/bin"u8;
        int flags = Flags(process);
        bool launches = flags != 0 || process.Nice != 0;
        if (launches && Launcher.Path.IsEmpty)
        {
            throw new InvalidOperationException("user, group, nice and no_new_privs need Launcher.TryRun at the start of Main");
        }

        // The launcher enters the directory itself, as the user.
        _record = launches ? LaunchRecord.Prefix(flags, process.RunAs, process.Nice, _directory, path) : null;
        _plan = new SpawnPlan(environment, launches ? default : _directory) { Umask = process.Umask };
        _search = new ProgramSearch(path.ToArray(), _directory);
    }

    /// <summary>Starts a program and returns 0, or minus errno as execvp(3) would give it.</summary>
    /// <param name="argv">Arguments, each ended by NUL; the first names the program.</param>
    /// <param name="variables">Variables of this start alone.</param>
    /// <param name="streams">Its descriptors.</param>
    /// <param name="pid">The child.</param>
    /// <param name="record">What <see cref="ChildTable.Add"/> learns from whether the program was executed at all; -1: it was.</param>
    public int Spawn(ReadOnlySpan<byte> argv, ReadOnlySpan<byte> variables, in ChildStreams streams, out int pid, out int record)
    {
        pid = 0;
        record = -1;
        if (_record is not null)
        {
            return Launch(argv, variables, in streams, out pid, out record);
        }

        ReadOnlySpan<byte> name = argv[..argv.IndexOf((byte)0)];
        return name.Contains((byte)'/')
            ? _plan.Spawn(argv[..(name.Length + 1)], argv, variables, streams.Input, streams.Output, streams.Errors, out pid)
            : _search.Spawn(_plan, argv, variables, in streams, out pid);
    }

    /// <summary>Says why a program could not be started, and what to do about it.</summary>
    /// <param name="errno">What <see cref="Spawn"/> returned.</param>
    /// <param name="argv">What was to be started.</param>
    public string FailureText(int errno, ReadOnlySpan<byte> argv)
    {
        if (_record is not null)
        {
            return LaunchFailure.OfStart(errno);
        }

        ReadOnlySpan<byte> program = argv[..argv.IndexOf((byte)0)];
        return StartFailure.Text(errno, program, _directory, program.Contains((byte)'/') ? default : _search.Path);
    }

    /// <summary>Says why a process has ended before it was the program: what a child's end with <see cref="LaunchFailure.Code"/> means.</summary>
    /// <param name="status">The status of that end.</param>
    /// <param name="program">What was to be started, as configured.</param>
    public string LaunchFailureText(int status, string program) => LaunchFailure.Text(status, _process, program, _search.Path);

    /// <summary>Frees the native memory.</summary>
    public void Dispose() => _plan.Dispose();

    private static int Flags(ProcessSpec process)
    {
        int flags = 0;
        if (process.RunAs is { } runAs)
        {
            // Without root the configuration lets one be only who one is.
            flags |= Libc.geteuid() == 0 ? LaunchRecord.SetsIdentity : 0;
            flags |= runAs.HasUser && runAs.Uid != 0 ? LaunchRecord.DropsCapabilities : 0;
        }

        return flags | (process.NoNewPrivs ?? process.RunAs?.HasUser == true ? LaunchRecord.SetsNoNewPrivs : 0);
    }

    private int Launch(ReadOnlySpan<byte> argv, ReadOnlySpan<byte> variables, in ChildStreams streams, out int pid, out int record)
    {
        pid = 0;
        record = LaunchRecord.Create(_record!, argv);
        if (record < 0)
        {
            int failed = record;
            record = -1;
            return failed;
        }

        streams.GiveTo(_process.RunAs);
        int result = _plan.Spawn(Launcher.Path, Launcher.Arguments, variables, streams.Input, streams.Output, streams.Errors, record, out pid);
        if (result < 0)
        {
            _ = Libc.close(record);
            record = -1;
        }

        return result;
    }
}

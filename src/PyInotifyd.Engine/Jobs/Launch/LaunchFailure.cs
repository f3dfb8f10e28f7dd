using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Launch;

/// <summary>Says why a process ended before it was the program that it should have been.</summary>
internal static class LaunchFailure
{
    /// <summary>The code of a child's end, beside those of waitid(2), that means so; the status holds the step and errno.</summary>
    public const int Code = -1;

    private const int StepShift = 16;

    /// <summary>Reads the record of a process that has ended; where it was not the program yet, code and status become those of that.</summary>
    public static void Judge(int record, ref int code, ref int status)
    {
        LaunchStep step = LaunchRecord.ReadReport(record, out int errno);

        // One that a signal has ended, such as that of a timeout, says so itself.
        if (step != LaunchStep.Done && (code == Libc.CLD_EXITED || errno != 0))
        {
            (code, status) = (Code, ((int)step << StepShift) | (errno & ((1 << StepShift) - 1)));
        }
    }

    /// <summary>Returns the number of the error in the status that <see cref="Judge"/> made; 0: none.</summary>
    public static int ErrnoOf(int status) => status & ((1 << StepShift) - 1);

    /// <summary>Returns the text for a launcher that could not be started itself.</summary>
    public static string OfStart(int errno) =>
        "cannot start the launcher for user, group, nice and no_new_privs, " + SurrogateEscape.Decode(Launcher.Path[..^1]) + ": " + Errno.Name(errno) + " " + Errno.Text(errno)
        + "; if the program was replaced or moved, restart the daemon";

    /// <summary>Returns the text for the status that <see cref="Judge"/> made.</summary>
    public static string Text(int status, ProcessSpec process, string program, System.ReadOnlySpan<byte> search)
    {
        LaunchStep step = (LaunchStep)(status >> StepShift);
        int errno = ErrnoOf(status);
        string words = Errno.Name(errno) + " " + Errno.Text(errno);
        string start = "cannot start " + program + As(process) + ": ";
        switch (step)
        {
            case LaunchStep.None:
                return start + "the launcher ended before it had read what to do; see its output, and memory and process limits";
            case LaunchStep.Record:
                return start + "the launcher cannot read what to do: " + words + "; if the program was replaced, restart the daemon";
            case LaunchStep.Nice:
                return start + "setpriority: " + words + "; a negative nice needs root (CAP_SYS_NICE)";
            case LaunchStep.Groups:
                return start + "setgroups: " + words + "; the daemon needs CAP_SETGID, and 65536 groups are the limit";
            case LaunchStep.Gid:
                return start + "setresgid: " + words + "; the daemon needs CAP_SETGID, and the group must exist in its user namespace";
            case LaunchStep.Uid:
                return start + "setresuid: " + words + "; the daemon needs CAP_SETUID, and the user must exist in its user namespace";
            case LaunchStep.Capabilities:
                return start + "capset: " + words + "; check what restricts the daemon (securebits, seccomp)";
            case LaunchStep.Verification:
                return start + "the user and groups that were set are not those in force; check what restricts the daemon (seccomp, a security module)";
            case LaunchStep.NoNewPrivs:
                return start + "prctl PR_SET_NO_NEW_PRIVS: " + words + "; check what restricts the daemon (seccomp)";
            case LaunchStep.Directory:
                return start + words + " for its directory " + process.Cwd + "; check cwd, and that the user may enter it";
            default:
                return start + words + "; " + (errno == Errno.EACCES && process.RunAs is { HasUser: true }
                    ? "check that this user may execute it and enter all directories above it" + (program.Contains('/') ? "" : ", those of PATH=" + SurrogateEscape.Decode(search) + " too")
                    : errno == Errno.EAGAIN ? "the user has too many processes" + KernelLimit.Processes() + "; raise LimitNPROC (ulimit -u), or lower max_concurrency"
                    : StartFailure.Remedy(errno, ChildEnvironment.Encode(program), program.Contains('/') ? default : search));
        }
    }

    private static string As(ProcessSpec process) => process.RunAs is not { } runAs ? ""
        : runAs.HasUser ? " as user " + (runAs.Name ?? runAs.Uid.ToString())
        : " as group " + (process.Group ?? runAs.Gid.ToString());
}

using System;
using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Tells beforehand whether the program of a command can be found, without starting it.</summary>
/// <remarks>
/// What is said is what the task would say when its start failed (<see cref="StartFailure"/>). Only a start proves that a program can be started; the look is for people.
/// Threads: any.
/// </remarks>
public static class ProgramCheck
{
    // Words that /bin/sh (dash, busybox or bash) knows itself; none of them is looked for in PATH.
    private const string ShellWords =
        " . : [ [[ ! { } alias bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc declare dirs disown do done echo elif else enable esac eval exec exit export "
        + "false fc fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend "
        + "test then time times trap true type typeset ulimit umask unalias unset until wait while ";

    /// <summary>Returns why the program of an argument vector cannot be started; null where nothing speaks against it, or where a placeholder names it.</summary>
    public static string? OfArguments(SpecList<string> argv, ProcessSpec process)
    {
        ArgumentNullException.ThrowIfNull(argv);
        ArgumentNullException.ThrowIfNull(process);
        return argv.Count == 0 || PlaceholderNames.ContainsAny(argv[0]) ? null : Check(argv[0], process);
    }

    /// <summary>Returns why the first program of a shell's command line cannot be started; null where nothing speaks against it, or where the first word is not simply the name of a program.</summary>
    /// <param name="command">The command line as configured.</param>
    /// <param name="process">How it runs.</param>
    /// <param name="onlyAbsolute">Look at words that begin with a slash only.</param>
    public static string? OfCommand(string command, ProcessSpec process, bool onlyAbsolute)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(process);
        ReadOnlySpan<char> rest = command.AsSpan().TrimStart(" \t\n");
        int end = rest.IndexOfAny(" \t\n;&|<>");
        ReadOnlySpan<char> word = end < 0 ? rest : rest[..end];
        ReadOnlySpan<char> behind = end < 0 ? default : rest[end..].TrimStart(" \t");
        bool isPlain = !word.IsEmpty && word.IndexOfAny("'\"\\`$*?[]{}()#~=!") < 0;

        // name() defines a function; 2>file is a redirection of a number.
        if (!isPlain || behind.StartsWith("(") || (end >= 0 && rest[end] is '<' or '>' && word.IndexOfAnyExceptInRange('0', '9') < 0))
        {
            return null;
        }

        if (word[0] != '/' && (onlyAbsolute || ShellWords.Contains(string.Concat(" ", word, " "), StringComparison.Ordinal)))
        {
            return null;
        }

        return Check(word.ToString(), process);
    }

    private static string? Check(string program, ProcessSpec process)
    {
        byte[] name = ChildEnvironment.Encode(program);
        byte[] directory = [.. ChildEnvironment.Encode(process.Cwd), 0];
        if (Array.IndexOf(name, (byte)'/') >= 0)
        {
            int result = Look(Beside(directory, name), process);
            return result == 0 ? null : StartFailure.Text(result, name, directory, default);
        }

        byte[] environment = ChildEnvironment.Build(ProcessEnvironment.Copy(), process);
        ReadOnlySpan<byte> path = ChildEnvironment.Find(environment, "PATH"u8, out bool found);
        path = found ? path : "/bin:/usr/bin"u8;
        int worst = -Errno.ENOENT;
        for (ReadOnlySpan<byte> rest = path; ;)
        {
            int colon = rest.IndexOf((byte)':');
            ReadOnlySpan<byte> element = colon < 0 ? rest : rest[..colon];

            // An empty element is the current directory.
            int result = Look(Beside(directory, element.IsEmpty ? name : [.. element, (byte)'/', .. name]), process);
            if (result == 0)
            {
                return null;
            }

            worst = result == -Errno.EACCES ? result : worst;
            if (colon < 0)
            {
                return StartFailure.Text(worst, name, directory, path);
            }

            rest = rest[(colon + 1)..];
        }
    }

    private static byte[] Beside(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path) =>
        path[0] == (byte)'/' ? [.. path, 0] : [.. directory[..^1], (byte)'/', .. path, 0];

    private static int Look(byte[] terminated, ProcessSpec process)
    {
        int result = Libc.statx(Libc.AT_FDCWD, terminated, 0, Libc.STATX_TYPE | Libc.STATX_MODE, out statx found);
        if (result < 0)
        {
            return result;
        }

        const int AnyExecute = 0x49;
        if (found.Type != Libc.S_IFREG || (found.stx_mode & AnyExecute) == 0)
        {
            return -Errno.EACCES;
        }

        // Another user's rights are not asked for: that takes being that user.
        return process.User is null && process.Group is null ? Libc.faccessat(Libc.AT_FDCWD, terminated, Libc.X_OK, Libc.AT_EACCESS) : 0;
    }
}

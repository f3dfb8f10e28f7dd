using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Python;

/// <summary>Finds python3 and prepares what it is started with.</summary>
/// <remarks>
/// <para>
/// Isolated mode (<c>-I</c>): no variable of the environment, no directory of a user and not the current one can put a module under the daemon. A root daemon takes python3 from two fixed places only; a name in
/// PATH may be anybody's.
/// </para>
/// <para>
/// The module and the user's file, as it was read and checked here, travel in one file that lies in memory: Python opens no path, so nothing can be exchanged between the check and the use.
/// </para>
/// </remarks>
internal static class PythonInterpreter
{
    // What it reads is the module's length; the rest is the module's to read.
    private static ReadOnlySpan<byte> Loader => "import sys;f=open(int(sys.argv[1]),'rb');exec(compile(f.read(int(sys.argv[2])),'pyinotifyd','exec'))"u8;

    /// <summary>Returns the places where python3 is looked for, in order, each ended by NUL.</summary>
    public static List<byte[]> Places(uint user, string? path)
    {
        List<byte[]> places = ["/usr/bin/python3\0"u8.ToArray(), "/usr/local/bin/python3\0"u8.ToArray()];
        foreach (string directory in user == 0 || path is null ? [] : path.Split(':'))
        {
            if (directory.StartsWith('/'))
            {
                places.Add(Encoding.UTF8.GetBytes(directory + "/python3\0"));
            }
        }

        return places;
    }

    /// <summary>Returns what is to be said where python3 cannot be started, for an errno.</summary>
    public static string Complaint(int result)
    {
        if (result == -Errno.ENOENT)
        {
            return "python3 is missing, and a configuration in Python needs it: looked for /usr/bin/python3 and /usr/local/bin/python3"
                + (Libc.geteuid() == 0 ? "" : ", then in PATH") + "; install it (apt-get install python3), or write the configuration as JSON";
        }

        return "cannot start python3: " + Errno.Name(result) + " " + Errno.Text(result);
    }

    /// <summary>Returns a file in memory with the module and the user's file, at its start and inherited by the next process; or minus errno.</summary>
    /// <remarks>Owns: the caller closes it at once after the start, since every process would inherit it.</remarks>
    public static int OpenModule(ReadOnlySpan<byte> source)
    {
        int fd = Libc.memfd_create("pyinotifyd-config\0"u8, 0);
        if (fd < 0)
        {
            return fd;
        }

        int result = WriteAll(fd, PythonModule.Text);
        result = result < 0 ? result : WriteAll(fd, source);
        if (result < 0 || (result = (int)Libc.lseek(fd, 0, Libc.SEEK_SET)) < 0)
        {
            _ = Libc.close(fd);
            return result;
        }

        return fd;
    }

    /// <summary>Returns the arguments of python3, each ended by NUL.</summary>
    /// <param name="module">Descriptor of <see cref="OpenModule"/>.</param>
    /// <param name="mode">What the module is to do: daemon, check, convert, worker.</param>
    /// <param name="name">The user's file.</param>
    /// <param name="insecure">Whether a restart of the worker accepts a file that others may write.</param>
    /// <param name="debug">Whether debugging messages are wanted.</param>
    public static byte[] Arguments(int module, string mode, ReadOnlySpan<byte> name, bool insecure, bool debug)
    {
        List<byte> words = [];
        Append(words, "python3"u8);
        Append(words, "-I"u8);
        Append(words, "-Xutf8"u8);
        Append(words, "-c"u8);
        Append(words, Loader);
        Append(words, Encoding.UTF8.GetBytes(module.ToString()));
        Append(words, Encoding.UTF8.GetBytes(PythonModule.Text.Length.ToString()));
        Append(words, Encoding.UTF8.GetBytes(mode));
        Append(words, name);
        Append(words, OwnProgram());
        Append(words, debug ? "1"u8 : "0"u8);
        Append(words, insecure ? "1"u8 : "0"u8);
        return words.ToArray();
    }

    /// <summary>Returns the environment of Python: the daemon's, without what belongs to the daemon alone.</summary>
    public static byte[] Environment() => ChildEnvironment.Build(ProcessEnvironment.Copy(), ProcessSpec.Default);

    /// <summary>Returns the path of this program, for the command of a worker; its bare name where /proc is missing.</summary>
    public static byte[] OwnProgram()
    {
        byte[] buffer = new byte[4096];
        int length = Libc.readlinkat(Libc.AT_FDCWD, "/proc/self/exe\0"u8, buffer);
        if (length <= 0 || length == buffer.Length)
        {
            return "pyinotifyd"u8.ToArray();
        }

        // A package that was upgraded meanwhile has another file under the same name.
        ReadOnlySpan<byte> path = buffer.AsSpan(0, length);
        ReadOnlySpan<byte> deleted = " (deleted)"u8;
        return (path.EndsWith(deleted) ? path[..^deleted.Length] : path).ToArray();
    }

    /// <summary>Becomes Python, which reads tasks on standard input and answers on standard output; returns the exit status where that cannot be.</summary>
    public static int BecomeWorker(byte[] path, ReadOnlySpan<byte> source, bool debug)
    {
        int module = OpenModule(source);
        if (module < 0)
        {
            StandardStreams.Complain("cannot hand the configuration to python3: " + Errno.Name(module) + " " + Errno.Text(module));
            return ExitStatus.Failed;
        }

        byte[] arguments = Arguments(module, "worker", path, insecure: false, debug);
        byte[] environment = Environment();
        int result = -Errno.ENOENT;
        foreach (byte[] place in Places(Libc.geteuid(), System.Environment.GetEnvironmentVariable("PATH")))
        {
            int tried = Libc.execve(place, arguments, environment);
            result = tried == -Errno.ENOENT ? result : tried;
        }

        StandardStreams.Complain(SurrogateEscape.Decode(path) + ": " + Complaint(result));
        return ExitStatus.Failed;
    }

    private static void Append(List<byte> words, ReadOnlySpan<byte> word)
    {
        foreach (byte b in word)
        {
            words.Add(b);
        }

        words.Add(0);
    }

    private static int WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int written = Libc.write(fd, bytes);
            if (written < 0)
            {
                return written;
            }

            bytes = bytes[written..];
        }

        return 0;
    }
}

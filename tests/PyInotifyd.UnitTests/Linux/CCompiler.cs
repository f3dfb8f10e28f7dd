using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PyInotifyd.UnitTests.Linux;

/// <summary>Runs the C compiler for one of the two architectures over a text.</summary>
/// <remarks>
/// Not with the Process class: from its first use on, the runtime looks at every child that ends, also at those that other tests of this process reap themselves.
/// </remarks>
internal static class CCompiler
{
    /// <summary>Returns what the compiler complains about; nothing where the text compiles.</summary>
    /// <remarks>Errors: without a compiler for the architecture an exception that names the package.</remarks>
    public static string Complaints(string text, Cpu architecture)
    {
        using TempTree tree = new();
        tree.Write("abi.c", text);

        // Assertions are evaluated without any code being made.
        byte[] program = Terminated(Find(architecture));
        byte[] arguments = [.. program, .. Terminated("-std=gnu11"), .. Terminated("-fsyntax-only"), .. Terminated(tree.PathOf("abi.c"))];
        int input = tree.Open("abi.c"u8, Libc.O_RDONLY);
        int output = tree.Open("complaints"u8, Libc.O_WRONLY | Libc.O_CREAT);
        using SpawnPlan plan = new(ProcessEnvironment.Copy(), []);
        int result = plan.Spawn(program, arguments, [], input, output, output, out int pid);
        Libc.close(input);
        Libc.close(output);
        Assert.True(result == 0, Errno.Name(result));
        siginfo_t end;
        do
        {
            result = Libc.waitid(Libc.P_PID, (uint)pid, out end, Libc.WEXITED);
        }
        while (result == -Errno.EINTR);

        Assert.True(result == 0, Errno.Name(result));
        string complaints = tree.ReadText("complaints");
        Assert.True(end.si_code == Libc.CLD_EXITED && end.si_status == 0 == (complaints.Length == 0), $"status {end.si_status}: {complaints}");
        return complaints;
    }

    private static string Find(Cpu architecture)
    {
        bool native = architecture == RuntimeInformation.OSArchitecture;
        string triplet = architecture == Cpu.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        string name = native ? "gcc" : triplet + "-gcc";
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        if (path.Split(':').Select(directory => directory + "/" + name).FirstOrDefault(File.Exists) is { } found)
        {
            return found;
        }

        string debianName = architecture == Cpu.Arm64 ? "arm64" : "amd64";
        string package = native ? "gcc and libc6-dev" : $"gcc-{triplet.Replace('_', '-')} and libc6-dev-{debianName}-cross";
        throw new InvalidOperationException($"The layouts can only be checked with a C compiler for {architecture}: {name} is not in PATH; install {package}.");
    }

    private static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + '\0');
}

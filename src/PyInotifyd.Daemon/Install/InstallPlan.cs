using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Install;

/// <summary>What is installed on this machine, and where.</summary>
/// <remarks>Service files only for the managers that are there, found as the Python daemon finds them.</remarks>
internal sealed class InstallPlan
{
    private const uint Executable = 0x1ed;
    private const string ProgramInFiles = "/usr/sbin/pyinotifyd";
    private const string Example = "/etc/pyinotifyd/config.json";

    // Links of the system itself, such as /lib on machines with one /usr, and what is a mount on some.
    private const int TrustedEtc = 0;
    private const int TrustedShare = 2;
    private const int TrustedUnits = 3;

    private readonly string _program;

    /// <summary>Looks around.</summary>
    /// <param name="program">The path of the binary that services are to run.</param>
    public InstallPlan(string program)
    {
        _program = program;
        foreach (string folder in (string[])["/lib/systemd/system", "/usr/lib/systemd/system"])
        {
            if (IsDirectory(folder) && !HasSystemd)
            {
                HasSystemd = true;
                Add(folder + "/pyinotifyd.service", TrustedUnits, InstalledFileKind.Service, FileSeal.Seal(WithProgram(EmbeddedFiles.SystemdUnit)));
            }
        }

        HasOpenRc = Type("/sbin/openrc") == Libc.S_IFREG && Libc.faccessat(Libc.AT_FDCWD, "/sbin/openrc\0"u8, Libc.X_OK, 0) == 0;
        if (HasOpenRc)
        {
            Add("/etc/init.d/pyinotifyd", TrustedEtc, InstalledFileKind.Service, FileSeal.Seal(WithProgram(EmbeddedFiles.OpenRcScript)), Executable);
            Add("/etc/conf.d/pyinotifyd", TrustedEtc, InstalledFileKind.Setting, EmbeddedFiles.OpenRcSettings.ToArray());
        }

        bool hasPython = Type("/etc/pyinotifyd/config.py") != 0;
        Files.Add(new InstalledFile(Example, TrustedEtc, InstalledFileKind.Setting, EmbeddedFiles.ExampleConfiguration.ToArray())
        {
            Instead = hasPython ? "/etc/pyinotifyd/config.py is there" : null,
        });
        Add("/usr/share/man/man8/pyinotifyd.8", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.ManualPage8.ToArray());
        Add("/usr/share/man/man5/pyinotifyd.json.5", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.ManualPage5.ToArray());
        Add("/usr/share/bash-completion/completions/pyinotifyd", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.BashCompletion.ToArray());
        string zsh = IsDirectory("/usr/share/zsh/vendor-completions") ? "vendor-completions" : "site-functions";
        Add("/usr/share/zsh/" + zsh + "/_pyinotifyd", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.ZshCompletion.ToArray());
        Add("/usr/share/fish/vendor_completions.d/pyinotifyd.fish", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.FishCompletion.ToArray());
        Add("/usr/share/doc/pyinotifyd/hardened.conf", TrustedShare, InstalledFileKind.Program, EmbeddedFiles.HardenedDropIn.ToArray());
    }

    /// <summary>Whether systemd is there.</summary>
    public bool HasSystemd { get; }

    /// <summary>Whether OpenRC is there.</summary>
    public bool HasOpenRc { get; }

    /// <summary>The files, in the order in which they are written.</summary>
    public List<InstalledFile> Files { get; } = [];

    /// <summary>Directories that belong to the program alone, as files of their parents.</summary>
    public static InstalledFile[] Folders =>
    [
        new InstalledFile("/etc/pyinotifyd", TrustedEtc, InstalledFileKind.Setting, []),
        new InstalledFile("/usr/share/doc/pyinotifyd", TrustedShare, InstalledFileKind.Program, []),
    ];

    private static int Type(string path)
    {
        byte[] terminated = Encoding.UTF8.GetBytes(path + '\0');
        return Libc.statx(Libc.AT_FDCWD, terminated, 0, Libc.STATX_TYPE, out statx status) < 0 ? 0 : status.Type;
    }

    private static bool IsDirectory(string path) => Type(path) == Libc.S_IFDIR;

    private byte[] WithProgram(ReadOnlySpan<byte> text) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace(ProgramInFiles, _program, StringComparison.Ordinal));

    private void Add(string path, int trusted, InstalledFileKind kind, byte[] content, uint mode = 0x1a4) => Files.Add(new InstalledFile(path, trusted, kind, content, mode));
}

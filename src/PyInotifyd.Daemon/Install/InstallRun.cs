using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Daemon.Python;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Install;

/// <summary>Installs on this machine what the binary carries inside itself, and removes it.</summary>
/// <remarks>
/// All places are looked at before the first is written to: where one is refused nothing changes. What is there already stays, what somebody has changed too, so a second run does nothing.
/// Errors: a message on standard error for each, and the exit status of CONTRACT 1.
/// </remarks>
internal static class InstallRun
{
    // Gone after a restart, not mounted yet at boot, or in the hands of others.
    private static readonly string[] s_noProgramBelow = ["/tmp/", "/var/tmp/", "/dev/", "/run/", "/var/run/", "/proc/", "/home/", "/root/"];

    /// <summary>Installs and returns the exit status.</summary>
    public static int Install()
    {
        if (!IsRoot() || !TryFindProgram(out string? program))
        {
            return Libc.geteuid() == 0 ? ExitStatus.InstallFailed : ExitStatus.Usage;
        }

        InstallPlan plan = new(program);
        Say(plan.HasSystemd ? "systemd detected" : null);
        Say(plan.HasOpenRc ? "openrc detected" : null);
        Say(plan.HasSystemd || plan.HasOpenRc ? null : "neither systemd nor openrc detected, no service files are installed");
        if (!TryLookAtAll(plan.Files, out List<FileState> states))
        {
            StandardStreams.Complain("nothing was installed: no symbolic link is followed; remove what is in the way and try again");
            return ExitStatus.InstallFailed;
        }

        for (int i = 0; i < states.Count; i++)
        {
            if (!TryInstall(plan.Files[i], states[i]))
            {
                return ExitStatus.InstallFailed;
            }
        }

        Say("pyinotifyd successfully installed");
        Say(plan.HasSystemd ? "start it with: systemctl daemon-reload && systemctl enable --now pyinotifyd.service" : null);
        Say(plan.HasOpenRc ? "start it with: rc-update add pyinotifyd default && rc-service pyinotifyd start" : null);
        return ExitStatus.Fine;
    }

    /// <summary>Removes what was installed and returns the exit status.</summary>
    public static int Uninstall()
    {
        if (!IsRoot())
        {
            return ExitStatus.Usage;
        }

        if (!IsNoPackage("remove it with: apt remove pyinotifyd"))
        {
            return ExitStatus.InstallFailed;
        }

        // For a look at what is there it does not matter where the binary is: services are told by their seal.
        InstallPlan plan = new("/usr/sbin/pyinotifyd");
        bool failed = false;
        foreach (InstalledFile file in plan.Files)
        {
            failed |= !TryUninstall(file);
        }

        foreach (InstalledFile folder in InstallPlan.Folders)
        {
            RemoveFolder(folder);
        }

        if (failed)
        {
            return ExitStatus.InstallFailed;
        }

        Say("pyinotifyd successfully uninstalled");
        Say(plan.HasSystemd ? "if it runs or is enabled: systemctl disable --now pyinotifyd.service; systemctl daemon-reload" : null);
        Say(plan.HasOpenRc ? "if it runs or is enabled: rc-update del pyinotifyd; the process goes on until it is ended" : null);
        return ExitStatus.Fine;
    }

    private static bool IsRoot()
    {
        if (Libc.geteuid() == 0)
        {
            return true;
        }

        StandardStreams.Complain("you need to have root privileges, please try again");
        return false;
    }

    private static bool IsNoPackage(string remedy)
    {
        // Each Debian package has this file, and only packages have it.
        if (Libc.statx(Libc.AT_FDCWD, "/usr/share/doc/pyinotifyd/copyright\0"u8, 0, Libc.STATX_TYPE, out _) < 0)
        {
            return true;
        }

        StandardStreams.Complain("pyinotifyd is installed as a package; " + remedy);
        return false;
    }

    private static bool TryFindProgram([NotNullWhen(true)] out string? program)
    {
        program = null;
        if (!IsNoPackage("its service files are there already"))
        {
            return false;
        }

        byte[] path = PythonInterpreter.OwnProgram();
        string text = Encoding.UTF8.GetString(path);
        if (path[0] != '/')
        {
            StandardStreams.Complain("cannot tell where this binary is, as /proc is not mounted: mount -t proc proc /proc");
            return false;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"/._+-@,:~".Contains(c))
            {
                StandardStreams.Complain("the path of this binary has characters that service files cannot hold; move it to /usr/local/sbin and try again");
                return false;
            }
        }

        foreach (string folder in s_noProgramBelow)
        {
            if (text.StartsWith(folder, StringComparison.Ordinal))
            {
                StandardStreams.Complain("a service must not run a binary below " + folder[..^1] + " (" + text + "); move it to /usr/local/sbin and try again");
                return false;
            }
        }

        int found = FileTrust.Strict(0).Look(path, out string? fault);
        if (found < 0)
        {
            StandardStreams.Complain(text + ": " + Errno.Name(found) + " " + Errno.Text(found) + "; has it been replaced meanwhile?");
            return false;
        }

        if (fault is not null)
        {
            StandardStreams.PrintError("warning: " + text + ": " + fault);
        }

        program = text;
        return true;
    }

    private static bool TryLookAtAll(List<InstalledFile> files, out List<FileState> states)
    {
        states = [];
        bool fine = true;
        foreach (InstalledFile file in files)
        {
            FileState state = Look(file, out string? problem);
            states.Add(state);
            if (state == FileState.Refused && file.Instead is null)
            {
                StandardStreams.Complain(problem!);
                fine = false;
            }
        }

        return fine;
    }

    private static FileState Look(InstalledFile file, out string? problem)
    {
        if (!InstallPlace.TryOpen(file, create: false, out InstallPlace place, out problem))
        {
            return problem is null ? FileState.Absent : FileState.Refused;
        }

        FileState state = place.Look(file, out problem);
        problem = problem is null ? null : file.Path + " " + problem;
        place.Dispose();
        return state;
    }

    private static bool TryInstall(InstalledFile file, FileState state)
    {
        if (file.Instead is not null && state == FileState.Absent)
        {
            Say("=> no " + file.Path + ": " + file.Instead);
            return true;
        }

        if (state is FileState.Same or FileState.Modified or FileState.Refused)
        {
            Say("=> file " + file.Path + (state == FileState.Same ? " already installed" : " is there already and differs, it stays as it is"));
            return true;
        }

        Say((state == FileState.Absent ? "=> install file " : "=> update file ") + file.Path);
        string? problem;
        if (InstallPlace.TryOpen(file, create: true, out InstallPlace place, out problem))
        {
            problem = place.Write(file, replace: state == FileState.Ours);
            problem = problem is null ? null : file.Path + ": " + problem;
            place.Dispose();
        }

        if (problem is not null)
        {
            StandardStreams.Complain(problem + "; what was installed before stays, try again");
        }

        return problem is null;
    }

    private static bool TryUninstall(InstalledFile file)
    {
        FileState state = Look(file, out string? problem);
        switch (state)
        {
            case FileState.Absent:
                return true;
            case FileState.Refused:
                Say("=> " + problem + ", it stays: remove it yourself if it is not needed");
                return true;
            case FileState.Modified:
                Say("=> file " + file.Path + " was modified, it stays: remove it yourself if it is not needed");
                return true;
        }

        Say("=> uninstall file " + file.Path);
        if (InstallPlace.TryOpen(file, create: false, out InstallPlace place, out problem))
        {
            problem = place.Remove();
            problem = problem is null ? null : file.Path + ": " + problem;
            place.Dispose();
        }

        if (problem is not null)
        {
            StandardStreams.Complain(problem);
        }

        return problem is null;
    }

    private static void RemoveFolder(InstalledFile folder)
    {
        if (!InstallPlace.TryOpen(folder, create: false, out InstallPlace place, out _))
        {
            return;
        }

        int result = place.RemoveDirectory();
        place.Dispose();
        Say(result switch
        {
            0 => "=> uninstall directory " + folder.Path,
            -Errno.ENOENT => null,
            -Errno.ENOTEMPTY or -Errno.EEXIST => "=> directory " + folder.Path + " is not empty, it stays",
            _ => "=> directory " + folder.Path + " stays: " + Errno.Name(result) + " " + Errno.Text(result),
        });
    }

    private static void Say(string? line)
    {
        if (line is not null)
        {
            _ = StandardStreams.Print(line + "\n");
        }
    }
}

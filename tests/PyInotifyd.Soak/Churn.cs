using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;

namespace PyInotifyd.Soak;

/// <summary>Random operations below some places of a tree; every content that is written is another one, and its last line says that it is whole.</summary>
/// <remarks>
/// Files with several names are written, renamed and deleted like others, but what became of them is not compared: a new link is no write, and a write through a name that lies elsewhere is not seen. Names are never used twice, except by renames over each other and exchanges.
/// </remarks>
internal sealed class Churn(TempTree tree, Random random)
{
    /// <summary>What ends a content of which the writer has closed the file, or is about to.</summary>
    public const string Last = "end\n";

    private const int MostFiles = 900;
    private const int MostHeld = 12;

    // Without symbolic links, which would be followed.
    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    private static readonly string[] s_odd = [" ", "é", "'", "\"", "$(x)", "\n", "-", "{name}", "\\", "%s"];

    private readonly List<Held> _held = [];
    private readonly HashSet<(ulong Device, ulong Inode)> _linked = [];
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _leaves = [];
    private readonly Dictionary<(ulong Device, ulong Inode), string> _renamed = [];
    private readonly HashSet<(ulong Device, ulong Inode)> _untold = [];
    private int _number;

    /// <summary>The places, relative to the tree, that are there now; <c>out</c> is the one that nobody watches.</summary>
    public List<string> Places { get; } = ["w1", "w1", "w2", "r", "m", "out"];

    /// <summary>What was done, for people.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>How many operations there were.</summary>
    public int Operations { get; private set; }

    /// <summary>Says whether a path has ever existed; so has a file that went before the directory that it was in was renamed, which may be told of below the new name.</summary>
    public bool HasExisted(string path) => _names.Contains(path) || (_leaves.Contains(Path.GetFileName(path)) && !System.IO.File.Exists(path));

    /// <summary>Says whether a file has had other names at the same time: one of them may have a task that failed, which is tried again.</summary>
    public bool HasOtherNames(string path) => System.IO.File.Exists(path) && _linked.Contains(Identity(path[(tree.Path.Length + 1)..]));

    /// <summary>Says whether any file is open for writing.</summary>
    public bool AnyHeld => _held.Count > 0;

    /// <summary>The inodes of the files whose content nobody is owed: they are open for writing, or may have been written through a name elsewhere.</summary>
    public HashSet<(ulong Device, ulong Inode)> NotOwed() => [.. _linked, .. _held.Select(held => held.Identity)];

    /// <summary>Directories renamed since <see cref="BeginPhase"/> that looked, if only for a moment, as though only their entries had changed: a scan that knows no inodes cannot tell that they are new.</summary>
    public HashSet<(ulong Device, ulong Inode)> Untold => _untold;

    /// <summary>Forgets what was done.</summary>
    public void BeginPhase()
    {
        Trace.Clear();
        _renamed.Clear();
        _untold.Clear();
    }

    /// <summary>Carries out so many operations.</summary>
    public void Run(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            try
            {
                Step();
            }
            catch (IOException)
            {
                // Not possible just there: a directory into itself, a name over a directory, between file systems.
            }

            NoteUntold();
            Operations++;
        }
    }

    // A path that no longer leads there is not followed further.
    private void NoteUntold()
    {
        foreach (((ulong Device, ulong Inode) identity, string path) in _renamed)
        {
            bool isThere = tree.Exists(path) && Identity(path) == identity;
            statx status = isThere ? tree.StatusOf(path) : default;
            if (status.stx_mtime.Nanoseconds == status.stx_ctime.Nanoseconds && _untold.Add(identity))
            {
                _renamed.Remove(identity);
            }
        }
    }

    /// <summary>Closes all files.</summary>
    public void CloseAll()
    {
        while (_held.Count > 0)
        {
            Close(_held.Count - 1);
        }
    }

    /// <summary>Notes all paths below a directory, which has just got its name.</summary>
    public void NoteTree(string name)
    {
        _names.Add(tree.PathOf(name));
        if (Directory.Exists(tree.PathOf(name)))
        {
            _names.UnionWith(Directory.EnumerateFileSystemEntries(tree.PathOf(name), "*", s_all));
        }
    }

    private void Step()
    {
        switch (random.Next(40))
        {
            case < 6:
                WriteWhole(Fresh("f"));
                break;
            case < 9 when File() is { } again:
                WriteWhole(again);
                break;
            case < 11 when File() is { } longer:
                Append(longer);
                break;
            case < 13:
                OpenAndHold();
                break;
            case < 15 when _held.Count > 0:
                Held each = _held[random.Next(_held.Count)];
                Put(each.Descriptor, $"{each.Token} part\n");
                break;
            case < 17 when _held.Count > 0:
                Close(random.Next(_held.Count));
                break;
            case 17:
                MakeDirectory(Note(Fresh("d")));
                break;
            case 18:
                Deep();
                break;
            case < 21 when Entry(directory: true) is { } moved:
                string at = Fresh("d");
                Move(moved, at);
                NoteTree(at);
                break;
            case < 24 when File() is { } renamed:
                string name = Fresh("m");
                Move(renamed, name);
                _names.Add(tree.PathOf(name));
                break;
            case 24 when File() is { } one && File() is { } other && !IsHeld(one) && !IsHeld(other):
                Move(one, other);
                break;
            case 25 when Entry(directory: true) is { } left && Entry(directory: true) is { } right:
                Exchange(left, right);
                NoteTree(left);
                NoteTree(right);
                break;
            case 26 when File() is { } first && File() is { } second && !IsHeld(first) && !IsHeld(second):
                Exchange(first, second);
                break;
            case 27 when File() is { } target && !IsHeld(target):
                Link(target, Note(Fresh("l")));
                break;
            case 28:
                tree.Symlink(random.Next(2) == 0 ? ".." : tree.PathOf("w1"), Note(Fresh("s")));
                break;
            case 29 when File() is { } changed:
                tree.SetMode(changed, 0x180u | (uint)random.Next(64));
                break;
            case < 32 when File() is { } saved:
                AtomicSave(saved);
                break;
            case 32:
                Appear();
                break;
            case < 36 when File() is { } deleted:
                Delete(deleted);
                break;
            case 36 when Entry(directory: true) is { } gone:
                DeleteTree(gone);
                break;
            case 37 when File() is { } hidden && !hidden.EndsWith(".ign", StringComparison.Ordinal):
                Move(hidden, Note(hidden + ".ign"));
                break;
            case 38 when Entry(directory: true) is { } aside && !aside.EndsWith(".ign", StringComparison.Ordinal):
                Move(aside, aside + ".ign");
                NoteTree(aside + ".ign");
                break;
            default:
                WriteWhole(Fresh("f"));
                break;
        }
    }

    private void WriteWhole(string name)
    {
        if (!MayWrite(name))
        {
            return;
        }

        string token = $"{++_number}";
        Trace.Add($"write {name} {token}");
        int fd = tree.Open(Encoding.UTF8.GetBytes(Note(name)), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC);
        for (int i = random.Next(3); i > 0; i--)
        {
            Put(fd, $"{token} part\n");
        }

        Put(fd, $"{token} {Last}");
        Libc.close(fd);
    }

    private void Append(string name)
    {
        if (tree.StatusOf(name).stx_size > 500)
        {
            WriteWhole(name);
        }
        else if (MayWrite(name))
        {
            Trace.Add($"append {name} {_number + 1}");
            tree.Append(name, $"{++_number} {Last}");
        }
    }

    private void OpenAndHold()
    {
        if (_held.Count >= MostHeld)
        {
            Close(0);
        }

        string? old = random.Next(3) == 0 ? File() : null;
        string name = old ?? Fresh("h");
        if (old is not null && (tree.StatusOf(old).stx_nlink > 1 || IsHeld(old)))
        {
            return;
        }

        string token = $"{++_number}";
        Trace.Add($"write {name} {token}");
        Trace.Add($"open {name} {token}");
        int fd = tree.Open(Encoding.UTF8.GetBytes(Note(name)), Libc.O_WRONLY | Libc.O_CREAT | (random.Next(2) == 0 ? Libc.O_TRUNC : Libc.O_APPEND));
        _held.Add(new Held(fd, Identity(name), old is null ? token + " held" : token));
        Put(fd, $"{_held[^1].Token} part\n");
    }

    private void Close(int index)
    {
        Held held = _held[index];
        _held.RemoveAt(index);
        Trace.Add($"close {held.Token}");
        Put(held.Descriptor, $"{held.Token} {Last}");
        Libc.close(held.Descriptor);
    }

    // mkdir -p and a file at once: faster than anyone can watch.
    private void Deep()
    {
        string name = Fresh("d");
        for (int depth = random.Next(1, 5); depth > 0; depth--)
        {
            name += "/" + Name("d");
        }

        MakeDirectory(name);
        for (string part = name; part.Contains('/', StringComparison.Ordinal); part = part[..part.LastIndexOf('/')])
        {
            _names.Add(tree.PathOf(part));
        }

        WriteWhole($"{name}/{Name("f")}");
    }

    // As editors do it: a new file beside the old one, renamed over it.
    private void AtomicSave(string name)
    {
        if (!IsHeld(name))
        {
            string temporary = $"{name[..name.LastIndexOf('/')]}/{Name("t")}";
            WriteWhole(temporary);
            Move(temporary, name);
        }
    }

    // A tree that is filled elsewhere and comes in as a whole.
    private void Appear()
    {
        string made = $"out/{Name("d")}";
        MakeDirectory(Note(made + "/sub"));
        _names.Add(tree.PathOf(made));
        WriteWhole($"{made}/{Name("f")}");
        WriteWhole($"{made}/sub/{Name("f")}");
        string name = Fresh("d");
        Move(made, name);
        NoteTree(name);
    }

    private void MakeDirectory(string name)
    {
        Trace.Add($"mkdir {name}");
        tree.MakeDirectory(name);
    }

    private void Move(string from, string to)
    {
        Trace.Add($"mv {from} {to}");
        tree.Move(from, to);
        NoteRename(to);
    }

    private void Exchange(string one, string other)
    {
        Trace.Add($"exchange {one} {other}");
        tree.Exchange(one, other);
        NoteRename(one);
        NoteRename(other);
    }

    private void NoteRename(string name)
    {
        if (Directory.Exists(tree.PathOf(name)))
        {
            _renamed[Identity(name)] = name;
        }
    }

    private void Link(string existing, string name)
    {
        Trace.Add($"ln {existing} {name}");
        _linked.Add(Identity(existing));
        tree.Link(existing, name);
    }

    private void Delete(string name)
    {
        Trace.Add($"rm {name}");
        tree.Delete(name);
    }

    private void DeleteTree(string name)
    {
        Trace.Add($"rm -r {name}");
        tree.DeleteTree(name);
    }

    private bool MayWrite(string name)
    {
        if (!tree.Exists(name))
        {
            return Files().Count < MostFiles;
        }

        bool isSeen = !name.StartsWith("out/", StringComparison.Ordinal) && !name.StartsWith("disk/", StringComparison.Ordinal) && !name.Contains(".ign", StringComparison.Ordinal);
        return !IsHeld(name) && tree.TypeOf(Encoding.UTF8.GetBytes(name)) == Libc.S_IFREG && (isSeen || tree.StatusOf(name).stx_nlink == 1);
    }

    private string Fresh(string kind)
    {
        string place = Places[random.Next(Places.Count)];
        string directory = random.Next(4) == 0 ? place : Entry(directory: true, place) ?? place;
        return $"{directory}/{Name(kind)}";
    }

    private string Name(string kind)
    {
        string name = $"{kind}{++_number}{(random.Next(8) == 0 ? s_odd[random.Next(s_odd.Length)] : "")}";
        _leaves.Add(name);
        return name;
    }

    private string Note(string name)
    {
        _names.Add(tree.PathOf(name));
        return name;
    }

    private string? File() => Entry(directory: false);

    private string? Entry(bool directory, string? place = null)
    {
        place ??= Places[random.Next(Places.Count)];
        List<string> found = Below(place, directory);
        return found.Count == 0 ? null : found[random.Next(found.Count)];
    }

    private List<string> Files() => [.. Places.Distinct().SelectMany(place => Below(place, directory: false))];

    // In order, so that a seed makes the same choices wherever it runs.
    private List<string> Below(string place, bool directory)
    {
        string root = tree.PathOf(place);
        if (!Directory.Exists(root))
        {
            return [];
        }

        return
        [
            .. new DirectoryInfo(root).EnumerateFileSystemInfos("*", s_all)
                .Where(entry => entry is DirectoryInfo == directory)
                .Select(entry => entry.FullName[(tree.Path.Length + 1)..])
                .Order(StringComparer.Ordinal),
        ];
    }

    private bool IsHeld(string name) => _held.Count > 0 && Identity(name) is var identity && _held.Exists(held => held.Identity == identity);

    private (ulong Device, ulong Inode) Identity(string name)
    {
        statx status = tree.StatusOf(name);
        return (((ulong)status.stx_dev_major << 20) | status.stx_dev_minor, status.stx_ino);
    }

    private static void Put(int fd, string text)
    {
        int result = Libc.write(fd, Encoding.ASCII.GetBytes(text));
        if (result < 0)
        {
            throw new InvalidOperationException($"write: {Errno.Name(result)}");
        }
    }

    /// <summary>A file that is open for writing.</summary>
    private sealed record Held(int Descriptor, (ulong Device, ulong Inode) Identity, string Token);
}

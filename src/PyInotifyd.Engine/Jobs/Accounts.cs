using System;
using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs;

/// <summary>The users and groups of this machine, as they are when they are first asked for.</summary>
/// <remarks>
/// A static program has no name service switch: <c>/etc/passwd</c> and <c>/etc/group</c> are read directly, and <c>getent</c> is asked for what they lack (directories of users on other machines).
/// Digits are a number, never a name. Supplementary groups of a user who has an entry in the file are those of the file alone.
/// Threads: one at a time.   Cost: getent may take seconds where a server does not answer; it is given <see cref="NameService.TimeLimitMs"/>.   Source: passwd(5), group(5), initgroups(3).
/// </remarks>
public sealed class Accounts
{
    /// <summary>The group of a user who has no entry and for whom none is named: nobody's.</summary>
    public const uint NoGroup = 65534;

    private readonly byte[] _passwd;
    private readonly byte[] _group;
    private readonly NameService _service;

    /// <summary>Reads the files of this machine.</summary>
    public Accounts()
        : this(ReadWhole("/etc/passwd\0"u8), ReadWhole("/etc/group\0"u8), new NameService("/usr/bin/getent\0"u8.ToArray()))
    {
    }

    internal Accounts(byte[] passwd, byte[] group, NameService service)
    {
        (_passwd, _group, _service) = (passwd, group, service);
    }

    /// <summary>Returns the names in the user file, or in that of the groups.</summary>
    public IEnumerable<string> Names(bool groups)
    {
        byte[] text = groups ? _group : _passwd;
        for (int at = 0; at < text.Length;)
        {
            int end = Array.IndexOf(text, (byte)'\n', at);
            end = end < 0 ? text.Length : end;
            int colon = Array.IndexOf(text, (byte)':', at, end - at);
            if (colon > at)
            {
                yield return SurrogateEscape.Decode(text.AsSpan(at, colon - at));
            }

            at = end + 1;
        }
    }

    /// <summary>Returns the number of a group, which may be given as a number.</summary>
    public bool TryFindGroup(string name, out uint gid)
    {
        if (TryParseId(name, out gid))
        {
            return true;
        }

        return SurrogateEscape.TryEncode(name, out byte[]? bytes)
            && (TryFind(_group, bytes, default, out byte[] line) || TryFind(_service.Ask("group", bytes), bytes, default, out line))
            && TryParseId(Field(line, 2), out gid);
    }

    /// <summary>Returns the number of a user, which may be given as a number.</summary>
    public bool TryFindUser(string name, out uint uid)
    {
        if (TryParseId(name, out uid))
        {
            return true;
        }

        return SurrogateEscape.TryEncode(name, out byte[]? bytes)
            && (TryFind(_passwd, bytes, default, out byte[] line) || TryFind(_service.Ask("passwd", bytes), bytes, default, out line))
            && TryParseId(Field(line, 2), out uid);
    }

    /// <summary>Returns who a process is that runs as a user and a group.</summary>
    /// <param name="user">Name or number; null: the user of this process.</param>
    /// <param name="group">Name or number; null: the user's own group.</param>
    /// <returns>Null where the user or the group is not known.</returns>
    public RunAsSpec? Find(string? user, string? group)
    {
        uint gid = 0;
        if (group is not null && !TryFindGroup(group, out gid))
        {
            return null;
        }

        if (user is null)
        {
            return new RunAsSpec { Uid = Libc.geteuid(), Gid = gid, Groups = new SpecList<uint>([gid]) };
        }

        bool isNumber = TryParseId(user, out uint uid);
        if (!SurrogateEscape.TryEncode(user, out byte[]? name))
        {
            return null;
        }

        bool isLocal = TryFindUser(_passwd, name, isNumber, out byte[] line);
        if (!isLocal && !TryFindUser(_service.Ask("passwd", name), name, isNumber, out line))
        {
            gid = group is null ? NoGroup : gid;
            return isNumber ? new RunAsSpec { Uid = uid, Gid = gid, Groups = new SpecList<uint>([gid]), HasUser = true } : null;
        }

        byte[] login = Field(line, 0);
        uint own = 0;
        if (!TryParseId(Field(line, 2), out uid) || (group is null && !TryParseId(Field(line, 3), out own)))
        {
            return null;
        }

        gid = group is null ? own : gid;
        byte[] home = Field(line, 5);
        byte[] shell = Field(line, 6);
        return new RunAsSpec
        {
            Uid = uid,
            Gid = gid,
            Groups = GroupsOf(login, gid, isLocal),
            HasUser = true,
            Name = SurrogateEscape.Decode(login),
            Home = home.Length == 0 ? "/" : SurrogateEscape.Decode(home),
            Shell = shell.Length == 0 ? "/bin/sh" : SurrogateEscape.Decode(shell),
        };
    }

    private SpecList<uint> GroupsOf(byte[] login, uint gid, bool isLocal)
    {
        List<uint> groups = [gid];
        HashSet<uint> known = [gid];
        ReadOnlySpan<byte> rest = _group;
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> line = Line(ref rest);
            if (IsMember(Field(line, 3), login) && TryParseId(Field(line, 2), out uint other) && known.Add(other))
            {
                groups.Add(other);
            }
        }

        // «name  10 20 30»
        ReadOnlySpan<byte> answer = isLocal ? default : _service.Ask("initgroups", login);
        answer = answer.StartsWith(login) ? answer[login.Length..] : default;
        while (!(answer = answer.TrimStart(" \t\n"u8)).IsEmpty)
        {
            int end = answer.IndexOfAny(" \t\n"u8);
            ReadOnlySpan<byte> word = end < 0 ? answer : answer[..end];
            answer = answer[word.Length..];
            if (TryParseId(word, out uint other) && known.Add(other))
            {
                groups.Add(other);
            }
        }

        return new SpecList<uint>(groups.ToArray());
    }

    private static bool IsMember(ReadOnlySpan<byte> members, ReadOnlySpan<byte> login)
    {
        while (!members.IsEmpty)
        {
            int comma = members.IndexOf((byte)',');
            ReadOnlySpan<byte> member = comma < 0 ? members : members[..comma];
            if (member.Trim(" \t\r"u8).SequenceEqual(login))
            {
                return true;
            }

            members = comma < 0 ? default : members[(comma + 1)..];
        }

        return false;
    }

    private static bool TryFindUser(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, bool isNumber, out byte[] line) =>
        isNumber ? TryFind(text, default, name, out line) : TryFind(text, name, default, out line);

    // By the first field, or by the number in the third.
    private static bool TryFind(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name, ReadOnlySpan<byte> number, out byte[] found)
    {
        _ = TryParseId(number, out uint wanted);
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> line = Line(ref text);
            bool isIt = number.IsEmpty
                ? line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name)
                : TryParseId(Field(line, 2), out uint id) && id == wanted;
            if (isIt && TryParseId(Field(line, 2), out _))
            {
                found = line.ToArray();
                return true;
            }
        }

        found = [];
        return false;
    }

    private static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line;
    }

    private static byte[] Field(ReadOnlySpan<byte> line, int index)
    {
        while (index-- > 0)
        {
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
            {
                return [];
            }

            line = line[(colon + 1)..];
        }

        int end = line.IndexOf((byte)':');
        return (end < 0 ? line : line[..end]).ToArray();
    }

    private static bool TryParseId(string text, out uint id)
    {
        id = 0;
        return SurrogateEscape.TryEncode(text, out byte[]? bytes) && TryParseId(bytes, out id);
    }

    // The number that means «leave it» is nobody's.
    private static bool TryParseId(ReadOnlySpan<byte> text, out uint id)
    {
        ulong value = 0;
        bool isNumber = !text.IsEmpty && text.Length <= 10;
        foreach (byte b in text)
        {
            isNumber &= b is >= (byte)'0' and <= (byte)'9';
            value = (value * 10) + (uint)(b - '0');
        }

        id = isNumber && value < uint.MaxValue ? (uint)value : 0;
        return isNumber && value < uint.MaxValue;
    }

    private static byte[] ReadWhole(ReadOnlySpan<byte> path)
    {
        int fd = Libc.openat(Libc.AT_FDCWD, path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY);
        if (fd < 0)
        {
            return [];
        }

        PathBuilder text = new();
        byte[] buffer = new byte[65536];
        int size;
        while ((size = Libc.read(fd, buffer)) > 0 || size == -Errno.EINTR)
        {
            text.Append(buffer.AsSpan(0, Math.Max(size, 0)));
        }

        _ = Libc.close(fd);
        return text.Bytes.ToArray();
    }
}

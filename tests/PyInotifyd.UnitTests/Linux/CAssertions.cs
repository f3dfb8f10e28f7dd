using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace PyInotifyd.UnitTests.Linux;

/// <summary>Writes a C file that compiles only where the constants and structs given have in C the values and layouts that they have here.</summary>
internal sealed class CAssertions
{
    // A header more costs nothing; a constant whose header is missing here fails as «undeclared».
    private static readonly string[] s_headers =
    [
        "stddef.h", "dirent.h", "errno.h", "fcntl.h", "grp.h", "poll.h", "pwd.h", "sched.h", "signal.h", "spawn.h", "stdio.h", "stdlib.h",
        "string.h", "syslog.h", "time.h", "unistd.h", "sys/eventfd.h", "sys/file.h", "sys/inotify.h", "sys/ioctl.h", "sys/mman.h",
        "sys/prctl.h", "sys/random.h", "sys/resource.h", "sys/sendfile.h", "sys/socket.h", "sys/stat.h", "sys/statfs.h", "sys/syscall.h",
        "sys/time.h", "sys/types.h", "sys/uio.h", "sys/un.h", "sys/utsname.h", "sys/wait.h", "sys/xattr.h", "netinet/in.h",
        "linux/capability.h", "linux/close_range.h", "linux/fs.h", "linux/ioprio.h", "linux/magic.h", "linux/openat2.h",
    ];

    // In C a struct and a function may share a name; in C# they may not.
    private static readonly Dictionary<string, string> s_structs = new() { ["sigaction_t"] = "struct sigaction" };

    private readonly StringBuilder _text = new("#define _GNU_SOURCE\n");

    public CAssertions()
    {
        foreach (string header in s_headers)
        {
            _text.Append("#include <").Append(header).Append(">\n");
        }
    }

    /// <summary>Number of assertions.</summary>
    public int Count { get; private set; }

    /// <summary>The C file.</summary>
    public string Text => _text.ToString();

    /// <summary>Asserts that a name has a value.</summary>
    public void Constant(string name, long value)
    {
        Add($"(long long)({name}) == {value.ToString(CultureInfo.InvariantCulture)}LL", $"{name} is {value} here");
    }

    /// <summary>Asserts the size of a struct, and offset, size and sign of each public field.</summary>
    public void Struct(Type type)
    {
        bool typedef = type.Name.EndsWith("_t", StringComparison.Ordinal);
        string c = s_structs.TryGetValue(type.Name, out string? other) ? other : typedef ? type.Name : "struct " + type.Name;
        Add($"sizeof({c}) == {SizeOf(type)}", $"{type.Name} has {SizeOf(type)} bytes here");
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            string place = $"(({c} *)0)->{field.Name}";
            int offset = (int)Marshal.OffsetOf(type, field.Name);
            int size = SizeOf(field.FieldType);
            Add($"offsetof({c}, {field.Name}) == {offset}", $"{type.Name}.{field.Name} is at {offset} here");
            Add($"sizeof({place}) == {size}", $"{type.Name}.{field.Name} has {size} bytes here");
            if (IsSigned(field.FieldType) is { } signed)
            {
                Add($"((__typeof__({place}))-1 < 0) == {(signed ? 1 : 0)}", $"{type.Name}.{field.Name} is {(signed ? "signed" : "unsigned")} here");
            }
        }
    }

    private static int SizeOf(Type type)
    {
        MethodInfo sizeOf = typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type);
        return (int)sizeOf.Invoke(null, null)!;
    }

    // Null for what has no sign, and for nint, which stands for pointers.
    private static bool? IsSigned(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 => true,
        TypeCode.Byte or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 => false,
        _ => null,
    };

    private void Add(string condition, string otherwise)
    {
        _text.Append("_Static_assert(").Append(condition).Append(", \"").Append(otherwise).Append("\");\n");
        Count++;
    }
}

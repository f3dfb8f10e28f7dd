using System;
using System.Buffers;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Makes the environment of the processes of a job: what all of them share, and the variables of one task.</summary>
/// <remarks>Shape: <c>NAME=VALUE</c>, each ended by NUL; bytes, since a variable need not be UTF-8.</remarks>
internal static class ChildEnvironment
{
    /// <summary>Returns the shared part: the daemon's environment without what belongs to the daemon alone, changed as configured.</summary>
    /// <remarks>Errors: a name or value that is no text for bytes → ArgumentException; the configuration is checked before.</remarks>
    public static byte[] Build(ReadOnlySpan<byte> inherited, ProcessSpec spec)
    {
        ArrayBufferWriter<byte> output = new(inherited.Length + 256);
        while (!inherited.IsEmpty)
        {
            ReadOnlySpan<byte> entry = inherited[..inherited.IndexOf((byte)0)];
            inherited = inherited[(entry.Length + 1)..];
            int equals = entry.IndexOf((byte)'=');
            ReadOnlySpan<byte> name = equals < 0 ? entry : entry[..equals];
            bool wanted = spec.ClearEnv ? name.SequenceEqual("PATH"u8) : !IsDaemonsOwn(name) && !(spec.RunAs is { HasUser: true } && IsLogins(name));
            if (wanted && !IsConfigured(spec, name))
            {
                output.Write(entry);
                output.Write("\0"u8);
            }
        }

        if (!spec.ClearEnv && spec.RunAs is { HasUser: true } runAs)
        {
            AppendLogin("HOME", runAs.Home, spec, output);
            AppendLogin("SHELL", runAs.Shell, spec, output);
            AppendLogin("USER", runAs.Name, spec, output);
            AppendLogin("LOGNAME", runAs.Name, spec, output);
        }

        for (int i = 0; i < spec.Env.Count; i++)
        {
            byte[] name = Encode(spec.Env[i].Name);
            if (spec.Env[i].Value is { } value && !IsTaskVariable(name) && !IsConfigured(spec, name, i + 1))
            {
                output.Write(name);
                output.Write("="u8);
                output.Write(Encode(value));
                output.Write("\0"u8);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Appends the variable of a run for many tasks: there is no one path, and a script that expects one must not take any for it.</summary>
    public static void AppendBatch(in PlaceholderValues values, ArrayBufferWriter<byte> output) => Append("PYINOTIFYD_TASK_ID="u8, values.TaskId, output);

    /// <summary>Appends the variables of one task.</summary>
    public static void AppendTask(in PlaceholderValues values, ArrayBufferWriter<byte> output)
    {
        Append("PYINOTIFYD_MASKNAME="u8, values.MaskName, output);
        Append("PYINOTIFYD_PATHNAME="u8, values.PathName, output);
        Append("PYINOTIFYD_SRC_PATHNAME="u8, values.SrcPathName, output);
        Append("PYINOTIFYD_WATCH="u8, values.Watch, output);
        Append("PYINOTIFYD_TASK_ID="u8, values.TaskId, output);
    }

    /// <summary>Returns the value of a variable; empty where it is not set.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name, out bool found)
    {
        found = false;
        while (!environment.IsEmpty)
        {
            ReadOnlySpan<byte> entry = environment[..environment.IndexOf((byte)0)];
            environment = environment[(entry.Length + 1)..];
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name))
            {
                found = true;
                return entry[(name.Length + 1)..];
            }
        }

        return default;
    }

    /// <summary>Returns the bytes of a text of the configuration.</summary>
    public static byte[] Encode(string text) =>
        SurrogateEscape.TryEncode(text, out byte[]? bytes) && Array.IndexOf(bytes, (byte)0) < 0
            ? bytes
            : throw new ArgumentException("text that stands for no bytes, or with NUL: " + text);

    private static void Append(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> value, ArrayBufferWriter<byte> output)
    {
        output.Write(prefix);
        output.Write(value);
        output.Write("\0"u8);
    }

    // What the daemon has of them is another user's.
    private static bool IsLogins(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("HOME"u8) || name.SequenceEqual("SHELL"u8) || name.SequenceEqual("USER"u8) || name.SequenceEqual("LOGNAME"u8) || name.SequenceEqual("MAIL"u8)
        || name.SequenceEqual("XDG_RUNTIME_DIR"u8) || name.SequenceEqual("DBUS_SESSION_BUS_ADDRESS"u8);

    private static void AppendLogin(string name, string? value, ProcessSpec spec, ArrayBufferWriter<byte> output)
    {
        byte[] bytes = Encode(name);
        if (value is not null && !IsConfigured(spec, bytes))
        {
            output.Write(bytes);
            output.Write("="u8);
            output.Write(Encode(value));
            output.Write("\0"u8);
        }
    }

    // LD_*: would work on programs that the administrator never meant. The rest is a conversation between the daemon and its service manager.
    private static bool IsDaemonsOwn(ReadOnlySpan<byte> name) =>
        name.StartsWith("LD_"u8) || name.StartsWith("WATCHDOG_"u8) || name.StartsWith("LISTEN_"u8) || name.SequenceEqual("NOTIFY_SOCKET"u8)
        || name.SequenceEqual("JOURNAL_STREAM"u8) || name.SequenceEqual("INVOCATION_ID"u8) || IsTaskVariable(name);

    private static bool IsTaskVariable(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("PYINOTIFYD_MASKNAME"u8) || name.SequenceEqual("PYINOTIFYD_PATHNAME"u8) || name.SequenceEqual("PYINOTIFYD_SRC_PATHNAME"u8)
        || name.SequenceEqual("PYINOTIFYD_WATCH"u8) || name.SequenceEqual("PYINOTIFYD_TASK_ID"u8);

    private static bool IsConfigured(ProcessSpec spec, ReadOnlySpan<byte> name, int from = 0)
    {
        for (int i = from; i < spec.Env.Count; i++)
        {
            if (name.SequenceEqual(Encode(spec.Env[i].Name)))
            {
                return true;
            }
        }

        return false;
    }
}

using System;
using System.Runtime.InteropServices;

namespace PyInotifyd.Linux;

/// <summary>Starts programs that have environment and directory in common; what does not change from one start to the next is prepared once, in native memory.</summary>
/// <remarks>
/// <para>
/// A child gets a process group of its own, the default for every signal, an empty signal mask, and descriptors 0, 1 and 2 as said; all else that is open must be close-on-exec.
/// glibc runs posix_spawn(3) with the semantics of vfork(2): nothing is copied, and an errno of the child's steps, execve(2) included, is the result of the call.
/// </para>
/// <para>
/// The sets of signals are written as plain words: sigfillset(3) leaves out the two signals that glibc keeps for itself, and posix_spawn would then leave these ignored in the child.
/// </para>
/// Owns: native memory, until <see cref="Dispose"/> or the collection of the plan: a reload drops the plans of schedulers that changed.   Threads: one at a time.
/// </remarks>
public sealed unsafe class SpawnPlan : IDisposable
{
    private const short Flags = Libc.POSIX_SPAWN_SETPGROUP | Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK;

    private readonly posix_spawnattr_t* _attributes;
    private readonly posix_spawn_file_actions_t* _actions;
    private readonly byte* _directory;
    private readonly byte* _environment;
    private readonly int _environmentCount;
    private byte** _envp;
    private int _envpLength;
    private byte** _argv;
    private int _argvLength;
    private int _stdin = -1;
    private int _stdout = -1;
    private int _stderr = -1;
    private int _record = -1;
    private bool _hasActions;
    private bool _disposed;

    /// <summary>Prepares starts.</summary>
    /// <param name="environment">Variables as <c>NAME=VALUE</c>, each ended by NUL; copied.</param>
    /// <param name="directory">Current directory of the children, ended by NUL; empty: that of this process. Copied.</param>
    public SpawnPlan(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> directory)
    {
        _directory = directory.IsEmpty ? null : Copy(directory);
        _environment = Copy(environment);
        _environmentCount = environment.Count((byte)0);
        Reserve(ref _envp, ref _envpLength, _environmentCount + 8);
        SetPointers(_envp, _environment, environment);
        Reserve(ref _argv, ref _argvLength, 8);
        _actions = (posix_spawn_file_actions_t*)NativeMemory.AllocZeroed((nuint)sizeof(posix_spawn_file_actions_t));
        _attributes = (posix_spawnattr_t*)NativeMemory.AllocZeroed((nuint)sizeof(posix_spawnattr_t));
        sigset_t all;
        new Span<byte>(&all, sizeof(sigset_t)).Fill(0xff);
        sigset_t none = default;
        Check(Libc.posix_spawnattr_init(_attributes));
        Check(Libc.posix_spawnattr_setflags(_attributes, Flags));
        Check(Libc.posix_spawnattr_setpgroup(_attributes, 0));
        Check(Libc.posix_spawnattr_setsigdefault(_attributes, &all));
        Check(Libc.posix_spawnattr_setsigmask(_attributes, &none));
    }

    /// <summary>Frees the native memory of a plan that nobody uses any more.</summary>
    ~SpawnPlan()
    {
        Free();
    }

    /// <summary>Gets the mask of permissions that the children's new files do not get; -1: this process's own.</summary>
    /// <remarks>The mask belongs to the whole process, and is this one for the moment of a start: files that other threads make meanwhile need modes of their own.</remarks>
    public int Umask { get; init; } = -1;

    /// <inheritdoc cref="Spawn(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, int, int, int, int, out int)"/>
    public int Spawn(ReadOnlySpan<byte> program, ReadOnlySpan<byte> argv, ReadOnlySpan<byte> variables, int stdin, int stdout, int stderr, out int pid) =>
        Spawn(program, argv, variables, stdin, stdout, stderr, record: -1, out pid);

    /// <summary>Starts a program and returns 0, or minus the errno of the step that failed; then there is no child.</summary>
    /// <param name="program">Path, ended by NUL; no search.</param>
    /// <param name="argv">Arguments with the name of the program, each ended by NUL.</param>
    /// <param name="variables">Variables of this start alone, after those of the plan, in the same form.</param>
    /// <param name="stdin">Descriptor that becomes 0. A descriptor below 3 must be given for its own number only.</param>
    /// <param name="stdout">Descriptor that becomes 1.</param>
    /// <param name="stderr">Descriptor that becomes 2.</param>
    /// <param name="record">Descriptor that becomes 3; -1: none.</param>
    /// <param name="pid">The child, which is also the id of its process group; 0 on failure.</param>
    /// <remarks>
    /// Errors: those of execve(2), chdir(2) and clone(2).
    /// Cost: the calling thread stands still until the child has executed; no managed allocation.
    /// </remarks>
    public int Spawn(ReadOnlySpan<byte> program, ReadOnlySpan<byte> argv, ReadOnlySpan<byte> variables, int stdin, int stdout, int stderr, int record, out int pid)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        pid = 0;
        int result = SetActions(stdin, stdout, stderr, record);
        if (result < 0)
        {
            return result;
        }

        Reserve(ref _argv, ref _argvLength, argv.Count((byte)0) + 1);
        Reserve(ref _envp, ref _envpLength, _environmentCount + variables.Count((byte)0) + 1);
        fixed (byte* path = program)
        fixed (byte* arguments = argv)
        fixed (byte* own = variables)
        {
            SetPointers(_argv, arguments, argv);
            SetPointers(_envp + _environmentCount, own, variables);
            uint mask = Umask < 0 ? 0 : Libc.umask((uint)Umask);
            result = Libc.posix_spawn(out int child, path, _actions, _attributes, _argv, _envp);
            _ = Umask < 0 ? 0 : Libc.umask(mask);
            pid = result == 0 ? child : 0;
            GC.KeepAlive(this);
            return result;
        }
    }

    /// <summary>Frees the native memory.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_hasActions)
        {
            _ = Libc.posix_spawn_file_actions_destroy(_actions);
        }

        _ = Libc.posix_spawnattr_destroy(_attributes);
        NativeMemory.Free(_attributes);
        NativeMemory.Free(_actions);
        NativeMemory.Free(_argv);
        NativeMemory.Free(_envp);
        NativeMemory.Free(_environment);
        NativeMemory.Free(_directory);
    }

    // Without pipes the descriptors are the same each time, and the list is kept.
    private int SetActions(int stdin, int stdout, int stderr, int record)
    {
        if (_hasActions && stdin == _stdin && stdout == _stdout && stderr == _stderr && record == _record)
        {
            return 0;
        }

        if (_hasActions)
        {
            _ = Libc.posix_spawn_file_actions_destroy(_actions);
            _hasActions = false;
        }

        int result = Libc.posix_spawn_file_actions_init(_actions);
        if (result < 0)
        {
            return result;
        }

        result = Libc.posix_spawn_file_actions_adddup2(_actions, stdin, 0);
        result = result < 0 ? result : Libc.posix_spawn_file_actions_adddup2(_actions, stdout, 1);
        result = result < 0 ? result : Libc.posix_spawn_file_actions_adddup2(_actions, stderr, 2);
        if (record >= 0 && result >= 0)
        {
            result = Libc.posix_spawn_file_actions_adddup2(_actions, record, 3);
        }

        if (_directory != null && result >= 0)
        {
            result = Libc.posix_spawn_file_actions_addchdir_np(_actions, _directory);
        }

        if (result < 0)
        {
            _ = Libc.posix_spawn_file_actions_destroy(_actions);
            return result;
        }

        _hasActions = true;
        (_stdin, _stdout, _stderr, _record) = (stdin, stdout, stderr, record);
        return 0;
    }

    private static byte* Copy(ReadOnlySpan<byte> source)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)source.Length + 1);
        source.CopyTo(new Span<byte>(copy, source.Length));
        copy[source.Length] = 0;
        return copy;
    }

    private static void Reserve(ref byte** pointers, ref int length, int needed)
    {
        if (needed > length)
        {
            length = Math.Max(needed, length * 2);
            pointers = (byte**)NativeMemory.Realloc(pointers, (nuint)length * (nuint)sizeof(byte*));
        }
    }

    private static void SetPointers(byte** pointers, byte* first, ReadOnlySpan<byte> strings)
    {
        while (!strings.IsEmpty)
        {
            *pointers++ = first;
            int next = strings.IndexOf((byte)0) + 1;
            if (next == 0)
            {
                throw new ArgumentException("a string is not ended by NUL", nameof(strings));
            }

            first += next;
            strings = strings[next..];
        }

        *pointers = null;
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new InvalidOperationException("posix_spawnattr: " + Errno.Name(result));
        }
    }
}

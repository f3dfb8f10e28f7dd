using System;
using System.Collections.Generic;
using PyInotifyd.Configuration;
using PyInotifyd.Engine;
using PyInotifyd.Engine.Diagnostics;
using PyInotifyd.Engine.Reactor;
using PyInotifyd.Engine.Timing;
using PyInotifyd.Linux;

namespace PyInotifyd.Daemon.Control;

/// <summary>Takes connections on the control socket, and looks after them.</summary>
/// <remarks>
/// <para>
/// Everything about a client is bounded: the length of a line, one answer at a time, which comes in pieces where it may be long, the time without a sign of life, and how many clients there are. When there is no room for
/// one more, the one goes that has been silent longest, unless it has come just now.
/// </para>
/// <para>
/// A request is carried out in the step after the one in which it was read, after that step's file events: what its sender did to files before it is known then.
/// </para>
/// A descriptor is held in reserve, so that one client at a time is answered when the daemon has no other left: that is when one wants to know.
/// Without clients there is one descriptor more in the poll set, and nothing else.
/// Owns: the endpoint and the clients.   Threads: the reactor's.
/// </remarks>
internal sealed class ControlServer : ActingTimer, IPollSource, IStepHook, IDisposable
{
    private const int MostClients = 1024;
    private const int FewestClients = 16;

    private const int AcceptsPerStep = 64;
    private const long SilenceMs = 60_000;
    private const long NewMs = 200;
    private const long CrowdedMs = 50;

    /// <summary>Bytes of answers that wait for their readers, altogether.</summary>
    private const long MostUnsent = 4 * 1024 * 1024;

    private readonly Reactor _reactor;
    private readonly ControlCommands _commands;
    private Logger _logger;
    private readonly LinkedList<ControlClient> _clients = [];
    private readonly Queue<ControlClient> _working = new();
    private ControlEndpoint? _endpoint;
    private int _reserve = -1;
    private uint? _group;
    private int _limit = FewestClients;
    private bool _accepts;

    /// <summary>Makes a server that listens nowhere yet.</summary>
    public ControlServer(WatchEngine engine, ControlCommands commands, Logger logger)
    {
        _reactor = engine.Reactor;
        _commands = commands;
        _logger = logger;
        _reactor.AddHook(StepPhase.Start, this);
    }

    /// <summary>Bytes of answers that wait for their readers.</summary>
    public long Unsent { get; set; }

    /// <inheritdoc/>
    int IPollSource.Fd => _endpoint!.Fd;

    /// <inheritdoc/>
    short IPollSource.Events => (short)(_accepts ? Libc.POLLIN : 0);

    /// <summary>Listens where a configuration says, from now on; where that cannot be, a warning says why.</summary>
    public void Apply(DaemonSpec spec, Logger logger)
    {
        _logger = logger;
        _commands.Logger = logger;
        long free = ProcessSetup.DescriptorsAllowed() - ProcessSetup.DescriptorsFor(spec.Engine.MaxConcurrency, spec.Engine.Workers.Count);
        _limit = (int)Math.Clamp(free, FewestClients, MostClients);
        byte[]? path = !spec.HasControlSocket ? null : spec.ControlSocket.IsEmpty ? ControlPath.Default() : spec.ControlSocket.ToArray();
        if (_endpoint is not null && (path is null || !_endpoint.Path.SequenceEqual(path) || !_endpoint.IsOurs))
        {
            StopListening();
        }

        bool isNew = _endpoint is null;
        if (spec.HasControlSocket && isNew)
        {
            StartListening(path);
        }

        SetGroup(spec.ControlGroup, isNew);
    }

    /// <inheritdoc/>
    void IPollSource.OnReady(short revents)
    {
        for (int i = 0; i < AcceptsPerStep; i++)
        {
            int fd = Libc.accept4(_endpoint!.Fd, Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK);
            if (fd >= 0)
            {
                Admit(fd);
                if (_clients.Count >= _limit && !TryDropOldest())
                {
                    PauseAccepting();
                    return;
                }
            }
            else if (fd is -Errno.EMFILE or -Errno.ENFILE or -Errno.ENOMEM or -Errno.ENOBUFS)
            {
                // What is not taken is reported again at once: it has to wait for a while.
                if (!ReleaseReserve() && !TryDropOldest())
                {
                    PauseAccepting();
                    return;
                }
            }
            else if (fd != -Errno.EINTR)
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    bool IStepHook.OnStep()
    {
        // One piece of the work of one client, then the next one's: what takes long takes longer, and nothing waits for it.
        if (_working.TryDequeue(out ControlClient? client) && client.GoOn())
        {
            _working.Enqueue(client);
        }

        return _working.Count != 0;
    }

    /// <inheritdoc/>
    public override void OnExpired()
    {
        if (!_accepts && _endpoint is not null)
        {
            if (_clients.Count < _limit || TryDropOldest())
            {
                _accepts = true;
                _reactor.Update(this);
            }
        }

        long now = _reactor.Clock.NowNs;
        while (_clients.First is { } oldest && now - oldest.Value.ActiveNs >= SilenceMs * MonotonicTime.NsPerTick)
        {
            if (oldest.Value.IsBusy)
            {
                // It is not the client that keeps silent.
                Touch(oldest.Value);
            }
            else
            {
                oldest.Value.Close();
            }
        }

        ArmTimer();
    }

    /// <summary>Stops listening and ends all connections.</summary>
    public void Dispose()
    {
        StopListening();
        while (_clients.First is { } client)
        {
            client.Value.Close();
        }
    }

    /// <summary>Notes a sign of life.</summary>
    internal void Touch(ControlClient client)
    {
        client.ActiveNs = _reactor.Clock.NowNs;
        _clients.Remove(client.Node);
        _clients.AddLast(client.Node);
    }

    /// <summary>Carries out a request, and returns what is left to be done in pieces, or null.</summary>
    internal ControlWork? Execute(byte[] line, ControlPeer peer, JsonLine answer) => _commands.Execute(line, peer, answer);

    /// <summary>Has the work of a client be gone on with in every step.</summary>
    internal void AddWork(ControlClient client) => _working.Enqueue(client);

    /// <summary>Sees to it that the answers that wait do not take too much memory: those go that were read least.</summary>
    internal void LimitUnsent(ControlClient but)
    {
        for (LinkedListNode<ControlClient>? node = _clients.First; node is not null && Unsent > MostUnsent;)
        {
            ControlClient client = node.Value;
            node = node.Next;
            if (client.HasUnsent && !ReferenceEquals(client, but))
            {
                client.Close();
            }
        }
    }

    /// <summary>Forgets a client that has closed.</summary>
    internal void Remove(ControlClient client)
    {
        _clients.Remove(client.Node);
        HoldReserve();
        if (_clients.Count == 0 && _accepts)
        {
            _reactor.Wheel.Cancel(this);
        }
    }

    private void StartListening(byte[]? path)
    {
        if (path is null)
        {
            _logger.Warning("no control socket: XDG_RUNTIME_DIR does not name a directory; give control_socket a path, or null for none");
            return;
        }

        _endpoint = ControlEndpoint.Open(path, out string problem);
        if (_endpoint is null)
        {
            _logger.Warning($"no control socket at '{Engine.Paths.SurrogateEscape.Decode(path)}': {problem} (control_socket: null in the configuration means none)");
            return;
        }

        _accepts = true;
        _reactor.Add(this);
        HoldReserve();
    }

    private void HoldReserve()
    {
        if (_reserve < 0 && _endpoint is not null)
        {
            _reserve = Libc.eventfd(0, Libc.EFD_CLOEXEC);
        }
    }

    private bool ReleaseReserve()
    {
        bool isHeld = _reserve >= 0;
        if (isHeld)
        {
            _ = Libc.close(_reserve);
            _reserve = -1;
        }

        return isHeld;
    }

    private void StopListening()
    {
        if (_endpoint is not null)
        {
            _reactor.Remove(this);
            _endpoint.Dispose();
            _endpoint = null;
            _ = ReleaseReserve();
        }
    }

    private void SetGroup(uint? group, bool isNew)
    {
        if (_endpoint is not null && (isNew ? group is not null : group != _group))
        {
            int result = _endpoint.SetGroup(group);
            if (result < 0)
            {
                _logger.Warning($"the control socket '{_endpoint}' cannot be given to {(group is null ? "its owner alone" : "group " + group.Value.ToString())}: {Errno.Name(result)} {Errno.Text(result)}");
            }
        }

        if (group == _group)
        {
            return;
        }

        _group = group;
        for (LinkedListNode<ControlClient>? node = _clients.First; node is not null;)
        {
            ControlClient client = node.Value;
            node = node.Next;
            if (!client.Peer.IsOwner)
            {
                client.EndAfterAnswer();
            }
        }
    }

    private void Admit(int fd)
    {
        ControlPeer peer = ControlPeer.Of(fd, _group);
        if (!peer.IsAllowed)
        {
            _logger.Warning($"control: refused a connection of {peer}");
            _ = Libc.send(fd, "{\"error\":\"permission denied: only root, the user that the daemon runs as and members of control_group may use this socket\"}\n"u8, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
            _ = Libc.close(fd);
            return;
        }

        ControlClient client = new(fd, peer, this, _reactor) { ActiveNs = _reactor.Clock.NowNs };
        _clients.AddLast(client.Node);
        _reactor.Add(client);
        if (!IsArmed)
        {
            ArmTimer();
        }
    }

    /// <summary>Ends the connection that has been silent longest; false where all have come just now or wait for something that is under way.</summary>
    private bool TryDropOldest()
    {
        long now = _reactor.Clock.NowNs;
        for (LinkedListNode<ControlClient>? node = _clients.First; node is not null; node = node.Next)
        {
            ControlClient client = node.Value;
            if (now - client.ActiveNs < NewMs * MonotonicTime.NsPerTick && (!client.IsAnswered || client.HasUnsent))
            {
                continue;
            }

            if (!client.IsBusy)
            {
                client.Close();
                return true;
            }
        }

        return false;
    }

    private void PauseAccepting()
    {
        _accepts = false;
        _reactor.Update(this);
        _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, CrowdedMs));
    }

    private void ArmTimer()
    {
        if (!_accepts && _endpoint is not null)
        {
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(_reactor.Clock.NowNs, CrowdedMs));
        }
        else if (_clients.First is { } oldest)
        {
            _reactor.Wheel.Arm(this, MonotonicTime.DeadlineTick(oldest.Value.ActiveNs, SilenceMs));
        }
    }
}

namespace PyInotifyd.Engine.Reactor;

/// <summary>
/// A descriptor that the reactor waits for, and what happens when it is ready: a child's exit, a worker's pipe, a control connection, signals.
/// </summary>
/// <remarks>
/// The order of a step is kept only for what poll(2) saw: file events first, then this. What a source reads beyond that (a second line that came while
/// the file events were read) may be younger than file events that are still in the kernel. Where that matters, post what was read to the <see
/// cref="Mailbox"/>: it is delivered in the next step, after that step's file events.
/// Owns: the source owns its descriptor. It leaves the reactor first and closes then; the other order is a bug and stops the loop.
/// </remarks>
public interface IPollSource
{
    /// <summary>Returns the descriptor; it stays the same from <see cref="Reactor.Add"/> to <see cref="Reactor.Remove"/>.</summary>
    int Fd { get; }

    /// <summary>Returns what to wait for, such as POLLIN; 0 waits only for errors and hang-up. After a change call <see cref="Reactor.Update"/>.</summary>
    short Events { get; }

    /// <summary>Handles what poll(2) reported: those of <see cref="Events"/> that came, and POLLERR and POLLHUP.</summary>
    /// <remarks>
    /// Errors: must not throw for anything expected; an exception stops the loop and the program.
    /// Cost: must not block. What is left over is reported again in the next step.
    /// </remarks>
    void OnReady(short revents);
}

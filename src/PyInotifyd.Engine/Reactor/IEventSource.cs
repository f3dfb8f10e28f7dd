namespace PyInotifyd.Engine.Reactor;

/// <summary>The source that comes before all others in a step: the queue of file events.</summary>
public interface IEventSource
{
    /// <summary>Returns the descriptor, which is waited for with POLLIN.</summary>
    int Fd { get; }

    /// <summary>Handles at least the events that were in the queue when poll(2) returned, in bounded work, and returns whether more is left.</summary>
    /// <remarks>
    /// Called when the descriptor is readable, in the step after one that left something, and in every step in which something else happened whose cause
    /// may have left events before (an exit, a report, a deadline). With something left the loop does not sleep, but all else that is due gets its turn
    /// first.
    /// Cost: with nothing in the queue, one system call (FIONREAD).
    /// Errors: an exception stops the loop and the program.
    /// </remarks>
    bool Drain();

    /// <summary>Returns, after a drain, for how many milliseconds the queue may be left alone though it fills; 0: it is to be read as soon as anything is in it.</summary>
    /// <remarks>All else (exits, mail, deadlines) is waited for meanwhile and ends the rest, and the queue is drained when it ends.</remarks>
    int RestMs => 0;
}

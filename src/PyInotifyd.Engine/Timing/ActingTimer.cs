namespace PyInotifyd.Engine.Timing;

/// <summary>A timer that knows itself what to do when it is due, for parts of the program that the engine does not know.</summary>
public abstract class ActingTimer : TimerEntry
{
    /// <summary>Acts; the entry is out of the wheel and may be armed again.</summary>
    /// <remarks>Errors: an exception stops the loop and the program.   Cost: must not block.</remarks>
    public abstract void OnExpired();
}

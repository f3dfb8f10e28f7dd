using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Reactor;

/// <summary>Gets the timers that are due.</summary>
public interface ITimerSink
{
    /// <summary>Acts on an entry whose deadline is over. The entry is out of the wheel and may be armed again; any other may be armed or cancelled.</summary>
    /// <remarks>Errors: an exception stops the loop and the program.   Cost: must not block.</remarks>
    void OnExpired(TimerEntry entry);
}

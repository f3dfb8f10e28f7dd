namespace PyInotifyd.Engine.Reactor;

/// <summary>A message from another thread to the one that owns the state.</summary>
public interface IMail
{
    /// <summary>Runs on the reactor's thread, once.</summary>
    /// <remarks>Errors: an exception stops the loop and the program.   Cost: must not block.</remarks>
    void Deliver();
}

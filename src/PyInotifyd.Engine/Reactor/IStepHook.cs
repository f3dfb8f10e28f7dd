namespace PyInotifyd.Engine.Reactor;

/// <summary>Work that is done once at the end of every step, after everything that came in has been handled.</summary>
public interface IStepHook
{
    /// <summary>Does the work of this step and returns whether some is left: then the next step does not wait.</summary>
    /// <remarks>Errors: an exception stops the loop and the program.   Cost: must not block, and does a bounded piece at a time.</remarks>
    bool OnStep();
}

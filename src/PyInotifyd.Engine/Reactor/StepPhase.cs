namespace PyInotifyd.Engine.Reactor;

/// <summary>When in a step a hook runs. Phases run in this order; hooks of one phase in the order in which they were added.</summary>
public enum StepPhase
{
    /// <summary>Start what may start, now that all events, ends and deadlines of the step are known.</summary>
    Start,

    /// <summary>Write out what was collected, log lines above all, before the loop may sleep.</summary>
    Flush,
}

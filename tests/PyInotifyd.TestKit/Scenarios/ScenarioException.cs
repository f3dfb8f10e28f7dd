using System;

namespace PyInotifyd.TestKit.Scenarios;

/// <summary>A scenario that cannot be run as it is written: an unknown command, a file operation that fails.</summary>
public sealed class ScenarioException : Exception
{
    /// <summary>Makes one.</summary>
    public ScenarioException(string message)
        : base(message)
    {
    }
}

namespace PyInotifyd.Engine.Paths;

/// <summary>What became of one attempt to match.</summary>
public enum MatchOutcome
{
    /// <summary>The subject does not match.</summary>
    NoMatch,

    /// <summary>The subject matches; the spans are in the <see cref="MatchState"/>.</summary>
    Matched,

    /// <summary>The attempt was given up: it had used as many steps as it was allowed, or as much memory.</summary>
    BudgetExceeded,
}

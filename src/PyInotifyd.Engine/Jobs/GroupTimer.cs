using PyInotifyd.Engine.Timing;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Asks again whether anybody is left in the process group of a stopped task.</summary>
internal sealed class GroupTimer(ChildTable table, Child child) : ActingTimer
{
    /// <summary>Gets or sets the time between two looks, in milliseconds.</summary>
    public int WaitMs { get; set; }

    public override void OnExpired() => table.LookAfterGroup(child);
}

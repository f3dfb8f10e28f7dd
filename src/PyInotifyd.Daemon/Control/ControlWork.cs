namespace PyInotifyd.Daemon.Control;

/// <summary>A request that is not answered at once: it looks at so many tasks that it is carried out in pieces, or waits for something.</summary>
internal abstract class ControlWork
{
    /// <summary>Whether there is nothing to do before something has happened; <see cref="Resume"/> is called then.</summary>
    public virtual bool IsWaiting => false;

    /// <summary>Says that there is something to do; set by who does it.</summary>
    public System.Action? Resume { get; set; }

    /// <summary>Does a piece and returns whether there is more; if not, the answer is written.</summary>
    public abstract bool GoOn(JsonLine answer);
}

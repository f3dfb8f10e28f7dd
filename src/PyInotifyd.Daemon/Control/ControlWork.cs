namespace PyInotifyd.Daemon.Control;

/// <summary>A request that looks at so many tasks that it is carried out in pieces.</summary>
internal abstract class ControlWork
{
    /// <summary>Does a piece and returns whether there is more; if not, the answer is written.</summary>
    public abstract bool GoOn(JsonLine answer);
}

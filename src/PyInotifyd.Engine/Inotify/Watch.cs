using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Inotify;

/// <summary>A watch that runs: one root of one <see cref="WatchSpec"/>.</summary>
public sealed class Watch
{
    /// <summary>Makes a watch of a specification for one root.</summary>
    /// <param name="spec">What the user configured.</param>
    /// <param name="root">The root; differs from the specification's path where that was expanded.</param>
    public Watch(WatchSpec spec, UnixPath root)
    {
        Spec = spec;
        Root = root.ToArray();
    }

    /// <summary>What the user configured.</summary>
    public WatchSpec Spec { get; }

    /// <summary>Absolute path of the root, without NUL, without a trailing slash (except <c>/</c>).</summary>
    public byte[] Root { get; }

    /// <summary>Whatever the receiver of the events wants to find again, such as its route.</summary>
    public object? Route { get; set; }
}

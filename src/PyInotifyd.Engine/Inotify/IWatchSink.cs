using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Takes what the watched trees report.</summary>
/// <remarks>Threads: reactor only. Spans are valid until the method returns.</remarks>
public interface IWatchSink
{
    /// <summary>Says whether an event that the watch has mapped is worth the making of its path; with false it is not handed over.</summary>
    bool Wants(Watch watch, EventMask mask, bool isDir) => true;

    /// <summary>Takes an event that the watch has mapped, that its filters let pass, once per watch.</summary>
    void OnEvent(in WatchEvent e);

    /// <summary>Says that a directory was renamed inside a watched tree: what is pending below it goes with it.</summary>
    void OnTreeMoved(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    /// <summary>Says that a directory is gone (deleted, moved out, unmounted): what is pending below it, itself included, has nothing to run on.</summary>
    void OnTreeGone(ReadOnlySpan<byte> path);

    /// <summary>Says that a tree was scanned after a gap: what is pending below it on paths that no longer exist has nothing to run on.</summary>
    void OnTreeScanned(ReadOnlySpan<byte> root);
}

using PyInotifyd.Engine.Model;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Roots that are files.</content>
public sealed partial class WatchTree
{
    private int StartFile(Watch watch, bool report)
    {
        uint mask = MaskOf(watch) | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB;
        int wd = _inotify.AddPath(watch.TerminatedRoot, mask | Libc.IN_MASK_ADD);
        if (wd < 0)
        {
            return wd;
        }

        int node = _nodes.Add(-1, default, (ushort)watch.Index);
        _nodes[node].Flags |= NodeFlags.File;
        _nodes.Attach(node, wd);
        watch.RootNode = node;
        if (report)
        {
            ReportFile(watch, wd);
        }

        return 0;
    }

    private void ReportFile(Watch watch, int wd)
    {
        if ((watch.Mapped & EventMask.Create) != 0)
        {
            Synthesize(watch, wd, EventMask.Create, watch.Root);
        }

        if (watch.FoundAs != EventMask.None)
        {
            Synthesize(watch, wd, watch.FoundAs, watch.Root);
        }

        if ((watch.Mapped & EventMask.CloseWrite) != 0)
        {
            _memory.AddLook(wd, default);
            ReportWritten(watch, watch.RootNode, Libc.AT_FDCWD, watch.TerminatedRoot, default);
            _memory.Close(ReadBytes + _inotify.Pending());
        }
    }

    /// <summary>A file root whose directory changed: another inode may bear its name now (an editor's atomic save).</summary>
    private void RefreshFile(Watch watch)
    {
        int node = watch.RootNode;
        int wd = _inotify.AddPath(watch.TerminatedRoot, MaskOf(watch) | Libc.IN_MOVE_SELF | Libc.IN_ATTRIB | Libc.IN_MASK_ADD);
        if (wd == _nodes[node].Wd)
        {
            return;
        }

        Drop(node);
        watch.RootNode = -1;
        if (wd >= 0)
        {
            node = _nodes.Add(-1, default, (ushort)watch.Index);
            _nodes[node].Flags |= NodeFlags.File;
            _nodes.Attach(node, wd);
            watch.RootNode = node;
            ReportFile(watch, wd);
        }

        PlaceGuard(watch, wd);
    }
}

using System;
using System.Globalization;
using System.Text;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Inotify;

/// <content>Directories that a rename pushed aside: the other half of an exchange, or about to vanish.</content>
public sealed partial class WatchTree
{
    private void Displace(Watch watch, int existing, int node, in RawEvent record, int originWd, ReadOnlySpan<byte> originName)
    {
        Doubt();
        byte[] parked = Park(EntryPath(node, record.Name).ToArray());
        PutInLimbo(existing, parked);
        _displaced.Add(new Displaced(existing, watch.Index, record.Wd, record.Name.ToArray(), originWd, originName.ToArray(), parked));
    }

    /// <summary>Has the tasks below a path wait under one that no file can have (a name holds no NUL), and returns it.</summary>
    private byte[] Park(byte[] path)
    {
        byte[] parked = [.. path, 0, .. Encoding.ASCII.GetBytes((++_displacedCounter).ToString(CultureInfo.InvariantCulture))];
        _sink.OnTreeMoved(path, parked);
        return parked;
    }

    private void DropDisplaced(Displaced displaced)
    {
        _displaced.Remove(displaced);
        _sink.OnTreeGone(displaced.TemporaryPath);
        Drop(displaced.Node);
    }

    /// <summary>A node that waits for the second half of a rename is about to be freed: nobody may settle it any more, its index soon belongs to another directory.</summary>
    private void Disown(int node)
    {
        int at = _displaced.FindIndex(d => d.Node == node);
        if (at >= 0)
        {
            Displaced displaced = _displaced[at];
            _displaced.RemoveAt(at);
            _sink.OnTreeGone(displaced.TemporaryPath);
        }

        for (int i = 0; i < MovePairer.Capacity; i++)
        {
            MoveHalf half = _moves.At(i);
            for (int s = 0; half.Cookie != 0 && s < half.Count; s++)
            {
                ref MoveSource source = ref half[s];
                if (source.Node == node)
                {
                    source.Node = -1;
                    _sink.OnTreeGone(source.PathBytes);
                }

                if (source.Displaced == node)
                {
                    source.Displaced = -1;
                }
            }
        }
    }

    private int FindDisplaced(int wd, int watch, ReadOnlySpan<byte> name)
    {
        foreach (Displaced displaced in _displaced)
        {
            if (displaced.AtWd == wd && displaced.Watch == watch && name.SequenceEqual(displaced.AtName))
            {
                return displaced.Node;
            }
        }

        return -1;
    }
}

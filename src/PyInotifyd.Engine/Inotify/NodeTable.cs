using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Inotify;

/// <summary>All watched directories: nodes by index, children by name, nodes by watch descriptor.</summary>
/// <remarks>
/// A node holds its own name and its parent, never its path, so a rename of a directory re-hangs one node whatever is below it. Nodes lie in blocks of 1,024 and names in an
/// arena: about 60 bytes a directory and no object, whatever the garbage collector does. Two hash tables of indices find a child by (parent, name) and the nodes of a
/// descriptor (several where two watches share an inode). Both are seeded: strangers choose names.
/// Roots have no parent; their name is the whole path, kept apart because it may be longer than 255 bytes.
/// Cost: every operation O(1) but for paths, O(depth).   Threads: reactor only.
/// </remarks>
internal sealed class NodeTable
{
    private const int BlockBits = 10;
    private const int BlockSize = 1 << BlockBits;

    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private WatchNode[][] _blocks = [];
    private int[] _buckets = NewBuckets(64);
    private int[] _wdBuckets = NewBuckets(64);
    private NameArena _names = new();
    private int _freeList = -1;
    private int _next;

    /// <summary>Nodes in use.</summary>
    public int Count { get; private set; }

    /// <summary>Nodes with a watch descriptor.</summary>
    public int WatchedCount { get; private set; }

    /// <summary>Different descriptors that nodes have.</summary>
    public int DescriptorCount { get; private set; }

    /// <summary>Whether some descriptor has more than one node.</summary>
    public bool AnyShared => WatchedCount != DescriptorCount;

    /// <summary>One more than the highest index ever used.</summary>
    public int HighWater => _next;

    public ref WatchNode this[int node]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _blocks[node >> BlockBits][node & (BlockSize - 1)];
    }

    /// <summary>Adds a node below a parent; the name must not be there yet.</summary>
    public int Add(int parent, ReadOnlySpan<byte> name, ushort watch)
    {
        int node = TakeFree();
        ref WatchNode n = ref this[node];
        n = new WatchNode
        {
            Parent = -1,
            FirstChild = -1,
            NextSibling = -1,
            PreviousSibling = -1,
            NextInBucket = -1,
            Wd = -1,
            NextInWdBucket = -1,
            NamePlace = -1,
            Watch = watch,
            Flags = NodeFlags.Used,
        };
        Count++;
        if (parent >= 0)
        {
            Hang(node, parent, name);
        }
        else
        {
            n.Flags |= NodeFlags.Root;
        }

        return node;
    }

    /// <summary>Returns the name of a node that is not a root.</summary>
    public ReadOnlySpan<byte> Name(int node)
    {
        ref WatchNode n = ref this[node];
        return n.NamePlace < 0 ? default : _names.Get(n.NamePlace, n.NameLength);
    }

    /// <summary>Returns the child of that name, or -1.</summary>
    public int FindChild(int parent, ReadOnlySpan<byte> name)
    {
        for (int node = _buckets[Bucket(parent, name)]; node >= 0; node = this[node].NextInBucket)
        {
            ref WatchNode n = ref this[node];
            if (n.Parent == parent && n.NameLength == name.Length && _names.Get(n.NamePlace, n.NameLength).SequenceEqual(name))
            {
                return node;
            }
        }

        return -1;
    }

    /// <summary>Takes a node from its place: it keeps its name, its children and its descriptor, and is the top of its own subtree from now on.</summary>
    public void Unhang(int node)
    {
        ref WatchNode n = ref this[node];
        if (n.Parent < 0)
        {
            return;
        }

        UnlinkBucket(node, ref n);
        UnlinkSibling(ref n);
        n.Parent = -1;
        n.Flags |= NodeFlags.Limbo;
    }

    /// <summary>Puts a node that has no place below a parent, under a name that is free there.</summary>
    public void Hang(int node, int parent, ReadOnlySpan<byte> name)
    {
        if (Count > _buckets.Length)
        {
            Rehash();
        }

        ref WatchNode n = ref this[node];
        if (n.NamePlace < 0 || !_names.Get(n.NamePlace, n.NameLength).SequenceEqual(name))
        {
            if (n.NamePlace >= 0)
            {
                _names.Release(n.NameLength);
            }

            n.NamePlace = _names.Add(name);
            n.NameLength = (byte)name.Length;
        }

        n.Flags &= ~NodeFlags.Limbo;
        n.Parent = parent;
        ref WatchNode p = ref this[parent];
        n.PreviousSibling = -1;
        n.NextSibling = p.FirstChild;
        if (p.FirstChild >= 0)
        {
            this[p.FirstChild].PreviousSibling = node;
        }

        p.FirstChild = node;
        int bucket = Bucket(parent, name);
        n.NextInBucket = _buckets[bucket];
        _buckets[bucket] = node;
    }

    /// <summary>Frees a node that has no children; its descriptor must have been detached.</summary>
    public void Free(int node)
    {
        ref WatchNode n = ref this[node];
        Unhang(node);
        if (n.NamePlace >= 0)
        {
            _names.Release(n.NameLength);
        }

        n.Flags = NodeFlags.None;
        n.Wd = -1;
        n.NextInBucket = _freeList;
        _freeList = node;
        Count--;
        if (_names.Free > 1 << 20 && _names.Free > _names.Used / 2)
        {
            CompactNames();
        }
    }

    /// <summary>Returns the first node of a watch descriptor, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int FirstOf(int wd) => SkipToWd(_wdBuckets[wd & (_wdBuckets.Length - 1)], wd);

    /// <summary>Returns the next node of the same descriptor, or -1.</summary>
    public int NextOf(int node) => SkipToWd(this[node].NextInWdBucket, this[node].Wd);

    /// <summary>Ties a node to a descriptor.</summary>
    public void Attach(int node, int wd)
    {
        ref WatchNode n = ref this[node];
        if (n.Wd == wd)
        {
            return;
        }

        Detach(node);
        WatchedCount++;
        DescriptorCount += FirstOf(wd) < 0 ? 1 : 0;
        if (WatchedCount > _wdBuckets.Length)
        {
            RehashWds();
        }

        ref int bucket = ref _wdBuckets[wd & (_wdBuckets.Length - 1)];
        n.Wd = wd;
        n.NextInWdBucket = bucket;
        bucket = node;
    }

    /// <summary>Unties a node from its descriptor and returns whether that has no node any more.</summary>
    public bool Detach(int node)
    {
        ref WatchNode n = ref this[node];
        if (n.Wd < 0)
        {
            return false;
        }

        ref int link = ref _wdBuckets[n.Wd & (_wdBuckets.Length - 1)];
        while (link != node)
        {
            link = ref this[link].NextInWdBucket;
        }

        link = n.NextInWdBucket;
        int wd = n.Wd;
        n.Wd = -1;
        n.NextInWdBucket = -1;
        WatchedCount--;
        bool isLast = FirstOf(wd) < 0;
        DescriptorCount -= isLast ? 1 : 0;
        return isLast;
    }

    /// <summary>Returns the topmost node above (or at) a node: a root, or where the subtree has been taken from its place.</summary>
    public int Top(int node)
    {
        while (true)
        {
            int parent = this[node].Parent;
            if (parent < 0)
            {
                return node;
            }

            node = parent;
        }
    }

    /// <summary>Adds the components from a node's top (not included) down to it to a path.</summary>
    public void AppendRelative(int node, PathBuilder path)
    {
        int length = 0;
        for (int i = node; this[i].Parent >= 0; i = this[i].Parent)
        {
            length += this[i].NameLength + 1;
        }

        if (length == 0)
        {
            return;
        }

        if (path.Length > 0 && path.Bytes[^1] == (byte)'/')
        {
            length--;
        }

        Span<byte> room = path.Grow(length);
        for (int i = node; this[i].Parent >= 0; i = this[i].Parent)
        {
            ReadOnlySpan<byte> name = Name(i);
            length -= name.Length;
            name.CopyTo(room[length..]);
            if (length > 0)
            {
                room[--length] = (byte)'/';
            }
        }
    }

    private static int[] NewBuckets(int count)
    {
        int[] buckets = new int[count];
        Array.Fill(buckets, -1);
        return buckets;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SkipToWd(int node, int wd)
    {
        while (node >= 0 && this[node].Wd != wd)
        {
            node = this[node].NextInWdBucket;
        }

        return node;
    }

    private int TakeFree()
    {
        int node = _freeList;
        if (node >= 0)
        {
            _freeList = this[node].NextInBucket;
            return node;
        }

        node = _next++;
        int block = node >> BlockBits;
        if (block >= _blocks.Length)
        {
            Array.Resize(ref _blocks, Math.Max(4, _blocks.Length * 2));
        }

        _blocks[block] ??= new WatchNode[BlockSize];
        return node;
    }

    private int Bucket(int parent, ReadOnlySpan<byte> name) => (int)(NameHash.Compute(_seed + (uint)parent, name) & (ulong)(_buckets.Length - 1));

    private void UnlinkBucket(int node, ref WatchNode n)
    {
        ref int link = ref _buckets[Bucket(n.Parent, _names.Get(n.NamePlace, n.NameLength))];
        while (link != node)
        {
            link = ref this[link].NextInBucket;
        }

        link = n.NextInBucket;
        n.NextInBucket = -1;
    }

    private void UnlinkSibling(ref WatchNode n)
    {
        if (n.PreviousSibling >= 0)
        {
            this[n.PreviousSibling].NextSibling = n.NextSibling;
        }
        else
        {
            this[n.Parent].FirstChild = n.NextSibling;
        }

        if (n.NextSibling >= 0)
        {
            this[n.NextSibling].PreviousSibling = n.PreviousSibling;
        }

        n.NextSibling = -1;
        n.PreviousSibling = -1;
    }

    private void Rehash()
    {
        _buckets = NewBuckets((int)BitOperations.RoundUpToPowerOf2((uint)Count * 2));
        for (int node = 0; node < _next; node++)
        {
            ref WatchNode n = ref this[node];
            if ((n.Flags & NodeFlags.Used) == 0 || n.Parent < 0)
            {
                continue;
            }

            int bucket = Bucket(n.Parent, _names.Get(n.NamePlace, n.NameLength));
            n.NextInBucket = _buckets[bucket];
            _buckets[bucket] = node;
        }
    }

    private void RehashWds()
    {
        _wdBuckets = NewBuckets((int)BitOperations.RoundUpToPowerOf2((uint)WatchedCount * 2));
        for (int node = 0; node < _next; node++)
        {
            ref WatchNode n = ref this[node];
            if ((n.Flags & NodeFlags.Used) != 0 && n.Wd >= 0)
            {
                ref int bucket = ref _wdBuckets[n.Wd & (_wdBuckets.Length - 1)];
                n.NextInWdBucket = bucket;
                bucket = node;
            }
        }
    }

    private void CompactNames()
    {
        NameArena names = new();
        for (int node = 0; node < _next; node++)
        {
            ref WatchNode n = ref this[node];
            if ((n.Flags & NodeFlags.Used) != 0 && n.NamePlace >= 0)
            {
                n.NamePlace = names.Add(_names.Get(n.NamePlace, n.NameLength));
            }
        }

        _names = names;
    }
}

using System;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>Sets mode and owner in a tree that is to be moved, and remembers the files as the action leaves them.</summary>
/// <remarks>What would be refused is looked for in a first walk, so that a refusal finds nothing changed.</remarks>
internal sealed class TreeChange : TreeWalk
{
    private readonly bool _onlyLooks;

    private TreeChange(FileAction action, bool onlyLooks)
        : base(action)
    {
        _onlyLooks = onlyLooks;
    }

    /// <summary>Goes through the tree of a name in an open directory.</summary>
    public static void Apply(FileAction action, int parent, byte[] terminatedName)
    {
        if (action.IsRoot && action.Rule.SetsAttributes)
        {
            using TreeChange look = new(action, onlyLooks: true);
            look.Walk(parent, terminatedName);
        }

        using TreeChange walk = new(action, onlyLooks: false);
        walk.Walk(parent, terminatedName);
    }

    /// <inheritdoc/>
    protected override void OnEntry(int directory, ReadOnlySpan<byte> terminatedName, int type)
    {
        if (type == Libc.DT_LNK)
        {
            if (!_onlyLooks && (Action.Uid != uint.MaxValue || Action.Gid != uint.MaxValue))
            {
                FileFailure.Check(Libc.fchownat(directory, terminatedName, Action.Uid, Action.Gid, Libc.AT_SYMLINK_NOFOLLOW), "set the owner: ");
            }
        }
        else if (type == Libc.DT_REG)
        {
            int fd = SourceFile.Open(directory, terminatedName, follow: false, out statx found);
            try
            {
                FileAttributes.RefuseLinked(Action, in found);
                if (!_onlyLooks)
                {
                    FileAttributes.Change(Action, fd, in found);
                    Action.RecordWrite(fd);
                }
            }
            finally
            {
                _ = Libc.close(fd);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnLeaving(in statx directory)
    {
        if (!_onlyLooks)
        {
            FileAttributes.Change(Action, Directories.Top, in directory);
            Action.RecordWrite(Directories.Top);
        }
    }
}

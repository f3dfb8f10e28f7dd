using System.Collections.Generic;
using System.Threading;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;
using PyInotifyd.Engine.Scheduling;
using PyInotifyd.Linux;

namespace PyInotifyd.Engine.Jobs.Files;

internal sealed partial class FileAction
{
    private void Execute()
    {
        CheckStop();
        int result = Place.TryOpen(Source, SourceAnchor, out Place? from);
        using (from)
        {
            statx found = default;
            if (from is not null)
            {
                result = from.TryStat(out found);
            }

            if (result is -Errno.ENOENT or -Errno.ENOTDIR)
            {
                WasGone = true;
                return;
            }

            FileFailure.Check(result, "");
            SourceFile.Refuse(found.Type);
            _hops = Pool.OwnWrites.HopsOf(in found);
            if (_hops >= MaxHops)
            {
                IsLoop = true;
                throw new FileFailure("it has come here through " + _hops.ToString() + " actions of file managers that feed each other; change a rule so that no destination is a source again");
            }

            if (Rule.Spec.Action == RuleAction.Delete)
            {
                Delete(from!, in found);
                return;
            }

            ResolveOwner();
            using Place to = TargetDirectory.Open(this, Destination!, DestinationAnchor);
            if (Rule.Spec.Action == RuleAction.Copy)
            {
                Copy(from!, to, found, null);
            }
            else
            {
                Move(from!, to, in found);
            }
        }
    }

    private void Delete(Place from, in statx found)
    {
        int result;
        if (found.Type != Libc.S_IFDIR)
        {
            result = Libc.unlinkat(from.Directory, from.Name, 0);
        }
        else
        {
            result = Libc.unlinkat(from.Directory, from.Name, Libc.AT_REMOVEDIR);
            if (result is -Errno.ENOTEMPTY or -Errno.EEXIST)
            {
                if (!Rule.Spec.Rec)
                {
                    throw new FileFailure("ENOTEMPTY the directory is not empty; set rec to delete it with its content", Errno.ENOTEMPTY);
                }

                TreeDelete.Delete(this, from.Directory, from.Name);
                return;
            }
        }

        if (result == -Errno.ENOENT)
        {
            WasGone = true;
            return;
        }

        if (result == -Errno.EBUSY)
        {
            throw new FileFailure("EBUSY a file system is mounted there; unmount it first", Errno.EBUSY);
        }

        FileFailure.Check(result, "");
    }

    private void Move(Place from, Place to, in statx found)
    {
        bool exists = CheckTarget(from, to, in found, out statx old);
        int changed = ChangeBeforeMove(from, in found);
        try
        {
            if (IsRecorded)
            {
                Pool.OwnWrites.Begin(in found, Scheduler, _hops + 1);
            }

            int result = exists && found.Type == Libc.S_IFDIR ? Exchange(from, to, in old) : Rename(from, to, found.Type);
            if (result == -Errno.EXDEV)
            {
                MoveAcross(from, to, found);
                return;
            }

            if (result < 0)
            {
                throw result switch
                {
                    -Errno.EEXIST => Exists(),
                    -Errno.EISDIR => FileOverDirectory(),
                    -Errno.EINVAL => new FileFailure("EINVAL this file system cannot rename a directory without replacing, or exchange two; move it to another one", Errno.EINVAL),
                    _ => FileFailure.Of(result, ""),
                };
            }

            RecordPlace(to);
            if (Rule.Spec.Fsync)
            {
                to.Flush();
                from.Flush();
            }
        }
        catch (FileFailure) when (changed >= 0)
        {
            FileAttributes.Restore(changed, in found);
            throw;
        }
        finally
        {
            if (changed >= 0)
            {
                _ = Libc.close(changed);
            }
        }
    }

    private int Rename(Place from, Place to, int type)
    {
        int result = Libc.renameat2(from.Directory, from.Name, to.Directory, to.Name, Rule.Spec.Override ? 0 : Libc.RENAME_NOREPLACE);
        if (result != -Errno.EINVAL || Rule.Spec.Override || type == Libc.S_IFDIR)
        {
            return result;
        }

        // The file system has no such rename; a link is never made over something.
        result = Libc.linkat(from.Directory, from.Name, to.Directory, to.Name, 0);
        return result < 0 ? result : Libc.unlinkat(from.Directory, from.Name, 0);
    }

    /// <summary>Puts a directory in the place of what is there, which then has the source's name, and removes that.</summary>
    private int Exchange(Place from, Place to, in statx old)
    {
        int slot = Journal.AddReplaced(from, in old);
        int result = ExchangeNames(to.Directory, to.Name, from.Directory, from.Name);
        if (result == 0)
        {
            Interlocked.Increment(ref _ownArrivals);
            byte[] temporary = TemporaryNames.Create();
            int second = Journal.Add(from, temporary);
            int renamed = Libc.renameat2(from.Directory, from.Name, from.Directory, temporary, Libc.RENAME_NOREPLACE);
            RecordPlace(to);
            RemoveReplaced(from, renamed == 0 ? temporary : from.Name, in old);
            Journal.Remove(second);
        }

        Journal.Remove(slot);
        return result;
    }

    /// <summary>Exchanges what is to be replaced with what is new.</summary>
    /// <remarks>In this order: the events of the first name come first, so that a watch hears of the old one's going before it hears of the new one, whose task would else be cancelled by it.</remarks>
    private static int ExchangeNames(int oldDirectory, byte[] oldTerminatedName, int newDirectory, byte[] newTerminatedName) =>
        Libc.renameat2(oldDirectory, oldTerminatedName, newDirectory, newTerminatedName, Libc.RENAME_EXCHANGE);

    private void RemoveReplaced(Place place, byte[] terminatedName, in statx old)
    {
        try
        {
            RemoveWhatever(place, terminatedName, in old);
        }
        catch (FileFailure failure)
        {
            throw new FileFailure("it is in its place, but what it replaced could not be removed from " + FileFailure.Quote(place.Path) + ": " + failure.Message);
        }
    }

    private void MoveAcross(Place from, Place to, statx found)
    {
        Removal.CheckDirectory(from.Directory);
        FileFailure.Check(Libc.statx(from.Directory, Libc.STATX_BASIC_STATS, out statx directory), "");
        Removal.CheckEntry(this, in directory, in found);
        if (found.Type == Libc.S_IFDIR)
        {
            TreeDelete.RefuseMounts(from.Directory, from.Name);
        }

        HashSet<CopiedFile> copied = [];
        Copy(from, to, found, copied);
        _pastReturn = true;
        if (found.Type == Libc.S_IFDIR)
        {
            TreeDelete.Delete(this, from.Directory, from.Name, copied);
            return;
        }

        int result = from.TryStat(out statx now);
        if (result == 0 && !copied.Contains(CopiedFile.Of(in now)))
        {
            throw new FileFailure("it was copied, but has been changed since, so the source stays");
        }

        result = result < 0 ? result : Libc.unlinkat(from.Directory, from.Name, 0);
        if (result < 0 && result != -Errno.ENOENT)
        {
            throw FileFailure.Of(result, "it was copied, but the source cannot be removed: ");
        }
    }

    /// <summary>Copies; for a move to another file system it takes down what it copied, and flushes it.</summary>
    private void Copy(Place from, Place to, statx found, HashSet<CopiedFile>? copied)
    {
        if (FollowsLinks && found.Type == Libc.S_IFLNK)
        {
            FileFailure.Check(Libc.statx(from.Directory, from.Name, 0, Libc.STATX_BASIC_STATS, out found), "follow the link: ");
            SourceFile.Refuse(found.Type);
        }

        if (copied is null)
        {
            _ = CheckTarget(from, to, in found, out _);
        }

        bool flushes = Rule.Spec.Fsync || copied is not null;
        switch (found.Type)
        {
            case Libc.S_IFREG:
                CopyFile(from, to, flushes, copied);
                break;
            case Libc.S_IFLNK:
                CopyLink(from, to, copied);
                break;
            default:
                CopyTree(from, to, flushes, copied);
                break;
        }

        if (flushes)
        {
            to.Flush();
        }
    }

    private void CopyFile(Place from, Place to, bool flushes, HashSet<CopiedFile>? copied)
    {
        int fd = SourceFile.Open(from.Directory, from.Name, FollowsLinks, out statx source);
        try
        {
            FileAttributes.RefuseLinked(this, in source);
            using NewFile file = NewFile.Create(this, to);
            if (IsRecorded)
            {
                Pool.OwnWrites.Begin(in file.Made, Scheduler, _hops + 1);
            }

            FileContent.Copy(this, fd, file.Fd, in source);
            FileAttributes.Keep(this, fd, in source, file.Fd, in file.Made);
            if (flushes)
            {
                FileFailure.Check(Libc.fsync(file.Fd), "write: ");
            }

            if (copied is not null)
            {
                CheckUnchanged(fd, in source);
                copied.Add(CopiedFile.Of(in source));
            }

            CheckStop();
            file.Publish(Rule.Spec.Override);
            RecordWrite(file.Fd);
        }
        finally
        {
            _ = Libc.close(fd);
        }
    }

    private void CopyLink(Place from, Place to, HashSet<CopiedFile>? copied)
    {
        byte[] temporary = TemporaryNames.Create();
        int slot = Journal.Add(to, temporary);
        try
        {
            statx source = LinkCopy.Make(this, from.Directory, from.Name, to.Directory, temporary);
            NewFile.Rename(to, temporary, Rule.Spec.Override);
            copied?.Add(CopiedFile.Of(in source));
        }
        catch (FileFailure)
        {
            _ = Libc.unlinkat(to.Directory, temporary, 0);
            throw;
        }
        finally
        {
            Journal.Remove(slot);
        }

        RecordPlace(to);
    }

    private void CopyTree(Place from, Place to, bool flushes, HashSet<CopiedFile>? copied)
    {
        byte[] temporary = TemporaryNames.Create();
        int slot = Journal.Add(to, temporary);
        try
        {
            TreeCopy.Copy(this, from, to.Directory, temporary, copied);
            if (flushes)
            {
                Flush(to, temporary);
            }

            CheckStop();
            Place.Stat(to.Directory, temporary, out statx made);
            if (IsRecorded)
            {
                Pool.OwnWrites.Begin(in made, Scheduler, _hops + 1);
            }

            PublishTree(to, temporary);
            RecordPlace(to);
        }
        catch (FileFailure)
        {
            // What is under the name now: the copy, or what it has just replaced.
            if (Place.Stat(to.Directory, temporary, out statx left) == 0)
            {
                RemoveWhatever(to, temporary, in left);
            }

            Journal.Remove(slot);
            throw;
        }

        if (Place.Stat(to.Directory, temporary, out statx replaced) == 0)
        {
            RemoveReplaced(to, temporary, in replaced);
        }

        Journal.Remove(slot);
    }

    private void PublishTree(Place to, byte[] temporary)
    {
        for (int tries = 0; ; tries++)
        {
            int result = Libc.renameat2(to.Directory, temporary, to.Directory, to.Name, Libc.RENAME_NOREPLACE);
            if (result == -Errno.EEXIST && Rule.Spec.Override)
            {
                TreeDeleteCheck(to);
                result = ExchangeNames(to.Directory, to.Name, to.Directory, temporary);
                if (result == -Errno.ENOENT && tries < 3)
                {
                    continue;
                }
            }

            if (result < 0)
            {
                throw result switch
                {
                    -Errno.EEXIST => Exists(),
                    -Errno.EINVAL => new FileFailure("EINVAL the destination's file system cannot rename a directory without replacing, or exchange two", Errno.EINVAL),
                    _ => FileFailure.Of(result, ""),
                };
            }

            return;
        }
    }

    private static void TreeDeleteCheck(Place to)
    {
        if (to.TryStat(out statx old) == 0 && old.Type == Libc.S_IFDIR)
        {
            TreeDelete.RefuseMounts(to.Directory, to.Name);
        }
    }

    private static void Flush(Place place, byte[] terminatedName)
    {
        int fd = FileFailure.Check(
            Libc.openat(place.Directory, terminatedName, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC), "open the copy to flush it: ");
        int result = Libc.syncfs(fd);
        _ = Libc.close(fd);
        FileFailure.Check(result, "flush: ");
    }

    /// <summary>Throws where the destination cannot be; returns whether something is there that is to be replaced.</summary>
    private bool CheckTarget(Place from, Place to, in statx found, out statx old)
    {
        bool isDirectory = found.Type == Libc.S_IFDIR;
        if (isDirectory && IsInside(to.Directory, in found))
        {
            throw new FileFailure("the destination lies inside the directory itself");
        }

        int result = to.TryStat(out old);
        if (result == -Errno.ENOENT)
        {
            return false;
        }

        FileFailure.Check(result, "");
        if (FileIdentity.Of(in old).Equals(FileIdentity.Of(in found)))
        {
            throw new FileFailure("source and destination are the same file");
        }

        if (!isDirectory && old.Type == Libc.S_IFDIR)
        {
            throw FileOverDirectory();
        }

        if (!Rule.Spec.Override)
        {
            throw Exists();
        }

        TreeDeleteCheck(to);
        return true;
    }

    private static bool IsInside(int directory, in statx tree)
    {
        int flags = Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC;
        FileIdentity wanted = FileIdentity.Of(in tree);
        FileIdentity below = default;
        int at = FileFailure.Check(Libc.openat(directory, ".\0"u8, flags), "");
        while (true)
        {
            int result = Libc.statx(at, Libc.STATX_BASIC_STATS, out statx found);
            FileIdentity identity = FileIdentity.Of(in found);
            bool isTop = result < 0 || identity.Equals(below);
            int next = isTop || identity.Equals(wanted) ? -1 : Libc.openat(at, "..\0"u8, flags);
            _ = Libc.close(at);
            if (next < 0)
            {
                return result == 0 && identity.Equals(wanted);
            }

            (at, below) = (next, identity);
        }
    }

    /// <summary>Sets mode and owner of what is to be renamed, before it appears under its new name; returns a descriptor to take that back through, or -1.</summary>
    private int ChangeBeforeMove(Place from, in statx found)
    {
        if (found.Type == Libc.S_IFDIR)
        {
            if (Rule.SetsAttributes || IsRecorded)
            {
                TreeChange.Apply(this, from.Directory, from.Name);
            }

            return -1;
        }

        if (!Rule.SetsAttributes)
        {
            return -1;
        }

        if (found.Type == Libc.S_IFLNK)
        {
            if (Uid != Leave || Gid != Leave)
            {
                FileFailure.Check(Libc.fchownat(from.Directory, from.Name, Uid, Gid, Libc.AT_SYMLINK_NOFOLLOW), "set the owner: ");
            }

            return -1;
        }

        int fd = SourceFile.Open(from.Directory, from.Name, follow: false, out statx opened);
        try
        {
            FileAttributes.RefuseLinked(this, in opened);
            FileAttributes.Change(this, fd, in opened);
            return fd;
        }
        catch (FileFailure)
        {
            _ = Libc.close(fd);
            throw;
        }
    }

    private void RecordPlace(Place place)
    {
        if (IsRecorded && place.TryStat(out statx file) == 0)
        {
            Pool.OwnWrites.Complete(in file, Scheduler, _hops + 1);
        }
    }
}

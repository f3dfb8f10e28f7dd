using System.Collections.Generic;
using PyInotifyd.Engine.Model;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Inotify;

/// <summary>Turns the path of a watch with <c>*</c>, <c>?</c> and <c>[…]</c> into the roots that exist now.</summary>
/// <remarks>A path that exists as it is written is that path, whatever characters it has.   Source: glob(7), Python's glob.</remarks>
public static class RootExpander
{
    /// <summary>Returns the roots of a path, in the order of their bytes: itself where it has no pattern or exists literally, else what matches, perhaps nothing.</summary>
    public static List<UnixPath> Expand(UnixPath path)
    {
        if (!FilePattern.IsPattern(path.Bytes) || FilePattern.Exists(path.Bytes))
        {
            return [path];
        }

        List<byte[]> found = [];
        FilePattern.Expand(path.Bytes, found);
        return found.ConvertAll(static root => new UnixPath(root));
    }
}

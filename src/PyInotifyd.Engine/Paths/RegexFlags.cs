using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>The flags of a pattern or a part of it.</summary>
[Flags]
internal enum RegexFlags
{
    None = 0,
    IgnoreCase = 1,
    Multiline = 2,
    DotAll = 4,
    Verbose = 8,
    Ascii = 16,
    Unicode = 32,

    /// <summary>Those of which a part of a pattern has exactly one.</summary>
    Types = Ascii | Unicode,
}

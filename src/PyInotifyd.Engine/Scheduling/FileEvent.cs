using System;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

/// <summary>An event on its way to a scheduler: from a watch, or handed over by a task that ended.</summary>
internal readonly ref struct FileEvent
{
    public EventMask Mask { get; init; }

    public int Wd { get; init; }

    public uint Cookie { get; init; }

    public ReadOnlySpan<byte> PathName { get; init; }

    public ReadOnlySpan<byte> SrcPathName { get; init; }

    public byte[] WatchPath { get; init; }

    public bool IsDir { get; init; }
}

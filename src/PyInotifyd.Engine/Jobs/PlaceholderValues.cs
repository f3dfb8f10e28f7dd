using System;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Holds the values of one event for the placeholders of a command, as raw bytes without NUL.</summary>
/// <remarks>Owns: nothing; the spans must stay valid while a template is expanded.</remarks>
public readonly ref struct PlaceholderValues
{
    /// <summary>Gets the event's flags by name.</summary>
    public ReadOnlySpan<byte> MaskName { get; init; }

    /// <summary>Gets the absolute path of the event.</summary>
    public ReadOnlySpan<byte> PathName { get; init; }

    /// <summary>Gets the path before a move; empty when unknown.</summary>
    public ReadOnlySpan<byte> SrcPathName { get; init; }

    /// <summary>Gets the path of the watch that saw the event.</summary>
    public ReadOnlySpan<byte> Watch { get; init; }

    /// <summary>Gets the identity of the task.</summary>
    public ReadOnlySpan<byte> TaskId { get; init; }

    /// <summary>Gets what follows the last slash of <see cref="PathName"/>; empty for the root.</summary>
    public ReadOnlySpan<byte> Name => PathName[(PathName.LastIndexOf((byte)'/') + 1)..];

    /// <summary>Gets what precedes the last slash of <see cref="PathName"/>; <c>/</c> for the root and what is directly in it.</summary>
    /// <remarks>Shape: <c>.</c> for a path without a slash, so that it always names a directory.</remarks>
    public ReadOnlySpan<byte> DirName
    {
        get
        {
            int slash = PathName.LastIndexOf((byte)'/');
            return slash switch
            {
                < 0 => "."u8,
                0 => "/"u8,
                _ => PathName[..slash],
            };
        }
    }

    /// <summary>Returns the value of <paramref name="placeholder"/>.</summary>
    public ReadOnlySpan<byte> Get(Placeholder placeholder) => placeholder switch
    {
        Placeholder.MaskName => MaskName,
        Placeholder.PathName => PathName,
        Placeholder.SrcPathName => SrcPathName,
        Placeholder.Name => Name,
        Placeholder.DirName => DirName,
        Placeholder.Watch => Watch,
        Placeholder.TaskId => TaskId,
        _ => throw new ArgumentOutOfRangeException(nameof(placeholder)),
    };
}

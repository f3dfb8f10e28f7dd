namespace PyInotifyd.Engine.Scheduling;

/// <summary>A directory that has tasks in it or somewhere below.</summary>
internal sealed class DirectoryNode : IPathKeyed
{
    public DirectoryNode(byte[] path)
    {
        Path = path;
    }

    public byte[] Path { get; }

    public DirectoryNode? Parent { get; set; }

    public DirectoryNode? FirstChild { get; set; }

    public DirectoryNode? Next { get; set; }

    public DirectoryNode? Previous { get; set; }

    public TaskEntry? FirstTask { get; set; }

    /// <summary>Whether the ring of empty directories has it.</summary>
    public bool IsSpare { get; set; }

    public bool IsEmpty => FirstTask is null && FirstChild is null;
}

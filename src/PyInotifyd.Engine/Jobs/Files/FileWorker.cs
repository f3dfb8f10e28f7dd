namespace PyInotifyd.Engine.Jobs.Files;

/// <summary>The buffers of one thread of the pool, made when they are first needed.</summary>
/// <remarks>Threads: its own.</remarks>
internal sealed class FileWorker
{
    private byte[]? _data;
    private byte[]? _records;
    private byte[]? _names;
    private byte[]? _value;

    /// <summary>For the content of files.</summary>
    public byte[] Data => _data ??= new byte[256 << 10];

    /// <summary>For directory listings.</summary>
    public byte[] Records => _records ??= new byte[64 << 10];

    /// <summary>For one name and its NUL.</summary>
    public byte[] Name { get; } = new byte[256 + 1];

    /// <summary>For the names of extended attributes.</summary>
    public byte[] AttributeNames => _names ??= new byte[64 << 10];

    /// <summary>For the value of an extended attribute.</summary>
    public byte[] AttributeValue => _value ??= new byte[64 << 10];
}

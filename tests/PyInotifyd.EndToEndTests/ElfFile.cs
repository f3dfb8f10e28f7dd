using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace PyInotifyd.EndToEndTests;

/// <summary>What the headers of a 64-bit little-endian ELF file say about how it is linked.</summary>
/// <remarks>Source: elf(5).</remarks>
internal sealed class ElfFile
{
    public const int EM_X86_64 = 62;
    public const int EM_AARCH64 = 183;
    public const int ET_DYN = 3;

    private const int PT_DYNAMIC = 2;
    private const int PT_INTERP = 3;
    private const int DT_NEEDED = 1;

    private readonly byte[] _image;

    public ElfFile(string path)
    {
        _image = File.ReadAllBytes(path);
        if (!_image.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException($"{path} is no 64-bit little-endian ELF file");
        }

        Type = Read16(16);
        Machine = Read16(18);
        ReadSegments();
        ReadSections();
    }

    /// <summary>The kind of the file; a position-independent executable is of the kind of a shared object.</summary>
    public int Type { get; }

    public int Machine { get; }

    /// <summary>Tells whether the file asks for a dynamic loader.</summary>
    public bool HasInterpreter { get; private set; }

    /// <summary>How many shared libraries the file needs.</summary>
    public int NeededLibraries { get; private set; }

    public List<string> Sections { get; } = [];

    private void ReadSegments()
    {
        long table = Read64(32);
        int size = Read16(54);
        for (int i = 0; i < Read16(56); i++)
        {
            long header = table + (i * size);
            int type = Read32(header);
            HasInterpreter |= type == PT_INTERP;
            if (type == PT_DYNAMIC)
            {
                ReadDynamic(Read64(header + 8), Read64(header + 32));
            }
        }
    }

    private void ReadDynamic(long offset, long length)
    {
        for (long entry = offset; entry < offset + length && Read64(entry) != 0; entry += 16)
        {
            NeededLibraries += Read64(entry) == DT_NEEDED ? 1 : 0;
        }
    }

    private void ReadSections()
    {
        long table = Read64(40);
        int size = Read16(58);
        long names = Read64(table + (Read16(62) * size) + 24);
        for (int i = 1; i < Read16(60); i++)
        {
            Span<byte> name = _image.AsSpan((int)(names + Read32(table + (i * size))));
            Sections.Add(Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]));
        }
    }

    private int Read16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(_image.AsSpan((int)offset));

    private int Read32(long offset) => BinaryPrimitives.ReadInt32LittleEndian(_image.AsSpan((int)offset));

    private long Read64(long offset) => BinaryPrimitives.ReadInt64LittleEndian(_image.AsSpan((int)offset));
}

using System;
using System.IO;
using System.IO.Compression;
using System.Text;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Library;

/// <summary>A program of a user: its own static binary, made of one file, that does its asynchronous job.</summary>
public sealed class SampleTests
{
    [Fact]
    public void Program_of_the_README_is_the_one_that_is_tested()
    {
        string sample = File.ReadAllText(RepositoryRoot.Path + "/tests/EmbeddingSample/compress.cs");

        Assert.StartsWith("#:project ../../src/PyInotifyd.Library\n", sample);
        Assert.Contains("```csharp\n" + sample + "```\n", File.ReadAllText(RepositoryRoot.Path + "/README.md"));
    }

    [Fact]
    public void Sample_is_a_static_binary_that_compresses_what_is_put_into_a_directory()
    {
        ElfFile binary = new(PublishedBinary.Sample);
        Assert.False(binary.HasInterpreter);
        Assert.Equal(0, binary.NeededLibraries);
        using TempTree tree = new();
        tree.MakeDirectory("in");
        tree.MakeDirectory("archive");
        using DaemonProcess program = DaemonProcess.Start("", start =>
        {
            start.FileName = PublishedBinary.Sample;
            start.ArgumentList.Clear();
            start.ArgumentList.Add(tree.PathOf("in"));
            start.ArgumentList.Add(tree.PathOf("archive"));
        });
        program.WaitForReady();

        tree.MakeDirectory("in/new/deep");
        tree.Write("in/new/deep/text", "the text");
        tree.Write("in/gone", "nobody wants it");
        program.WaitForCount(2, "schedule task, delay=1,");
        tree.Delete("in/gone");

        program.WaitFor("compressed text");
        program.WaitFor("scheduled task cancelled");
        Assert.Equal("the text", Uncompressed(tree.PathOf("archive/text.gz")));
        tree.DeleteTree("archive");
        tree.Write("in/stays", "there is no place for it");
        program.WaitFor("retry task");
        Assert.Contains("DirectoryNotFoundException", program.WaitFor("task failed"));
        program.WaitFor("/in/stays stays as it is");
        program.WaitForCount(3, "task failed");
        Assert.Equal(0, program.Stop());
        program.WaitFor("got signal SIGTERM, shutdown");
        program.WaitFor("shutdown complete");
    }

    private static string Uncompressed(string path)
    {
        using GZipStream content = new(File.OpenRead(path), CompressionMode.Decompress);
        using StreamReader reader = new(content, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

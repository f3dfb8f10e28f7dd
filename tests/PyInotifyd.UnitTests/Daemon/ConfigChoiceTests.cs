using System;
using System.IO;
using System.Text;
using PyInotifyd.Daemon;
using Xunit;

namespace PyInotifyd.UnitTests.Daemon;

/// <summary>Which configuration file is read.</summary>
public sealed class ConfigChoiceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("choice").FullName;

    private string Json => Path.Combine(_directory, "config.json");

    private string Python => Path.Combine(_directory, "config.py");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Named_file_is_taken_whatever_else_exists()
    {
        File.WriteAllText(Json, "");
        File.WriteAllText(Python, "");
        Assert.Equal("/x/ü", Choose("/x/ü"));
    }

    [Fact]
    public void Json_is_the_default()
    {
        Assert.Equal(Json, Choose(null));
        File.WriteAllText(Json, "");
        Assert.Equal(Json, Choose(null));
    }

    [Fact]
    public void Python_is_the_default_where_only_it_exists()
    {
        File.WriteAllText(Python, "");
        Assert.Equal(Python, Choose(null));
        Assert.Equal("/x.py", Choose("/x.py"));
    }

    [Fact]
    public void Two_defaults_are_an_error_that_says_so()
    {
        File.WriteAllText(Json, "");
        File.WriteAllText(Python, "");
        Assert.Equal($"both {Json} and {Python} exist: choose one with -c", Choose(null));
    }

    [Fact]
    public void Name_that_is_not_text_is_taken_byte_by_byte()
    {
        Assert.True(ConfigChoice.TryChoose("a\udcff", Json, Python, out byte[]? path, out _));
        Assert.Equal([(byte)'a', 0xff], path);
    }

    private string Choose(string? given) =>
        ConfigChoice.TryChoose(given, Json, Python, out byte[]? path, out string? error) ? Encoding.UTF8.GetString(path) : error;
}

using PyInotifyd.Engine.Jobs;
using PyInotifyd.Engine.Paths;
using System.Text;
using Xunit;

namespace PyInotifyd.UnitTests.Jobs;

public sealed class PlaceholderValuesTests
{
    [Theory]
    [InlineData("/a/b", "b", "/a")]
    [InlineData("/a", "a", "/")]
    [InlineData("/", "", "/")]
    [InlineData("/a b/\n", "\n", "/a b")]
    [InlineData("a", "a", ".")]
    public void Name_and_directory_are_the_parts_around_the_last_slash(string path, string name, string directory)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(path);
        var values = new PlaceholderValues { PathName = bytes };

        Assert.Equal(name, SurrogateEscape.Decode(values.Name));
        Assert.Equal(directory, SurrogateEscape.Decode(values.DirName));
    }
}

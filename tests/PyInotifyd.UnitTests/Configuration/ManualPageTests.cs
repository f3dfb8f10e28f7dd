using System;
using System.IO;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Configuration;

public sealed class ManualPageTests
{
    [Fact]
    public void Manual_page_of_the_configuration_says_what_the_table_of_keys_says()
    {
        string file = RepositoryRoot.Path + "/packaging/man/pyinotifyd.json.5";
        string page = ManualPage.Make(File.ReadAllText(RepositoryRoot.Path + "/packaging/config/config.json"));
        if (Environment.GetEnvironmentVariable("PYINOTIFYD_UPDATE") == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.True(page == File.ReadAllText(file), $"{file} is not what the table of keys says; write it anew with: PYINOTIFYD_UPDATE=1 scripts/test unit --filter ManualPage");
    }

    [Fact]
    public void Example_configuration_has_no_errors()
    {
        Assert.Empty(ConfigText.Errors(File.ReadAllText(RepositoryRoot.Path + "/packaging/config/config.json")));
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using PyInotifyd.Linux;
using PyInotifyd.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.EndToEndTests.Soak;

/// <summary>A short run of what <c>scripts/soak</c> runs for long.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    [Fact]
    public void Random_operations_with_gaps_of_every_kind_leave_no_difference()
    {
        string seed = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED") ?? "1";
        string binary = PublishedBinary.X64;
        List<string> arguments = ["-m", "--propagation", "private", "dotnet", Path.Combine(AppContext.BaseDirectory, "PyInotifyd.Soak.dll"), "8", seed];
        if (Libc.geteuid() != 0)
        {
            arguments.InsertRange(0, ["-U", "-r"]);
        }

        CommandResult result = CommandResult.Of("/usr/bin/unshare", arguments, TimeSpan.FromMinutes(3), start => start.Environment["PYINOTIFYD_BIN"] = binary);
        output.WriteLine(result.Output);
        Assert.True(result.ExitStatus == 0, result.Output + result.Error);
    }
}

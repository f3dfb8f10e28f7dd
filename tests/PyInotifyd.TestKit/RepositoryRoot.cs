using System;
using System.IO;

namespace PyInotifyd.TestKit;

/// <summary>Finds the clone that the running tests were built in.</summary>
public static class RepositoryRoot
{
    /// <summary>Gets the absolute path of the folder that holds the solution file.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "PyInotifyd.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no PyInotifyd.sln above {AppContext.BaseDirectory}");
    }
}

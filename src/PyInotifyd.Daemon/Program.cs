namespace PyInotifyd.Daemon;

/// <summary>The entry point of the executable <c>pyinotifyd</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        return args.Length;
    }
}

using System;

namespace PyInotifyd.TestKit;

/// <summary>Counts what the calling thread allocates.</summary>
public static class Allocations
{
    /// <summary>Runs something several times and returns the bytes that the thriftiest run allocated.</summary>
    /// <remarks>What the code allocates shows in every run; what the runtime does once, such as compiling a method anew, in one or two.</remarks>
    public static long Least(Action run, int times = 5)
    {
        long least = long.MaxValue;
        for (int i = 0; i < times; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

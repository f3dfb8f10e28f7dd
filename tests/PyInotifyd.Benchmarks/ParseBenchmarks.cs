using System;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Linux;

namespace PyInotifyd.Benchmarks;

/// <summary>The kernel's records, one by one.</summary>
internal static class ParseBenchmarks
{
    public static void Run(Measurement measurement)
    {
        byte[] buffer = new byte[64 * 1024];
        byte[] name = Encoding.ASCII.GetBytes("report-2026.csv");
        int records = 0;
        for (int at = 0; at + 32 <= buffer.Length; at += 32)
        {
            BitConverter.TryWriteBytes(buffer.AsSpan(at), 1 + (records++ % 1000));
            BitConverter.TryWriteBytes(buffer.AsSpan(at + 4), Libc.IN_CLOSE_WRITE);
            BitConverter.TryWriteBytes(buffer.AsSpan(at + 12), 16);
            name.CopyTo(buffer.AsSpan(at + 16));
        }

        long sum = 0;
        int rounds = measurement.Size(1000);
        measurement.Time("parse: a record of a full buffer of 64 KiB", rounds * records, () =>
        {
            for (int i = 0; i < rounds; i++)
            {
                EventReader reader = new(buffer);
                while (reader.TryRead(out RawEvent record))
                {
                    sum += record.Wd + record.Name.Length;
                }
            }
        });
        GC.KeepAlive(sum);
    }
}

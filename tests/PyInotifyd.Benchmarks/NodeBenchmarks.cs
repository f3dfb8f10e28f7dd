using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Benchmarks;

/// <summary>The table of watched directories: 10 x 100 x 100 of them.</summary>
internal static class NodeBenchmarks
{
    public static void Run(Measurement measurement)
    {
        NodeTable table = new();
        List<int> leaves = [];
        int root = table.Add(-1, default, 0);
        int wd = 1;
        int bigChild = -1;
        table.Attach(root, wd++);
        for (int a = 0; a < 10; a++)
        {
            int first = Add(table, root, $"a{a}", ref wd);
            bigChild = first;
            for (int b = 0; b < 100; b++)
            {
                int second = Add(table, first, $"b{b}", ref wd);
                for (int c = 0; c < 100; c++)
                {
                    leaves.Add(Add(table, second, $"c{c}", ref wd));
                }
            }
        }

        int count = measurement.Size(1_000_000);
        int[] order = new int[count];
        Random random = new(1);
        for (int i = 0; i < count; i++)
        {
            order[i] = leaves[random.Next(leaves.Count)];
        }

        long sum = 0;
        measurement.Time("lookup: node of a watch descriptor, 101,011 of them, at random", count, () =>
        {
            foreach (int node in order)
            {
                sum += table.FirstOf(table[node].Wd);
            }
        });
        measurement.Time("lookup: child by name, 101,011 of them, at random", count, () =>
        {
            foreach (int node in order)
            {
                sum += table.FindChild(table[node].Parent, table.Name(node));
            }
        });
        PathBuilder path = new();
        measurement.Time("path: of a directory three levels deep, at random", count, () =>
        {
            foreach (int node in order)
            {
                path.Length = 0;
                table.AppendRelative(node, path);
                sum += path.Length;
            }
        });
        byte[] one = Encoding.ASCII.GetBytes("one"), other = Encoding.ASCII.GetBytes("other");
        int renames = measurement.Size(100_000);
        measurement.Time("rename: a directory with 10,100 below it, in the table", renames, () =>
        {
            for (int i = 0; i < renames; i++)
            {
                table.Unhang(bigChild);
                table.Hang(bigChild, root, i % 2 == 0 ? one : other);
            }
        });
        GC.KeepAlive(sum);
    }

    private static int Add(NodeTable table, int parent, string name, ref int wd)
    {
        int node = table.Add(parent, Encoding.ASCII.GetBytes(name), 0);
        table.Attach(node, wd++);
        return node;
    }
}

using System;
using System.Collections.Generic;
using System.Text;
using PyInotifyd.Engine.Inotify;
using PyInotifyd.Engine.Paths;
using Xunit;

namespace PyInotifyd.UnitTests.Inotify;

public sealed class NodeTableTests
{
    [Fact]
    public void Renamed_directory_takes_its_subtree_along()
    {
        NodeTable nodes = new();
        int root = nodes.Add(-1, default, 0);
        int a = nodes.Add(root, "a"u8, 0);
        int b = nodes.Add(a, "b"u8, 0);
        int c = nodes.Add(root, "c"u8, 0);

        nodes.Unhang(a);
        nodes.Hang(a, c, "renamed"u8);

        Assert.Equal("/c/renamed/b", PathOf(nodes, b));
        Assert.Equal(-1, nodes.FindChild(root, "a"u8));
        Assert.Equal(a, nodes.FindChild(c, "renamed"u8));
    }

    [Fact]
    public void Nodes_of_one_descriptor_are_all_found_and_the_last_one_says_so()
    {
        NodeTable nodes = new();
        int first = nodes.Add(-1, default, 0);
        int second = nodes.Add(-1, default, 1);
        nodes.Attach(first, 7);
        nodes.Attach(second, 7);

        Assert.Equal(1, nodes.DescriptorCount);
        Assert.Equal(2, CountOf(nodes, 7));
        Assert.False(nodes.Detach(first));
        Assert.True(nodes.Detach(second));
        Assert.Equal(-1, nodes.FirstOf(7));
        Assert.Equal(0, nodes.DescriptorCount);
    }

    [Fact]
    public void Random_changes_agree_with_a_plain_model()
    {
        int seed = Environment.TickCount;
        Random random = new(seed);
        NodeTable nodes = new();
        int root = nodes.Add(-1, default, 0);
        Dictionary<int, (int Parent, string Name, int Wd)> model = [];
        List<int> alive = [root];
        int nextWd = 1;
        for (int round = 0; round < 30_000; round++)
        {
            int pick = alive[random.Next(alive.Count)];
            switch (random.Next(5))
            {
                case 0 or 1 or 2:
                    string name = "n" + random.Next(4000);
                    bool known = nodes.FindChild(pick, Encoding.UTF8.GetBytes(name)) >= 0;
                    bool modelKnown = false;
                    foreach ((int parent, string other, int _) in model.Values)
                    {
                        modelKnown |= parent == pick && other == name;
                    }

                    Assert.True(known == modelKnown, $"seed {seed} round {round}");
                    if (!known && model.Count < 400)
                    {
                        int node = nodes.Add(pick, Encoding.UTF8.GetBytes(name), 0);
                        nodes.Attach(node, nextWd);
                        model[node] = (pick, name, nextWd++);
                        alive.Add(node);
                    }

                    break;
                case 3 when pick != root && nodes[pick].FirstChild < 0:
                    Assert.True(nodes.Detach(pick));
                    nodes.Free(pick);
                    model.Remove(pick);
                    alive.Remove(pick);
                    break;
                case 4 when pick != root:
                    int target = alive[random.Next(alive.Count)];
                    string newName = "m" + round;
                    if (!IsBelow(model, target, pick))
                    {
                        nodes.Unhang(pick);
                        nodes.Hang(pick, target, Encoding.UTF8.GetBytes(newName));
                        model[pick] = (target, newName, model[pick].Wd);
                    }

                    break;
            }
        }

        Assert.Equal(model.Count + 1, nodes.Count);
        foreach ((int node, (int Parent, string Name, int Wd) expected) in model)
        {
            Assert.Equal(ModelPath(model, node), PathOf(nodes, node));
            Assert.Equal(node, nodes.FirstOf(expected.Wd));
            Assert.Equal(node, nodes.FindChild(expected.Parent, Encoding.UTF8.GetBytes(expected.Name)));
        }
    }

    [Fact]
    public void Name_of_255_bytes_and_names_beyond_a_block_survive()
    {
        NodeTable nodes = new();
        int root = nodes.Add(-1, default, 0);
        List<int> all = [];
        for (int i = 0; i < 2000; i++)
        {
            byte[] name = new byte[255];
            Array.Fill(name, (byte)'x');
            Encoding.ASCII.GetBytes(i.ToString("D5")).CopyTo(name, 0);
            all.Add(nodes.Add(root, name, 0));
        }

        for (int i = 0; i < all.Count; i++)
        {
            Assert.StartsWith(i.ToString("D5"), Encoding.ASCII.GetString(nodes.Name(all[i])), StringComparison.Ordinal);
            Assert.Equal(255, nodes.Name(all[i]).Length);
        }
    }

    private static int CountOf(NodeTable nodes, int wd)
    {
        int count = 0;
        for (int node = nodes.FirstOf(wd); node >= 0; node = nodes.NextOf(node))
        {
            count++;
        }

        return count;
    }

    private static bool IsBelow(Dictionary<int, (int Parent, string Name, int Wd)> model, int node, int top)
    {
        while (true)
        {
            if (node == top)
            {
                return true;
            }

            if (!model.TryGetValue(node, out (int Parent, string Name, int Wd) entry))
            {
                return false;
            }

            node = entry.Parent;
        }
    }

    private static string ModelPath(Dictionary<int, (int Parent, string Name, int Wd)> model, int node) =>
        model.TryGetValue(node, out (int Parent, string Name, int Wd) entry) ? ModelPath(model, entry.Parent) + "/" + entry.Name : "";

    private static string PathOf(NodeTable nodes, int node)
    {
        PathBuilder path = new();
        nodes.AppendRelative(node, path);
        return Encoding.UTF8.GetString(path.Bytes);
    }
}

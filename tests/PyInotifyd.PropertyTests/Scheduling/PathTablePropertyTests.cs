using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using PyInotifyd.Engine.Scheduling;
using Xunit;
using Xunit.Abstractions;

namespace PyInotifyd.PropertyTests.Scheduling;

/// <summary>Random insertions and removals against a dictionary, with hashes from good to all alike.</summary>
/// <remarks>PYINOTIFYD_SEED repeats one run.</remarks>
public class PathTablePropertyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    [InlineData(int.MaxValue)]
    public void Table_finds_what_a_dictionary_finds(int hashes)
    {
        string? given = Environment.GetEnvironmentVariable("PYINOTIFYD_SEED");
        int seed = given is null ? Environment.TickCount & 0xFFFFFF : int.Parse(given, CultureInfo.InvariantCulture);
        output.WriteLine("seed " + seed);
        Random random = new(seed);
        PathHash hash = new((ulong)random.NextInt64());
        PathTable<Item> table = new();
        Dictionary<string, Item> model = [];
        uint Hash(string path) => 1 + (hash.Of(Encoding.ASCII.GetBytes(path)) % (uint)hashes);
        for (int i = 0; i < 20_000; i++)
        {
            // The number of items swells and ebbs, so that the table grows and shrinks.
            int range = (i / 2000 % 2) == 0 ? 400 : 20;
            string path = "/w/" + random.Next(range).ToString(CultureInfo.InvariantCulture);
            bool known = model.TryGetValue(path, out Item? item);
            Assert.Same(item, table.Find(Hash(path), Encoding.ASCII.GetBytes(path)));
            if (known && random.Next(range == 20 ? 2 : 3) != 0)
            {
                table.Remove(Hash(path), item!);
                model.Remove(path);
            }
            else if (known)
            {
                Item by = new(path);
                table.Replace(Hash(path), item!, by);
                model[path] = by;
            }
            else
            {
                item = new Item(path);
                table.Insert(Hash(path), item);
                model.Add(path, item);
            }

            Assert.Equal(model.Count, table.Count);
        }

        List<Item> all = [];
        table.CopyTo(all);
        Assert.Equal(new HashSet<Item>(model.Values), [.. all]);
    }

    private sealed class Item(string path) : IPathKeyed
    {
        public byte[] Path { get; } = Encoding.ASCII.GetBytes(path);
    }
}

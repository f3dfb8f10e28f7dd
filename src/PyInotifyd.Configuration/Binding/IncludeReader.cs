using System;
using System.Collections.Generic;
using PyInotifyd.Configuration.Files;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads the files that <c>include</c> names, each once.</summary>
internal sealed class IncludeReader
{
    private readonly ProblemList _problems;
    private readonly FileTrust _trust;
    private readonly List<FileIdentity> _read = [];

    /// <summary>Knows the file that includes, which a pattern may match as well.</summary>
    public IncludeReader(FileIdentity includer, FileTrust trust, ProblemList problems)
    {
        _trust = trust;
        _problems = problems;
        _read.Add(includer);
    }

    /// <summary>Returns the objects of the files, in the order in which they are named and patterns in name order.</summary>
    public List<ObjectView> Read(JsonNode? list)
    {
        List<ObjectView> views = [];
        foreach (JsonNode node in TextLists.Read(list, "the name of a file", _problems))
        {
            string? error = ValueReader.Bytes(node.Text, out byte[] path);
            if (error is null && path.Length == 0)
            {
                error = "the name of a file must not be empty";
            }

            if (error is not null)
            {
                _problems.Error(node, error);
                continue;
            }

            path = ConfigPath.Beside(node.Source.Path, path);
            if (!FilePattern.IsPattern(path) || FilePattern.Exists(path))
            {
                ReadFile(path, node, isPattern: false, views);
                continue;
            }

            List<byte[]> found = [];
            FilePattern.Expand(path, found);
            foreach (byte[] file in found)
            {
                ReadFile(file, node, isPattern: true, views);
            }
        }

        return views;
    }

    private void ReadFile(byte[] path, JsonNode node, bool isPattern, List<ObjectView> views)
    {
        string? error = ConfigFile.Read(path, _trust, out byte[] bytes, out FileIdentity identity, out string? doubt);
        if (error is not null)
        {
            _problems.Unreadable(node, $"{SurrogateEscape.Decode(path)} {error}");
            return;
        }

        for (int i = 0; i < _read.Count; i++)
        {
            if (_read[i].IsSame(identity))
            {
                if (i == 0 && !isPattern)
                {
                    _problems.Error(node, "a file cannot include itself");
                }

                return;
            }
        }

        if (doubt is not null)
        {
            _problems.Warning(node, $"{SurrogateEscape.Decode(path)} {doubt}");
        }

        _read.Add(identity);
        JsonNode? root = JsonParser.Parse(new SourceText(path, bytes) { Order = _read.Count - 1 }, _problems);
        if (root is not null && root.Kind != JsonKind.Object)
        {
            _problems.Error(root, $"expected an object, found {Shown.Found(root)}");
        }
        else if (root is not null)
        {
            views.Add(new ObjectView(root, RootKeys.Included, _problems));
        }
    }
}

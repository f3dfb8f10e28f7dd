using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.Configuration.Json;

/// <summary>What a value of a JSON text is.</summary>
internal enum JsonKind : byte
{
    /// <summary>Not read to its end because of a syntax error; whoever meets it stays silent.</summary>
    Faulty,

    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// <summary>A value of a JSON text, with its place.</summary>
internal sealed class JsonNode
{
    private static readonly List<JsonNode> s_none = [];

    private List<JsonNode>? _children;

    public JsonNode(SourceText source, JsonKind kind, int offset, JsonNode? parent)
    {
        Source = source;
        Kind = kind;
        Offset = offset;
        Parent = parent;
    }

    /// <summary>The file that it stands in.</summary>
    public SourceText Source { get; }

    public JsonKind Kind { get; }

    /// <summary>Whether a syntax error keeps the end of this array or object from being known.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Where the value begins, in bytes.</summary>
    public int Offset { get; }

    /// <summary>The array or object that it stands in; null: the text's own value.</summary>
    public JsonNode? Parent { get; }

    /// <summary>Name of a member of an object.</summary>
    public string? Name { get; init; }

    /// <summary>Where the name begins, in bytes.</summary>
    public int NameOffset { get; init; }

    /// <summary>Place in an array.</summary>
    public int Index { get; init; }

    /// <summary>A string, lone surrogates kept, or a number as it is written.</summary>
    public string Text { get; init; } = "";

    /// <summary>Elements of an array, members of an object, in order, the names all different.</summary>
    public List<JsonNode> Children => _children ?? s_none;

    public void Add(JsonNode child) => (_children ??= []).Add(child);

    /// <summary>Finds the member of a name; null where there is none.</summary>
    public JsonNode? Member(string name)
    {
        foreach (JsonNode child in Children)
        {
            if (child.Name == name)
            {
                return child;
            }
        }

        return null;
    }

    /// <summary>Returns the place in the way of RFC 9535, as <c>$.watches[0].path</c>.</summary>
    public string Path() => PathOf(this, null);

    /// <summary>Returns the path that a member of this object has or would have.</summary>
    public string Path(string member) => PathOf(this, member);

    private static string PathOf(JsonNode node, string? member)
    {
        StringBuilder text = new();
        Append(node, text);
        if (member is not null)
        {
            AppendName(member, text);
        }

        return text.ToString();
    }

    private static void Append(JsonNode node, StringBuilder text)
    {
        if (node.Parent is null)
        {
            text.Append('$');
            return;
        }

        Append(node.Parent, text);
        if (node.Name is null)
        {
            text.Append('[').Append(node.Index).Append(']');
        }
        else
        {
            AppendName(node.Name, text);
        }
    }

    private static void AppendName(string name, StringBuilder text)
    {
        bool plain = name.Length != 0 && !char.IsAsciiDigit(name[0]);
        foreach (char c in name)
        {
            plain &= char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$';
        }

        if (plain)
        {
            text.Append('.').Append(name);
            return;
        }

        text.Append("['");
        foreach (char c in name)
        {
            if (c is '\'' or '\\')
            {
                text.Append('\\');
            }

            text.Append(c);
        }

        text.Append("']");
    }
}

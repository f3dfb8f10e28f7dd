using System.Collections.Generic;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads lists of texts.</summary>
internal static class TextLists
{
    /// <summary>Returns the elements that are texts; others have been reported as not being <paramref name="what"/>.</summary>
    public static List<JsonNode> Read(JsonNode? list, string what, ProblemList problems)
    {
        List<JsonNode> texts = [];
        if (list is null)
        {
            return texts;
        }

        foreach (JsonNode node in list.Children)
        {
            if (node.Kind == JsonKind.String)
            {
                texts.Add(node);
            }
            else
            {
                problems.Error(node, $"expected {what}, found {Shown.Found(node)}");
            }
        }

        return texts;
    }
}

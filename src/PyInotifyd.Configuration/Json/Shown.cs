namespace PyInotifyd.Configuration.Json;

/// <summary>Writes values into messages, short.</summary>
internal static class Shown
{
    private const int MaxLength = 60;

    /// <summary>Returns a text in double quotes, cut where it is long.</summary>
    public static string Quote(string text)
    {
        if (text.Length <= MaxLength)
        {
            return "\"" + text + "\"";
        }

        int length = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        return "\"" + text[..length] + "…\"";
    }

    /// <summary>Returns what stands in a place, as in <c>found the number 5</c>.</summary>
    public static string Found(JsonNode node) => node.Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.True => "true",
        JsonKind.False => "false",
        JsonKind.Number => "the number " + (node.Text.Length <= MaxLength ? node.Text : node.Text[..MaxLength] + "…"),
        JsonKind.String => "the text " + Quote(node.Text),
        JsonKind.Array => node.Children.Count == 0 && !node.IsOpen ? "an empty list" : "a list",
        _ => "an object",
    };
}

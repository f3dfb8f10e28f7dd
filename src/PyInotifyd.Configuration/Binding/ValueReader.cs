using System;
using PyInotifyd.Configuration.Json;
using PyInotifyd.Configuration.Keys;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Configuration.Binding;

/// <summary>Reads the value of a key by the type that the key table gives it, and says what is allowed where it is something else.</summary>
internal static class ValueReader
{
    private const long MaxId = uint.MaxValue - 1;

    /// <summary>Returns the value; one that is not valid has been reported.</summary>
    /// <remarks>Shape: of lists and objects only the kind is checked; what is in them is read by the binder of each.</remarks>
    public static KeyValue Read(ConfigKey key, JsonNode node, ProblemList problems)
    {
        long number = 0;
        string? text = null;
        string? error = node.Kind == JsonKind.Null && key.Nullable ? null : Check(key, node, out number, out text);
        if (error is not null)
        {
            problems.Error(node, error);
        }
        else if (!IsObeyed(key, node, number, text))
        {
            problems.Error(node, "not supported yet");
        }

        return new KeyValue { Key = key, Node = node, IsValid = error is null, Number = number, Text = text };
    }

    /// <summary>Returns the index of a choice, or what is wrong.</summary>
    public static string? Choice(ConfigKey key, JsonNode node, out long index)
    {
        index = node.Kind == JsonKind.String ? key.IndexOfChoice(node.Text) : -1;
        if (index >= 0)
        {
            return null;
        }

        index = 0;
        NearestName nearest = new(node.Kind == JsonKind.String ? node.Text : "");
        string allowed = "";
        for (int i = 0; i < key.Choices.Length; i++)
        {
            nearest.Offer(key.Choices[i].Name);
            string separator = i == 0 ? "" : i == key.Choices.Length - 1 ? " or " : ", ";
            allowed += $"{separator}\"{key.Choices[i].Name}\"";
        }

        return $"expected {allowed}{OrNull(key)}, found {Shown.Found(node)}{nearest.Question}";
    }

    /// <summary>Returns the bytes that a text stands for, as a path or argument needs them, or what is wrong.</summary>
    public static string? Bytes(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.Contains('\0'))
        {
            return "the character NUL cannot stand in a path, a name or an argument";
        }

        if (!SurrogateEscape.TryEncode(text, out byte[]? encoded))
        {
            return "a lone surrogate other than \\udc80 to \\udcff, which stand for the bytes 0x80 to 0xff, means nothing";
        }

        bytes = encoded;
        return null;
    }

    private static string? Check(ConfigKey key, JsonNode node, out long number, out string? text)
    {
        number = 0;
        text = node.Kind == JsonKind.String ? node.Text : null;
        switch (key.Type)
        {
            case ConfigType.Boolean:
                number = node.Kind == JsonKind.True ? 1 : 0;
                return Expect(key, node, "true or false", node.Kind is JsonKind.True or JsonKind.False);
            case ConfigType.Integer:
                return Integer(key, node, out number);
            case ConfigType.Duration:
                return Duration.Read(node, key.Min, out number);
            case ConfigType.Mode:
                return Mode(key, node, out number);
            case ConfigType.Choice:
                return Choice(key, node, out number);
            case ConfigType.Identity:
                return Identity(key, node, ref text);
            case ConfigType.Path:
                return Path(key, node);
            case ConfigType.Text:
            case ConfigType.Pattern:
            case ConfigType.SchedulerName:
            case ConfigType.WorkerName:
                string? error = Expect(key, node, key.Type is ConfigType.SchedulerName ? "the name of a scheduler" : "a text", node.Kind == JsonKind.String);
                return error is null && node.Text.Length == 0 ? $"must not be empty{(key.Nullable ? "; null means none" : "")}" : error;
            case ConfigType.Object:
            case ConfigType.TextMap:
            case ConfigType.ChoiceMap:
            case ConfigType.ObjectMap:
                return Expect(key, node, "an object", node.Kind == JsonKind.Object);
            case ConfigType.TextList:
                return Expect(key, node, "a list of texts", node.Kind == JsonKind.Array);
            case ConfigType.PatternList:
                return Expect(key, node, "a list of regular expressions", node.Kind == JsonKind.Array);
            case ConfigType.PatternListOrFile:
                return Expect(key, node, "a list of regular expressions, or the name of a file with one a line", node.Kind is JsonKind.Array or JsonKind.String);
            case ConfigType.PathOrList:
                return Expect(key, node, "an absolute path or a list of them", node.Kind is JsonKind.Array or JsonKind.String);
            case ConfigType.EventMapOrName:
                return Expect(key, node, "the name of an event map, or an event map", node.Kind is JsonKind.Object or JsonKind.String);
            case ConfigType.Actions:
                bool isAction = node.Kind is JsonKind.String or JsonKind.Object or JsonKind.Array;
                return Expect(key, node, "null, the name of a scheduler, {\"cancel\": \"NAME\"}, or a list of these", isAction);
            default:
                return Expect(key, node, "a list of objects", node.Kind == JsonKind.Array);
        }
    }

    private static string? Expect(ConfigKey key, JsonNode node, string what, bool isRight) =>
        isRight ? null : $"expected {what}{(key.Type == ConfigType.Actions ? "" : OrNull(key))}, found {Shown.Found(node)}";

    private static string OrNull(ConfigKey key) => key.Nullable ? " or null" : "";

    private static string? Integer(ConfigKey key, JsonNode node, out long number)
    {
        number = 0;
        string form = $"a whole number from {key.Min} to {key.Max}{OrNull(key)}";
        if (node.Kind != JsonKind.Number)
        {
            return $"expected {form}, found {Shown.Found(node)}";
        }

        bool fits = DecimalNumber.TryScale(node.Text, 1, out number, out bool exact);
        return fits && exact && number >= key.Min && number <= key.Max ? null : $"must be {form}, found {Shown.Found(node)}";
    }

    private static string? Mode(ConfigKey key, JsonNode node, out long mode)
    {
        mode = 0;
        if (node.Kind == JsonKind.Number)
        {
            // 644 was meant to be octal; 420, which is 0o644, more likely not.
            ReadOnlySpan<char> digits = node.Text;
            bool isOctal = digits.Length is 2 or 3 && digits.IndexOfAnyExceptInRange('0', '7') < 0 && (digits.Length == 2 || digits[0] is '6' or '7');
            string remedy = isOctal ? $"; did you mean \"0{node.Text}\"?" : "";
            return $"a mode is a string of octal digits, such as \"0644\": quote it, found {Shown.Found(node)}{remedy}";
        }

        string form = $"a string of octal digits from \"0\" to \"0{Convert.ToString(key.Max, 8)}\"";
        if (node.Kind != JsonKind.String)
        {
            return $"expected {form}{OrNull(key)}, found {Shown.Found(node)}";
        }

        bool isMode = node.Text.Length != 0;
        foreach (char c in node.Text)
        {
            isMode &= c is >= '0' and <= '7';
            mode = isMode && mode <= key.Max ? (mode * 8) + (c - '0') : mode;
        }

        return isMode && mode <= key.Max ? null : $"expected {form}{OrNull(key)}, found {Shown.Found(node)}";
    }

    private static string? Identity(ConfigKey key, JsonNode node, ref string? text)
    {
        if (node.Kind == JsonKind.String)
        {
            return node.Text.Length == 0 ? "must not be empty" : Bytes(node.Text, out _);
        }

        text = node.Text;
        long number = 0;
        bool isId = node.Kind == JsonKind.Number && DecimalNumber.TryScale(node.Text, 1, out number, out bool exact) && exact && number is >= 0 and <= MaxId;
        if (isId)
        {
            text = $"{number}";
            return null;
        }

        return $"expected a name or a number from 0 to {MaxId}{OrNull(key)}, found {Shown.Found(node)}";
    }

    private static string? Path(ConfigKey key, JsonNode node)
    {
        if (node.Kind != JsonKind.String)
        {
            return $"expected an absolute path{OrNull(key)}, found {Shown.Found(node)}";
        }

        return Bytes(node.Text, out _) ?? (node.Text.StartsWith('/') ? null : $"must be an absolute path, found {Shown.Found(node)}");
    }

    /// <summary>Tells whether the engine does what the value says, be it only because nothing else is the default.</summary>
    private static bool IsObeyed(ConfigKey key, JsonNode node, long number, string? text)
    {
        if (node.Kind == JsonKind.Null)
        {
            return true;
        }

        if (key.Type == ConfigType.Choice && !key.Choices[number].Supported)
        {
            return false;
        }

        bool isDefault = key.HasDefault && (key.DefaultText is null ? number == key.DefaultNumber : text == key.DefaultText);
        bool isNothing = key.Type == ConfigType.ObjectMap && node.Children.Count == 0;
        return key.Supported || isDefault || isNothing;
    }
}

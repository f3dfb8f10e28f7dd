using System;
using System.Text;
using PyInotifyd.Configuration.Keys;

namespace PyInotifyd.Configuration;

/// <summary>Makes the JSON Schema of the configuration out of the table of keys, so that editors know every key, what it takes, and what it means.</summary>
/// <remarks>
/// What the reader takes the schema takes; the schema is more lenient where a rule goes beyond one value (names that must be defined, regular expressions, cycles).
/// Source: JSON Schema 2020-12.   Threads: any.
/// </remarks>
public static class ConfigurationSchema
{
    private const long MaxId = uint.MaxValue - 1;

    // The groups that are referred to, in the order in which they are defined.
    private static readonly (string Name, KeyGroup Group)[] s_groups =
    [
        ("shell", KeyTable.Shell), ("exec", KeyTable.Exec), ("filemanager", KeyTable.FileManager), ("task", KeyTable.Task), ("defaults", KeyTable.Defaults),
        ("rule", KeyTable.Rule), ("batch", KeyTable.Batch), ("worker", KeyTable.Worker), ("event_map", KeyTable.EventMap), ("cancel", EventMapKeys.CancelGroup),
        ("watch", KeyTable.Watch), ("logging", KeyTable.Logging), ("syslog", KeyTable.Syslog),
    ];

    /// <summary>Returns the schema, with a newline at its end.</summary>
    public static string Make()
    {
        SchemaText text = new();
        text.Open();
        text.Text("$schema", "https://json-schema.org/draft/2020-12/schema");
        text.Text("title", "Configuration of pyinotifyd");
        Group(KeyTable.Root, text);
        text.Open("$defs");
        Scheduler(text);
        foreach ((string name, KeyGroup group) in s_groups)
        {
            text.Open(name);
            Group(group, text);
            text.Close();
        }

        text.Close();
        text.Close();
        return text.ToString();
    }

    private static void Scheduler(SchemaText text)
    {
        text.Open("scheduler");
        text.Text("type", "object");
        Names("required", text, SchedulerKeys.Type.Name);
        text.Open("properties");
        text.Open(SchedulerKeys.Type.Name);
        text.OpenList("enum");
        foreach (ConfigChoice choice in SchedulerKeys.Type.Choices)
        {
            text.Text(null, choice.Name);
        }

        text.CloseList();
        text.Close();
        text.Close();
        text.OpenList("allOf");
        foreach (ConfigChoice choice in SchedulerKeys.Type.Choices)
        {
            text.Open();
            text.Open("if");
            Names("required", text, SchedulerKeys.Type.Name);
            text.Open("properties");
            text.Open(SchedulerKeys.Type.Name);
            text.Text("const", choice.Name);
            text.Close();
            text.Close();
            text.Close();
            Reference("then", choice.Name, text);
            text.Close();
        }

        text.CloseList();
        text.Close();
    }

    private static void Group(KeyGroup group, SchemaText text)
    {
        text.Text("type", "object");
        text.Open("properties");
        foreach (ConfigKey key in group.Keys)
        {
            text.Open(key.Name);
            Property(key, key.Doc, text);
            text.Close();
            if (key.Alias is not null)
            {
                text.Open(key.Alias);
                Property(key, "The same as " + key.Name + ".", text);
                text.Close();
            }
        }

        text.Close();
        text.Truth("additionalProperties", false);
        Required(group, text);
        if (group == KeyTable.Rule)
        {
            DestinationOfRule(text);
        }
        else if (group == KeyTable.Watch)
        {
            text.OpenList("oneOf");
            foreach (ConfigKey key in (ConfigKey[])[WatchKeys.EventMap, WatchKeys.DefaultSched])
            {
                text.Open();
                Names("required", text, key.Name);
                text.Close();
            }

            text.CloseList();
        }
    }

    private static void Required(KeyGroup group, SchemaText text)
    {
        bool any = false;
        foreach (ConfigKey key in group.Keys)
        {
            if (key.Required)
            {
                if (!any)
                {
                    text.OpenList("required");
                }

                any = true;
                text.Text(null, key.Name);
            }
        }

        if (any)
        {
            text.CloseList();
        }
    }

    private static void DestinationOfRule(SchemaText text)
    {
        text.Open("if");
        text.Open("properties");
        text.Open(RuleKeys.Action.Name);
        Names("enum", text, "move", "copy");
        text.Close();
        text.Close();
        text.Close();
        text.Open("then");
        Names("required", text, RuleKeys.DstRe.Name);
        text.Open("properties");
        text.Open(RuleKeys.DstRe.Name);
        text.Text("type", "string");
        text.Close();
        text.Close();
        text.Close();
    }

    private static void Property(ConfigKey key, string description, SchemaText text)
    {
        text.Text("description", key.Supported ? description : description + " Not supported yet.");
        Default(key, text);
        if (key.Nullable)
        {
            text.OpenList("anyOf");
            text.Open();
            Value(key, text);
            text.Close();
            text.Open();
            text.Text("type", "null");
            text.Close();
            text.CloseList();
        }
        else
        {
            Value(key, text);
        }
    }

    private static void Default(ConfigKey key, SchemaText text)
    {
        if (!key.HasDefault)
        {
            return;
        }

        switch (key.Type)
        {
            case ConfigType.Boolean:
                text.Truth("default", key.DefaultNumber != 0);
                break;
            case ConfigType.Integer:
                text.Number("default", key.DefaultNumber);
                break;
            case ConfigType.Duration:
                text.Number("default", key.DefaultNumber / 1000m);
                break;
            case ConfigType.Mode:
                text.Text("default", "0" + Convert.ToString(key.DefaultNumber, 8));
                break;
            case ConfigType.Choice:
                text.Text("default", key.Choices[key.DefaultNumber].Name);
                break;
            default:
                text.Text("default", key.DefaultText!);
                break;
        }
    }

    private static void Value(ConfigKey key, SchemaText text)
    {
        switch (key.Type)
        {
            case ConfigType.Boolean:
                text.Text("type", "boolean");
                break;
            case ConfigType.Integer:
                text.Text("type", "integer");
                text.Number("minimum", key.Min);
                text.Number("maximum", key.Max);
                break;
            case ConfigType.Duration:
                Either(text, () => Seconds(key, text), () => Pattern("^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$", text));
                break;
            case ConfigType.Mode:
                Pattern("^0*[0-7]{1," + Convert.ToString(key.Max, 8).Length + "}$", text);
                break;
            case ConfigType.Choice:
                Choice(key, text);
                break;
            case ConfigType.Path:
                Pattern("^/", text);
                break;
            case ConfigType.Identity:
                Either(text, () => NonEmpty(text), () => Id(text));
                break;
            case ConfigType.TextList:
            case ConfigType.PatternList:
                Texts(key.Required, text);
                break;
            case ConfigType.PatternListOrFile:
                Either(text, () => Texts(false, text), () => NonEmpty(text));
                break;
            case ConfigType.PathOrList:
                Either(text, () => Pattern("^/", text), () => List(true, text, () => Pattern("^/", text)));
                break;
            case ConfigType.TextMap:
                Map(text, "^[^=]+$", () => Names("type", text, "string", "null"));
                break;
            case ConfigType.ChoiceMap:
                Map(text, "", () => Choice(key, text));
                break;
            case ConfigType.Actions:
                Either(text, () => NonEmpty(text), () => Reference("cancel", text), () => List(false, text, () => Action(text)));
                break;
            case ConfigType.EventMapOrName:
                Either(text, () => NonEmpty(text), () => Reference("event_map", text));
                break;
            case ConfigType.Object:
                Reference(NameOf(key.Group!), text);
                break;
            case ConfigType.ObjectList:
                List(key.Required, text, () => Reference(NameOf(key.Group!), text));
                break;
            case ConfigType.ObjectMap:
                Map(text, ".", () => Reference(NameOf(key.Group!), text));
                break;
            default:
                NonEmpty(text);
                break;
        }
    }

    private static string NameOf(KeyGroup group)
    {
        foreach ((string name, KeyGroup known) in s_groups)
        {
            if (known == group)
            {
                return name;
            }
        }

        return group == SchedulerKeys.Any ? "scheduler" : throw new InvalidOperationException("no definition of " + group.Name);
    }

    private static void Seconds(ConfigKey key, SchemaText text)
    {
        text.Text("type", "number");
        text.Number(key.Min > 0 ? "exclusiveMinimum" : "minimum", 0);
    }

    private static void Id(SchemaText text)
    {
        text.Text("type", "integer");
        text.Number("minimum", 0);
        text.Number("maximum", MaxId);
    }

    // Each value with its meaning, which editors show; where case does not matter, a pattern for the other spellings too.
    private static void Choice(ConfigKey key, SchemaText text)
    {
        text.OpenList("anyOf");
        StringBuilder anyCase = new("^(");
        foreach (ConfigChoice choice in key.Choices)
        {
            text.Open();
            text.Text("const", choice.Name);
            text.Text("description", choice.Supported ? choice.Doc : choice.Doc + " Not supported yet.");
            text.Close();
            anyCase.Append(anyCase.Length == 2 ? "" : "|");
            foreach (char c in choice.Name)
            {
                anyCase.Append('[').Append(char.ToUpperInvariant(c)).Append(char.ToLowerInvariant(c)).Append(']');
            }
        }

        if (key.AnyCase)
        {
            text.Open();
            Pattern(anyCase.Append(")$").ToString(), text);
            text.Close();
        }

        text.CloseList();
    }

    private static void Action(SchemaText text) => Either(text, () => Names("type", text, "string", "null"), () => Reference("cancel", text));

    private static void NonEmpty(SchemaText text)
    {
        text.Text("type", "string");
        text.Number("minLength", 1);
    }

    private static void Pattern(string pattern, SchemaText text)
    {
        text.Text("type", "string");
        text.Text("pattern", pattern);
    }

    private static void Texts(bool isRequired, SchemaText text) => List(isRequired, text, () => text.Text("type", "string"));

    private static void List(bool isRequired, SchemaText text, Action item)
    {
        text.Text("type", "array");
        if (isRequired)
        {
            text.Number("minItems", 1);
        }

        text.Open("items");
        item();
        text.Close();
    }

    private static void Map(SchemaText text, string names, Action value)
    {
        text.Text("type", "object");
        if (names.Length != 0)
        {
            text.Open("propertyNames");
            text.Text("pattern", names);
            text.Close();
        }

        text.Open("additionalProperties");
        value();
        text.Close();
    }

    private static void Either(SchemaText text, params Action[] forms)
    {
        text.OpenList("anyOf");
        foreach (Action form in forms)
        {
            text.Open();
            form();
            text.Close();
        }

        text.CloseList();
    }

    private static void Reference(string definition, SchemaText text) => text.Text("$ref", "#/$defs/" + definition);

    private static void Reference(string member, string definition, SchemaText text)
    {
        text.Open(member);
        Reference(definition, text);
        text.Close();
    }

    private static void Names(string member, SchemaText text, params string[] names)
    {
        text.OpenList(member);
        foreach (string name in names)
        {
            text.Text(null, name);
        }

        text.CloseList();
    }
}

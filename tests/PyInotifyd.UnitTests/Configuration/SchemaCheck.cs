using System;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Validates JSON by as much of JSON Schema 2020-12 as the schema of the configuration uses; another word in it is an exception.</summary>
internal sealed class SchemaCheck
{
    private readonly JsonElement _root;

    public SchemaCheck(string schema)
    {
        _root = JsonDocument.Parse(schema).RootElement;
    }

    public JsonElement Root => _root;

    public static JsonElement Parse(string text) =>
        JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }).RootElement;

    public bool Accepts(JsonElement value) => Accepts(_root, value);

    private bool Accepts(JsonElement schema, JsonElement value)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.GetBoolean();
        }

        foreach (JsonProperty rule in schema.EnumerateObject())
        {
            if (!Accepts(schema, rule.Name, rule.Value, value))
            {
                return false;
            }
        }

        return true;
    }

    private bool Accepts(JsonElement schema, string name, JsonElement rule, JsonElement value)
    {
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        bool isText = value.ValueKind == JsonValueKind.String;
        bool isList = value.ValueKind == JsonValueKind.Array;
        bool isObject = value.ValueKind == JsonValueKind.Object;
        switch (name)
        {
            case "$schema" or "title" or "description" or "default" or "$defs" or "then":
                return true;
            case "$ref":
                return Accepts(_root.GetProperty("$defs").GetProperty(rule.GetString()!["#/$defs/".Length..]), value);
            case "type":
                return rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Any(type => IsOf(type.GetString()!, value)) : IsOf(rule.GetString()!, value);
            case "enum":
                return rule.EnumerateArray().Any(each => JsonElement.DeepEquals(each, value));
            case "const":
                return JsonElement.DeepEquals(rule, value);
            case "anyOf":
                return rule.EnumerateArray().Any(each => Accepts(each, value));
            case "oneOf":
                return rule.EnumerateArray().Count(each => Accepts(each, value)) == 1;
            case "allOf":
                return rule.EnumerateArray().All(each => Accepts(each, value));
            case "if":
                return !Accepts(rule, value) || Accepts(schema.GetProperty("then"), value);
            case "minimum":
                return !isNumber || value.GetDouble() >= rule.GetDouble();
            case "exclusiveMinimum":
                return !isNumber || value.GetDouble() > rule.GetDouble();
            case "maximum":
                return !isNumber || value.GetDouble() <= rule.GetDouble();
            case "minLength":
                return !isText || value.GetString()!.Length >= rule.GetInt32();
            case "pattern":
                return !isText || Regex.IsMatch(value.GetString()!, rule.GetString()!);
            case "minItems":
                return !isList || value.GetArrayLength() >= rule.GetInt32();
            case "items":
                return !isList || value.EnumerateArray().All(item => Accepts(rule, item));
            case "required":
                return !isObject || rule.EnumerateArray().All(key => value.TryGetProperty(key.GetString()!, out _));
            case "properties":
                return !isObject || value.EnumerateObject().All(member => !rule.TryGetProperty(member.Name, out JsonElement own) || Accepts(own, member.Value));
            case "propertyNames":
                return !isObject || value.EnumerateObject().All(member => Regex.IsMatch(member.Name, rule.GetProperty("pattern").GetString()!));
            case "additionalProperties":
                return !isObject || value.EnumerateObject().All(member => HasProperty(schema, member.Name) || Accepts(rule, member.Value));
            default:
                throw new InvalidOperationException("the test does not know the word " + name);
        }
    }

    private static bool HasProperty(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out JsonElement properties) && properties.TryGetProperty(name, out _);

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Floor(value.GetDouble()),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new InvalidOperationException("no such type: " + type),
    };
}

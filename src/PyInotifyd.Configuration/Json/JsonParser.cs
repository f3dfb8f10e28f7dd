using System;
using System.Collections.Generic;
using System.Text.Unicode;
using System.Buffers;
using System.Text;

namespace PyInotifyd.Configuration.Json;

/// <summary>Reads a JSON text with comments and trailing commas into nodes that know their places.</summary>
/// <remarks>
/// Not Utf8JsonReader: in the published program its messages are the bare names of resources (<c>InvalidLeadingZeroInNumber</c>), its columns are
/// bytes, it stops inside a container without telling which one, and it can neither read lone surrogates nor say what to write instead.
/// What is a JSON text is the same; PyInotifyd.PropertyTests compares both.
///
/// After a syntax error the tree holds what was read before it, the containers around the error marked <see cref="JsonNode.IsOpen"/>, so that the
/// errors before the place are reported as well.
/// Errors: the first syntax error; names that stand twice in one object.
/// </remarks>
internal sealed class JsonParser
{
    private const int MaxDepth = 64;

    /// <summary>Up to so many members comparing names one by one is quicker than a hash table.</summary>
    private const int MaxLinear = 12;

    private readonly SourceText _source;
    private readonly ProblemList _problems;
    private readonly byte[] _text;
    private readonly int _end;
    private readonly JsonStringReader _strings;
    private int _at;
    private bool _failed;

    private JsonParser(SourceText source, ProblemList problems)
    {
        _source = source;
        _problems = problems;
        _text = source.Bytes;
        _at = source.Start;
        _end = EndOfUtf8(_text);
        _strings = new JsonStringReader(_text, _end);
    }

    /// <summary>Returns the value of a text; null where there is none.</summary>
    public static JsonNode? Parse(SourceText source, ProblemList problems)
    {
        JsonParser parser = new(source, problems);
        parser.SkipSpace(null);
        if (parser._at == parser._end && parser._end == source.Bytes.Length)
        {
            if (!parser._failed)
            {
                problems.Syntax(source, source.Start, "$", "the file is empty: a configuration is an object, {…}");
            }

            return null;
        }

        JsonNode? root = parser.Value(null, null, 0, 0, 0);
        parser.SkipSpace(root);
        if (!parser._failed && parser._at < source.Bytes.Length)
        {
            parser.Fail(root, "expected the end of the file");
        }

        return root;
    }

    private static int EndOfUtf8(byte[] text)
    {
        if (Utf8.IsValid(text))
        {
            return text.Length;
        }

        int at = 0;
        while (Rune.DecodeFromUtf8(text.AsSpan(at), out _, out int length) == OperationStatus.Done)
        {
            at += length;
        }

        return at;
    }

    private JsonNode? Value(JsonNode? parent, string? name, int nameOffset, int index, int depth)
    {
        if (_failed)
        {
            return null;
        }

        byte c = Peek();
        switch (c)
        {
            case (byte)'{':
            case (byte)'[':
                JsonKind kind = c == '{' ? JsonKind.Object : JsonKind.Array;
                JsonNode container = new(_source, kind, _at, parent) { Name = name, NameOffset = nameOffset, Index = index };
                Container(container, depth + 1);
                return container;
            case (byte)'"':
                int start = _at;
                string? text = String(parent, name, index);
                return text is null ? null : new JsonNode(_source, JsonKind.String, start, parent) { Name = name, NameOffset = nameOffset, Index = index, Text = text };
            default:
                return Word(parent, name, nameOffset, index);
        }
    }

    private void Container(JsonNode container, int depth)
    {
        container.IsOpen = true;
        if (depth > MaxDepth)
        {
            Fail(container, $"nested more than {MaxDepth} deep", found: false);
            return;
        }

        bool isObject = container.Kind == JsonKind.Object;
        byte close = (byte)(isObject ? '}' : ']');
        Dictionary<string, JsonNode>? names = null;
        _at++;
        SkipSpace(container);
        while (!_failed && Peek() != close)
        {
            JsonNode? child = isObject ? Member(container, depth) : Value(container, null, 0, container.Children.Count, depth);
            if (child is not null)
            {
                AddChild(container, child, ref names);
            }

            SkipSpace(container);
            if (!_failed && Peek() != close)
            {
                if (Peek() != ',')
                {
                    Fail(container, isObject ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
                    return;
                }

                _at++;
                SkipSpace(container);
            }
        }

        if (!_failed)
        {
            _at++;
            container.IsOpen = false;
        }
    }

    private JsonNode? Member(JsonNode container, int depth)
    {
        int nameOffset = _at;
        if (Peek() != '"')
        {
            string remedy = Peek() == '\'' || IsWordByte(Peek()) ? "; names stand in double quotes" : "";
            Fail(container, "expected a name or \"}\"", remedy: remedy);
            return null;
        }

        string? name = String(container, null, 0);
        SkipSpace(container);
        if (_failed || name is null)
        {
            return null;
        }

        if (Peek() != ':')
        {
            Fail(container, $"expected \":\" behind {Shown.Quote(name)}");
            return null;
        }

        _at++;
        SkipSpace(container);
        return Value(container, name, nameOffset, 0, depth);
    }

    private void AddChild(JsonNode container, JsonNode child, ref Dictionary<string, JsonNode>? names)
    {
        if (child.Name is null)
        {
            container.Add(child);
            return;
        }

        JsonNode? first;
        if (names is null)
        {
            first = container.Member(child.Name);
            if (container.Children.Count >= MaxLinear)
            {
                names = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
                foreach (JsonNode member in container.Children)
                {
                    names[member.Name!] = member;
                }
            }
        }
        else
        {
            names.TryGetValue(child.Name, out first);
        }

        if (first is null)
        {
            container.Add(child);
            names?.Add(child.Name, child);
        }
        else
        {
            (int line, int column) = _source.Locate(first.NameOffset);
            _problems.ErrorAtName(child, $"duplicate key {Shown.Quote(child.Name)}: it stands already at line {line}, column {column}");
        }
    }

    private string? String(JsonNode? parent, string? name, int index)
    {
        string? text = _strings.Read(ref _at, out string? error);
        if (error is not null)
        {
            // At the end of what is UTF-8 the byte that is not is the better message.
            string path = name is not null && parent is not null ? parent.Path(name) : PathOf(parent, index);
            FailAt(_at, path, _at >= _end && _end < _text.Length ? InvalidUtf8() : error);
        }

        return text;
    }

    private JsonNode? Word(JsonNode? parent, string? name, int nameOffset, int index)
    {
        int start = _at;
        int end = start;
        while (end < _end && IsWordByte(_text[end]))
        {
            end++;
        }

        ReadOnlySpan<byte> word = _text.AsSpan(start, end - start);
        JsonKind kind = JsonWords.KindOf(word);
        if (kind == JsonKind.Faulty)
        {
            string path = name is not null && parent is not null ? parent.Path(name) : PathOf(parent, index);
            string message = word.IsEmpty ? "expected a value, found " + Found() : JsonWords.Complaint(word);
            FailAt(start, path, word.IsEmpty && start == _end && _end < _text.Length ? InvalidUtf8() : message);
            return null;
        }

        _at = end;
        string text = kind == JsonKind.Number ? Encoding.ASCII.GetString(word) : "";
        return new JsonNode(_source, kind, start, parent) { Name = name, NameOffset = nameOffset, Index = index, Text = text };
    }

    private void SkipSpace(JsonNode? container)
    {
        while (!_failed && _at < _end)
        {
            byte c = _text[_at];
            if (c is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                _at++;
            }
            else if (c == '/' && _at + 1 < _end && _text[_at + 1] == '/')
            {
                int length = _text.AsSpan(_at, _end - _at).IndexOf((byte)'\n');
                _at = length < 0 ? _end : _at + length;
            }
            else if (c == '/' && _at + 1 < _end && _text[_at + 1] == '*')
            {
                int length = _text.AsSpan(_at + 2, _end - _at - 2).IndexOf("*/"u8);
                if (length >= 0)
                {
                    _at += length + 4;
                }
                else if (_end == _text.Length)
                {
                    Fail(container, "a comment that begins here has no \"*/\"", found: false);
                }
                else
                {
                    _at = _end;
                }
            }
            else
            {
                return;
            }
        }
    }

    private byte Peek() => _at < _end ? _text[_at] : (byte)0;

    private static bool IsWordByte(byte c) => char.IsAsciiLetterOrDigit((char)c) || c is (byte)'+' or (byte)'-' or (byte)'.' or (byte)'_' or >= 0x80;

    private void Fail(JsonNode? container, string message, bool found = true, string remedy = "")
    {
        string path = container is null ? "$" : container.Path();
        message = found ? $"{message}, found {Found()}{remedy}" : message;
        FailAt(_at, path, _at == _end && _end < _text.Length ? InvalidUtf8() : message);
    }

    private void FailAt(int offset, string path, string message)
    {
        if (!_failed)
        {
            _failed = true;
            _problems.Syntax(_source, offset, path, message);
        }
    }

    private string Found()
    {
        if (_at >= _end)
        {
            return "the end of the file";
        }

        Rune.DecodeFromUtf8(_text.AsSpan(_at), out Rune rune, out _);
        return rune.Value == '"' ? "a string" : Shown.Quote(rune.ToString());
    }

    private string InvalidUtf8()
    {
        bool utf16 = _text.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || _text.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]);
        return utf16 ? "the file is UTF-16: save it as UTF-8" : $"byte 0x{_text[_end]:x2} is not UTF-8; a byte of a file name is written \\udc{_text[_end]:x2}";
    }

    private static string PathOf(JsonNode? parent, int index)
    {
        if (parent is null)
        {
            return "$";
        }

        return parent.Kind == JsonKind.Array ? $"{parent.Path()}[{index}]" : parent.Path();
    }
}

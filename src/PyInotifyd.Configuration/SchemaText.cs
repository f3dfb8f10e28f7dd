using System.Globalization;
using System.Text;

namespace PyInotifyd.Configuration;

/// <summary>Writes JSON with indents, a member at a time.</summary>
internal sealed class SchemaText
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isFirst = true;

    /// <summary>Returns what has been written, with a newline at its end.</summary>
    public override string ToString() => _text.ToString() + "\n";

    /// <summary>Begins an object, as a member where it has a name.</summary>
    public void Open(string? name = null) => Begin(name, '{');

    /// <summary>Begins a list, as a member where it has a name.</summary>
    public void OpenList(string? name = null) => Begin(name, '[');

    /// <summary>Ends an object.</summary>
    public void Close() => End('}');

    /// <summary>Ends a list.</summary>
    public void CloseList() => End(']');

    /// <summary>Writes a text, as a member where it has a name.</summary>
    public void Text(string? name, string value)
    {
        Next(name);
        Quote(value);
    }

    /// <summary>Writes a number, as a member.</summary>
    public void Number(string name, decimal value)
    {
        Next(name);
        _text.Append(value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Writes a truth, as a member.</summary>
    public void Truth(string name, bool value)
    {
        Next(name);
        _text.Append(value ? "true" : "false");
    }

    private void Begin(string? name, char bracket)
    {
        Next(name);
        _text.Append(bracket);
        _depth++;
        _isFirst = true;
    }

    private void End(char bracket)
    {
        _depth--;
        if (!_isFirst)
        {
            _text.Append('\n').Append(' ', 2 * _depth);
        }

        _text.Append(bracket);
        _isFirst = false;
    }

    private void Next(string? name)
    {
        if (!_isFirst)
        {
            _text.Append(',');
        }

        if (_depth != 0)
        {
            _text.Append('\n').Append(' ', 2 * _depth);
        }

        _isFirst = false;
        if (name is not null)
        {
            Quote(name);
            _text.Append(": ");
        }
    }

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (char c in value)
        {
            _text.Append(c is '"' or '\\' ? "\\" : "").Append(c);
        }

        _text.Append('"');
    }
}

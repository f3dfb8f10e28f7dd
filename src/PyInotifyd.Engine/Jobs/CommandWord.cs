using System.Text;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Records one placeholder that was met, for warnings about the command it stands in.</summary>
internal sealed class PlaceholderUse
{
    public PlaceholderUse(Placeholder placeholder, int position, int argument)
    {
        Placeholder = placeholder;
        Position = position;
        Argument = argument;
    }

    public Placeholder Placeholder { get; }

    /// <summary>Gets the place in code points.</summary>
    public int Position { get; }

    /// <summary>Gets the index of the argument; -1 for a shell command.</summary>
    public int Argument { get; }

    /// <summary>Gets or sets whether the user has been warned of it: a substitution belongs to two commands.</summary>
    public bool IsWarned { get; set; }
}

/// <summary>Collects what is known of one word of a command: its text after quote removal, and the placeholders in it.</summary>
internal sealed class CommandWord
{
    /// <summary>Stands in <see cref="Text"/> where a placeholder was.</summary>
    public const char PlaceholderMark = '\ufffe';

    /// <summary>Stands in <see cref="Text"/> where the shell expands something.</summary>
    public const char ExpansionMark = '\uffff';

    private readonly StringBuilder _text = new();
    private bool _hasOther;
    private bool _hasPlaceholder;

    /// <summary>Makes a word; one that is not an argument never counts as beginning with a value.</summary>
    public CommandWord(bool isArgument, int firstUse, int start = 0)
    {
        Start = start;
        _hasOther = !isArgument;
        FirstUse = firstUse;
    }

    /// <summary>Gets where the word begins, as an index into the command.</summary>
    public int Start { get; }

    /// <summary>Gets the text with the quotes taken off and marks for what is not known yet.</summary>
    public string Text => _text.ToString();

    /// <summary>Gets or sets whether any part of the word is quoted, so that it cannot be a reserved word.</summary>
    public bool IsQuoted { get; set; }

    /// <summary>Gets the index of the first placeholder use within the word.</summary>
    public int FirstUse { get; }

    /// <summary>Gets or sets the index behind the last placeholder use within the word, those in substitutions included.</summary>
    public int EndUse { get; set; }

    /// <summary>Gets whether nothing has been added yet.</summary>
    public bool IsAtStart => !_hasOther && !_hasPlaceholder;

    public void Append(char c)
    {
        _text.Append(c);
        _hasOther = true;
    }

    public void AppendExpansion() => Append(ExpansionMark);

    /// <summary>Adds a placeholder and says whether its value begins the argument.</summary>
    public ValueStart AppendPlaceholder()
    {
        ValueStart start = _hasOther ? ValueStart.Inside : _hasPlaceholder ? ValueStart.AfterValues : ValueStart.First;
        _text.Append(PlaceholderMark);
        _hasPlaceholder = true;
        return start;
    }
}

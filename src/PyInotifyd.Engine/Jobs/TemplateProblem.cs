namespace PyInotifyd.Engine.Jobs;

/// <summary>Says what is wrong, or risky, in a command of the configuration, where, and what to write instead.</summary>
public readonly struct TemplateProblem
{
    /// <summary>Makes a problem.</summary>
    public TemplateProblem(bool isWarning, string message, int position, int argument)
    {
        IsWarning = isWarning;
        Message = message;
        Position = position;
        Argument = argument;
    }

    /// <summary>Gets whether the command may be used all the same.</summary>
    public bool IsWarning { get; }

    /// <summary>Gets the text for the user, one line.</summary>
    public string Message { get; }

    /// <summary>Gets the place in the command or argument.</summary>
    /// <remarks>Units: code points from 0; an escaped byte (U+DC80 to U+DCFF) counts as one.</remarks>
    public int Position { get; }

    /// <summary>Gets the index of the argument in <c>argv</c>; -1 for a shell command.</summary>
    public int Argument { get; }

    /// <summary>Returns the message with its place.</summary>
    public override string ToString() =>
        Argument < 0 ? $"character {Position}: {Message}" : $"argument {Argument}, character {Position}: {Message}";
}

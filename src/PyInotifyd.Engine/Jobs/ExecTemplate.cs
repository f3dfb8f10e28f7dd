using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Makes argument vectors from an <c>argv</c> with placeholders; no shell reads them.</summary>
/// <remarks>
/// Each element stays one argument whatever the values are. Placeholders may stand anywhere, also in the program's name (with a warning: then the
/// name of a file decides what runs). <c>${pathname}</c> is a dollar sign and the value: nothing expands variables here.
/// Threads: immutable after parsing.
/// </remarks>
public sealed class ExecTemplate
{
    private readonly TemplatePart[][] _parts;
    private readonly byte[][] _tails;

    private ExecTemplate(TemplatePart[][] parts, byte[][] tails)
    {
        _parts = parts;
        _tails = tails;
    }

    /// <summary>Gets the number of arguments, the program's name included.</summary>
    public int ArgumentCount => _tails.Length;

    /// <summary>Reads <paramref name="arguments"/> and adds every error and warning to <paramref name="problems"/>; false when there is an error.</summary>
    /// <remarks>
    /// Shape: text as for <see cref="CommandTemplate.TryParse"/>.
    /// Errors: no arguments, an empty program name, NUL, a surrogate that stands for nothing.
    /// Warnings: as for a shell command, and a placeholder in the program's name.
    /// </remarks>
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out ExecTemplate? template, List<TemplateProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(problems);
        template = null;
        if (arguments.Count == 0 || arguments[0].Length == 0)
        {
            problems.Add(new TemplateProblem(false, "no program to run: the first element must name it", 0, 0));
            return false;
        }

        int errorsBefore = TemplateText.CountErrors(problems);
        var parts = new TemplatePart[arguments.Count][];
        var tails = new byte[arguments.Count][];
        var words = new List<CommandWord>(arguments.Count);
        var uses = new List<PlaceholderUse>();
        for (int i = 0; i < arguments.Count; i++)
        {
            if (TemplateText.Check(arguments[i], i, problems))
            {
                parts[i] = ParseArgument(arguments[i], i, words, uses, out tails[i]);
            }
        }

        if (TemplateText.CountErrors(problems) != errorsBefore)
        {
            return false;
        }

        if (words[0].EndUse > words[0].FirstUse)
        {
            PlaceholderUse use = uses[words[0].FirstUse];
            problems.Add(new TemplateProblem(
                true, $"{PlaceholderNames.Text(use.Placeholder)} decides which program runs: name the program, and give the path as an argument", use.Position, 0));
        }

        InterpreterCheck.Check(words, uses, problems);
        template = new ExecTemplate(parts, tails);
        return true;
    }

    /// <summary>Appends all arguments for <paramref name="values"/> to <paramref name="output"/>, each followed by one NUL.</summary>
    /// <remarks>
    /// Shape: exactly <see cref="ArgumentCount"/> NULs.
    /// Errors: none; values must not contain NUL.
    /// Cost: one pass over text and values, no allocation once the output has grown.
    /// </remarks>
    public void Expand(in PlaceholderValues values, ArrayBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        for (int i = 0; i < _tails.Length; i++)
        {
            bool atStart = false;
            foreach (ref readonly TemplatePart part in _parts[i].AsSpan())
            {
                part.Append(values, output, ref atStart);
            }

            output.Write(_tails[i]);
            output.Write("\0"u8);
        }
    }

    private static TemplatePart[] ParseArgument(
        string text, int argument, List<CommandWord> words, List<PlaceholderUse> uses, out byte[] tail)
    {
        var parts = new List<TemplatePart>();
        var word = new CommandWord(isArgument: true, uses.Count);
        int literalStart = 0;
        int index = 0;
        while (index < text.Length)
        {
            if (PlaceholderNames.TryMatch(text.AsSpan(index), out Placeholder placeholder))
            {
                parts.Add(new TemplatePart(
                    TemplateText.Encode(text.AsSpan(literalStart, index - literalStart)), placeholder, ValueQuoting.None, word.AppendPlaceholder()));
                uses.Add(new PlaceholderUse(placeholder, TemplateText.PositionOf(text, index), argument));
                index += PlaceholderNames.Text(placeholder).Length;
                literalStart = index;
            }
            else
            {
                word.Append(text[index++]);
            }
        }

        tail = TemplateText.Encode(text.AsSpan(literalStart));
        word.EndUse = uses.Count;
        words.Add(word);
        return parts.ToArray();
    }
}

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.Engine.Jobs;

/// <summary>Makes command lines for <c>/bin/sh -c</c> from a command with placeholders, so that no value can change the command.</summary>
/// <remarks>
/// The command is read once, when the configuration is loaded, the way a shell reads it (<see cref="ShellScanner"/>), which tells for each
/// placeholder what surrounds it. A run then copies fixed text and quoted values one after the other: values are never looked at for
/// placeholders or quotes of the command.
///
/// Invariants: every placeholder stands where POSIX says that single quotes quote, in all of dash, busybox ash and bash; where that is not so,
/// or where these shells disagree about which quote closes which, there is an error with what to write instead. Such places are comments (a
/// newline in a value ends them), backquotes (their text is unescaped once more before it is read), here-documents (quotes are text there),
/// arithmetic (bash evaluates subscripts, commands included), <c>$'…'</c>, the word of <c>"${x-…}"</c>, behind a backslash, and <c>${pathname}</c>, which
/// is the shell's own variable and would expand to nothing: both what it says and what was meant are easy to write in another way.
///
/// Tried and rejected: escaping inside double quotes (<c>$x{name}</c> would turn into another variable, and multi-byte locales know backslashes
/// that are half a character); passing values in the environment only (exact, but a command in single quotes for another program would see the
/// variable's name); telling contexts by a list of characters without a parser (<c>case x in a) …</c> inside <c>$(…)</c>, comments with quotes).
/// Threads: immutable after parsing.
/// </remarks>
public sealed class CommandTemplate
{
    private readonly TemplatePart[] _parts;
    private readonly byte[] _tail;

    internal CommandTemplate(string source, TemplatePart[] parts, byte[] tail)
    {
        Source = source;
        _parts = parts;
        _tail = tail;
    }

    /// <summary>Gets the command as configured.</summary>
    public string Source { get; }

    /// <summary>Reads <paramref name="command"/> and adds every error and warning to <paramref name="problems"/>; false when there is an error.</summary>
    /// <remarks>
    /// Shape: text as <see cref="SurrogateEscape"/> decodes it, U+DC80 to U+DCFF for bytes that are not UTF-8.
    /// Errors: all of one command at once: unclosed quotes and brackets, places that cannot be made safe, NUL, a surrogate that stands for nothing.
    /// Warnings: a placeholder that another interpreter reads as code (<c>sh -c '…'</c>, <c>ssh</c>, <c>eval</c>, <c>awk</c> and so on).
    /// </remarks>
    public static bool TryParse(string command, [NotNullWhen(true)] out CommandTemplate? template, List<TemplateProblem> problems)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(problems);
        template = null;
        int errorsBefore = TemplateText.CountErrors(problems);
        if (TemplateText.Check(command, argument: -1, problems))
        {
            if (command.AsSpan().Trim(" \t\n").IsEmpty)
            {
                problems.Add(new TemplateProblem(false, "the command is empty: write what /bin/sh is to run", 0, -1));
            }
            else
            {
                var scanner = new ShellScanner(command, problems);
                scanner.Scan();
                if (TemplateText.CountErrors(problems) == errorsBefore)
                {
                    template = new CommandTemplate(command, scanner.TakeParts(out byte[] tail), tail);
                }
            }
        }

        return template is not null;
    }

    /// <summary>Appends the command line for <paramref name="values"/> to <paramref name="output"/>, without a final NUL.</summary>
    /// <remarks>
    /// Errors: none; values must not contain NUL.
    /// Cost: one pass over text and values, no allocation once the output has grown.
    /// </remarks>
    public void Expand(in PlaceholderValues values, ArrayBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        bool atStart = false;
        foreach (ref readonly TemplatePart part in _parts.AsSpan())
        {
            part.Append(values, output, ref atStart);
        }

        output.Write(_tail);
    }
}

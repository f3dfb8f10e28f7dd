using System;
using System.Collections.Generic;
using System.Text;

namespace PyInotifyd.Engine.Jobs;

// Here-documents.
internal sealed partial class ShellScanner
{
    private const string InHereDocument =
        "in a here-document, where quotes are text: write printf '%s\\n' with the placeholder, or the variable $PYINOTIFYD_… if the delimiter is not quoted";

    private readonly record struct HereDocument(int Open, string Delimiter, bool IsQuoted, bool StripsTabs);

    /// <summary>Reads the delimiter behind <c>&lt;&lt;</c> or <c>&lt;&lt;-</c>.</summary>
    private HereDocument ScanDelimiter(int open, bool stripsTabs)
    {
        while (Peek() is ' ' or '\t')
        {
            _index++;
        }

        int start = _index;
        string? outer = _forbidden;
        _forbidden ??= InHereDocument;
        CommandWord word = ScanWord(isArgument: false);
        _forbidden = outer;
        if (_text.AsSpan(start, _index - start).ContainsAny('$', '`'))
        {
            Ambiguous(start, "a delimiter with $ or a backquote is read differently by different shells: use letters");
        }

        return new HereDocument(open, word.Text, word.IsQuoted, stripsTabs);
    }

    /// <summary>Reads the bodies that begin at the index, behind a newline.</summary>
    private void ScanBodies(List<HereDocument> documents)
    {
        foreach (HereDocument document in documents)
        {
            ScanBody(document);
        }

        documents.Clear();
    }

    private void ScanBody(HereDocument document)
    {
        int bodyStart = _index;
        int joinedStart = _index;
        while (_index < _end)
        {
            int length = _text.AsSpan(_index, _end - _index).IndexOf('\n');
            int lineEnd = length < 0 ? _end : _index + length;
            int next = length < 0 ? _end : lineEnd + 1;
            bool isJoined = joinedStart != _index;
            bool isDelimiter = IsDelimiter(document, _text[_index..lineEnd]);
            if (isDelimiter && !isJoined)
            {
                CheckBody(document, bodyStart, _index);
                _index = next;
                return;
            }

            if (isDelimiter || (isJoined && IsDelimiter(document, _text[joinedStart..lineEnd].Replace("\\\n", string.Empty, StringComparison.Ordinal))))
            {
                Ambiguous(_index, "a delimiter behind a continued line ends the here-document for some shells only: leave the backslash out");
            }

            bool isContinued = !document.IsQuoted && length >= 0 && EndsWithOddBackslashes(_text.AsSpan(_index, length));
            joinedStart = isContinued ? joinedStart : next;
            _index = next;
        }

        CheckBody(document, bodyStart, _end);
        Error(document.Open, $"the here-document that begins here has no end: add a line with nothing but {document.Delimiter}");
    }

    private static bool IsDelimiter(HereDocument document, string line) =>
        (document.StripsTabs ? line.TrimStart('\t') : line).Equals(document.Delimiter, StringComparison.Ordinal);

    private static bool EndsWithOddBackslashes(ReadOnlySpan<char> line) => (line.Length - line.TrimEnd('\\').Length) % 2 == 1;

    /// <summary>Reports placeholders in a body, and substitutions that do not end in it: some shells would look for the delimiter behind them.</summary>
    private void CheckBody(HereDocument document, int start, int end)
    {
        (int index, int outerEnd, string? outerForbidden) = (_index, _end, _forbidden);
        (_index, _end) = (start, end);
        _forbidden ??= InHereDocument;
        var word = new CommandWord(isArgument: false, _uses.Count);
        while (_index < _end)
        {
            int c = document.IsQuoted ? _text[_index] : Peek();
            if (c == End)
            {
                break;
            }

            if (!document.IsQuoted)
            {
                ScanDoubleQuoted(word, (char)c);
            }
            else if (!TryPlaceholder(word, ValueQuoting.Bare))
            {
                _index++;
            }
        }

        (_index, _end, _forbidden) = (index, outerEnd, outerForbidden);
    }
}

using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.EndToEndTests.Explain;

/// <summary>What python3 says of CPython's own table of regular expressions, each pattern on each path.</summary>
/// <remarks>
/// The rows come from the package libpython3.11-testsuite of the machine; nothing of them is in this repository. A pattern is tried as it stands and behind a slash, since paths begin with one; the paths
/// are the subjects of the table with a slash before them, as far as a path can hold them.
/// </remarks>
internal sealed class PythonTruth
{
    private const string Script = """
        import json, os, re, signal, sys, warnings
        warnings.simplefilter('ignore')
        if sys.version_info[:2] != (3, 11):
            sys.exit('python3 is %d.%d, the reference is 3.11' % sys.version_info[:2])
        from test.re_tests import tests
        patterns, paths = [], []
        for row in tests:
            if not isinstance(row[0], str):
                continue
            for pattern in (row[0], '/(?:' + row[0] + ')'):
                if pattern and pattern not in patterns and '\0' not in pattern:
                    patterns.append(pattern)
            path = os.path.normpath('/' + row[1].replace('\0', '0').lstrip('/'))
            if path not in paths:
                paths.append(path)
        class Late(BaseException): pass
        def late(*_): raise Late()
        signal.signal(signal.SIGVTALRM, late)
        good, bad = [], []
        for pattern in patterns:
            try:
                good.append((pattern, re.compile(pattern)))
            except Exception:
                bad.append(pattern)
        answers = []
        for path in paths:
            row = []
            for pattern, compiled in good:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)
                try:
                    m = compiled.match(path)
                    row.append(m and [list(m.groups()), m.groupdict(), os.path.normpath(compiled.sub(r'/d/<\g<0>>', path))])
                except Late:
                    row.append('late')
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            answers.append(row)
        json.dump({'good': [p for p, _ in good], 'bad': bad, 'paths': paths, 'answers': answers}, sys.stdout)
        """;

    private PythonTruth(JsonElement root)
    {
        Good = Texts(root.GetProperty("good"));
        Bad = Texts(root.GetProperty("bad"));
        Paths = Texts(root.GetProperty("paths"));
        Answers = root.GetProperty("answers");
    }

    /// <summary>Patterns that Python takes.</summary>
    public string[] Good { get; }

    /// <summary>Patterns that it does not.</summary>
    public string[] Bad { get; }

    /// <summary>Absolute paths.</summary>
    public string[] Paths { get; }

    /// <summary>For each path and each good pattern null, or the groups, the groups with names, and where <c>/d/&lt;\g&lt;0&gt;&gt;</c> leads.</summary>
    public JsonElement Answers { get; }

    public static PythonTruth Ask()
    {
        CommandResult result = CommandResult.Of("python3", ["-c", Script], TimeSpan.FromMinutes(2));
        Assert.True(result.ExitStatus == 0, "python3 3.11 with its test package (Debian: libpython3.11-testsuite) is needed: " + result.Error);
        return new PythonTruth(JsonDocument.Parse(result.Output).RootElement);
    }

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(static item => item.GetString()!)];
}

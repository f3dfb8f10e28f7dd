using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using PyInotifyd.Engine.Paths;

namespace PyInotifyd.PropertyTests.Paths;

/// <summary>The reference: one python3 that answers questions about its <c>re</c>, a JSON line each.</summary>
/// <remarks>Texts travel as lists of code points and subjects as hexadecimal bytes, because JSON of either side refuses lone surrogates.</remarks>
internal sealed class PythonRe : IDisposable
{
    private const string Script = """
        import sys, re, os, json, signal, warnings
        warnings.simplefilter('ignore')
        sys.setrecursionlimit(5000)
        class Late(BaseException): pass
        def late(*_): raise Late()
        signal.signal(signal.SIGVTALRM, late)
        def shown(s): return s.encode('utf-8', 'replace').decode()
        def text(points): return ''.join(map(chr, points))
        def spans(m, s):
            at = lambda i: len(os.fsencode(s[:i]))
            return [[-1, -1] if m.start(g) < 0 else [at(m.start(g)), at(m.end(g))] for g in range(m.re.groups + 1)]
        def answer(q):
            try:
                p = re.compile(text(q['p']))
            except re.error as e:
                return {'error': shown(e.msg), 'position': -1 if e.pos is None else e.pos}
            except (OverflowError, ValueError) as e:
                return {'error': str(e), 'position': -1}
            out = {'names': dict(p.groupindex), 'results': []}
            if q['t'] is not None:
                try:
                    t = text(q['t'])
                    re._parser.parse_template(t, p)
                    os.fsencode(t)
                except re.error as e:
                    out['templateError'] = shown(e.msg)
                    out['templatePosition'] = e.pos
                except IndexError as e:
                    out['templateError'] = shown(str(e.args[0]))
                    out['templatePosition'] = -1
                except UnicodeEncodeError:
                    pass
            for h in q['s']:
                s = os.fsdecode(bytes.fromhex(h))
                r = {}
                try:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0.25)
                    m = p.match(s)
                    r['match'] = spans(m, s) if m else None
                    m = p.search(s)
                    r['search'] = spans(m, s) if m else None
                    if q['t'] is not None and 'templateError' not in out:
                        r['sub'] = os.fsencode(p.sub(t, s)).hex()
                except (Late, SystemError, UnicodeEncodeError) as e:
                    r = {'none': type(e).__name__}
                finally:
                    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
                out['results'].append(r)
            return out
        def properties(_):
            import _sre
            bits, lower = [], []
            for c in range(0x110000):
                s = chr(c)
                bits.append((s.isalnum() or s == '_') | s.isdecimal() << 1 | s.isspace() << 2 | s.isidentifier() << 3 | ('a' + s).isidentifier() << 4
                            | _sre.unicode_iscased(c) << 5)
                lower.append(_sre.unicode_tolower(c))
            return {'bits': bits, 'lower': lower}
        def table(_):
            try:
                from test.re_tests import tests
            except ImportError:
                return {'rows': []}
            return {'rows': [[[ord(c) for c in t[0]], os.fsencode(t[1]).hex()] for t in tests if isinstance(t[0], str)]}
        def version(_): return {'version': list(sys.version_info[:3])}
        kinds = {'ask': answer, 'properties': properties, 'table': table, 'version': version}
        for line in sys.stdin:
            q = json.loads(line)
            print(json.dumps(kinds[q['kind']](q)), flush=True)
        """;

    private readonly Process _process;

    private PythonRe(Process process)
    {
        _process = process;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Starts python3.</summary>
    /// <remarks>Errors: none there, or not 3.11, from which other versions differ where it is tested that we do not → InvalidOperationException.</remarks>
    internal static PythonRe Start()
    {
        ProcessStartInfo start = new("python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        PythonRe python;
        try
        {
            python = new PythonRe(Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new InvalidOperationException("python3 3.11 is needed as the reference: " + error.Message);
        }

        JsonElement version = python.Ask("""{"kind":"version"}""").GetProperty("version");
        if (version[0].GetInt32() == 3 && version[1].GetInt32() == 11)
        {
            return python;
        }

        python.Dispose();
        throw new InvalidOperationException($"python3 3.11 is needed as the reference, found {version}");
    }

    internal JsonElement Ask(string question)
    {
        _process.StandardInput.WriteLine(question);
        _process.StandardInput.Flush();
        string? line = _process.StandardOutput.ReadLine();
        return line is null ? throw new InvalidOperationException("python3 ended at: " + question) : JsonDocument.Parse(line).RootElement;
    }

    internal JsonElement Ask(string pattern, string? template, IReadOnlyList<byte[]> subjects)
    {
        StringBuilder question = new("{\"kind\":\"ask\",\"p\":");
        AppendPoints(question, pattern);
        question.Append(",\"t\":");
        if (template is null)
        {
            question.Append("null");
        }
        else
        {
            AppendPoints(question, template);
        }

        question.Append(",\"s\":[");
        for (int i = 0; i < subjects.Count; i++)
        {
            question.Append(i > 0 ? ",\"" : "\"").Append(Convert.ToHexString(subjects[i])).Append('"');
        }

        return Ask(question.Append("]}").ToString());
    }

    private static void AppendPoints(StringBuilder output, string text)
    {
        output.Append('[');
        int[] points = PathCodePoints.FromString(text);
        for (int i = 0; i < points.Length; i++)
        {
            output.Append(i > 0 ? "," : "").Append(points[i]);
        }

        output.Append(']');
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace PyInotifyd.EndToEndTests.Events;

/// <summary>One case of the table: what is there before, what is done, and the events that it gives.</summary>
internal sealed class EventCase
{
    private const string FileName = "EventCases.txt";

    private EventCase(string header)
    {
        string[] words = header.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Name = words[1];
        Options = words[2..];
    }

    /// <summary>The name, unique in the table.</summary>
    public string Name { get; }

    /// <summary>The words after the name.</summary>
    public string[] Options { get; }

    /// <summary>Operations before the daemon starts.</summary>
    public List<string> Preparation { get; } = [];

    /// <summary>The operations, each with the events that it gives.</summary>
    public List<(string Operation, List<string> Events)> Steps { get; } = [];

    /// <summary>What a daemon reports that was stopped meanwhile; null: what the steps say.</summary>
    public List<string>? Stopped { get; private set; }

    /// <summary>Whether the order of the events is the directory's own.</summary>
    public bool LiveIsSorted { get; private set; }

    /// <summary>Whether the order of the events of the stopped daemon is the directory's own.</summary>
    public bool StoppedIsSorted { get; private set; }

    /// <summary>Whether a running daemon may see it in more than one way.</summary>
    public bool SkipsLive { get; private set; }

    /// <summary>The events of all steps; equal neighbours are one, since the kernel's queue folds them.</summary>
    public List<string> Folded
    {
        get
        {
            List<string> all = [.. Steps.SelectMany(step => step.Events)];
            return [.. all.Where((line, i) => i == 0 || line != all[i - 1])];
        }
    }

    /// <summary>Returns all cases of the table.</summary>
    public static List<EventCase> All()
    {
        List<EventCase> cases = [];
        List<string>? events = null;
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, FileName)))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            string rest = line.Length > 2 ? line[2..] : "";
            switch (line[0])
            {
                case '=':
                    cases.Add(new EventCase(line));
                    break;
                case '+':
                    cases[^1].Preparation.Add(rest);
                    break;
                case '$':
                    cases[^1].Steps.Add((rest, events = []));
                    break;
                case ' ':
                    events!.Add(rest);
                    break;
                default:
                    events = cases[^1].Directive(line);
                    break;
            }
        }

        return cases;
    }

    private List<string>? Directive(string line)
    {
        switch (line)
        {
            case "live: skip":
                SkipsLive = true;
                return null;
            case "live: sorted":
                LiveIsSorted = true;
                return null;
            case "stopped:":
                return Stopped = [];
            case "stopped: sorted":
                StoppedIsSorted = true;

                // Lines may follow; without any the steps' count.
                return Stopped = [];
            default:
                throw new InvalidDataException($"{FileName}: '{line}'");
        }
    }
}

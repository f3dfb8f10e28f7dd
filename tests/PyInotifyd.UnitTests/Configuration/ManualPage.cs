using System;
using System.Globalization;
using System.Linq;
using System.Text;
using PyInotifyd.Configuration.Keys;

namespace PyInotifyd.UnitTests.Configuration;

/// <summary>Makes pyinotifyd.json(5) out of the table of keys, so that it cannot say anything else than the program does.</summary>
/// <remarks>Source: mdoc(7). Lines of at most 80 bytes and sentences that begin on a line of their own, as mandoc -Tlint wants them.</remarks>
internal sealed class ManualPage
{
    private const int MostBytes = 80;

    private readonly StringBuilder _text = new();

    /// <summary>Returns the page.</summary>
    /// <param name="example">A configuration that stands in it.</param>
    public static string Make(string example)
    {
        ManualPage page = new();
        page.Raw(Head);
        page.Section("the file itself", KeyTable.Root, null);
        page.Section("logging (logging)", KeyTable.Logging, "What is logged to standard error, and where else.");
        page.Section("syslog servers (logging.syslog)", KeyTable.Syslog, "A syslog server.");
        page.Section("schedulers: keys of all types", KeyTable.FileManager, "The key type says which keys there are besides these.", but: [KeyTable.FileManager.Find("rules")!]);
        page.Section("schedulers of type shell", KeyTable.Shell, null, but: Common, hint: "Process options too.");
        page.Section("schedulers of type exec", KeyTable.Exec, null, but: Common, hint: "Process options too.");
        page.Section("schedulers of type filemanager", KeyTable.FileManager, null, but: Common);
        page.Section("rules of the file manager", KeyTable.Rule, "The first rule whose src_re matches is executed; a path that none matches schedules nothing.");
        page.Section("schedulers of type task", KeyTable.Task, null, but: Common);
        page.Section("batches (batch)", KeyTable.Batch, "For the types shell, exec and task.");
        page.Section("process options", KeyTable.Worker, "For schedulers of the types shell and exec, for workers and for defaults.", but: [KeyTable.Worker.Find("command")!]);
        page.Section("workers", KeyTable.Worker, null, but: [.. KeyTable.Worker.Keys.ToArray().Where(key => key.Name != "command")], hint: "Process options too.");
        page.Section(
            "event maps",
            KeyTable.EventMap,
            "An event does nothing (null), schedules a task (the name of a scheduler), cancels one ({\"cancel\": name}), or does several of these in order (a list).");
        page.Section("watches", KeyTable.Watch, "Either event_map or default_sched must be given.");
        page.Raw(".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/pyinotifyd/config.json\nThe default configuration.\n.El\n.Sh EXAMPLES\n.Bd -literal\n");
        foreach (string line in example.TrimEnd('\n').Split('\n'))
        {
            page.Raw((line.StartsWith('.') ? "\\&" : "") + Escape(line) + "\n");
        }

        page.Raw(".Ed\n.Sh SEE ALSO\n.Xr inotify 7 ,\n.Xr pyinotifyd 8\n");
        return page._text.ToString();
    }

    private static ConfigKey[] Common =>
        [.. KeyTable.Defaults.Keys.ToArray(), KeyTable.Shell.Find("type")!];

    private const string Head = """
        .\" Made from the table of keys by tests/PyInotifyd.UnitTests/Configuration/ManualPage.cs:
        .\" PYINOTIFYD_UPDATE=1 scripts/test unit --filter ManualPage
        .Dd November 22, 2026
        .Dt PYINOTIFYD.JSON 5
        .Os
        .Sh NAME
        .Nm pyinotifyd.json
        .Nd configuration of pyinotifyd
        .Sh DESCRIPTION
        The configuration of
        .Xr pyinotifyd 8
        is one JSON object, in UTF-8.
        Comments
        .Pq // and /* */
        and a comma after the last member are allowed.
        A key that is not listed here is an error, and so is one that is given twice.
        .Ic pyinotifyd -t
        reports all errors at once;
        .Ic pyinotifyd schema
        prints a JSON Schema for editors.
        .Pp
        A
        .Em duration
        is a number of seconds, or a text with a unit:
        .Qq 250ms ,
        .Qq 1.5s ,
        .Qq 10m ,
        .Qq 2h ,
        .Qq 1d .
        A
        .Em mode
        is a text of octal digits, such as
        .Qq 0644 .
        A
        .Em user
        or
        .Em group
        is a name or a number.
        A
        .Em regular expression
        has the syntax of Python's re module and is matched at the start of the path.
        .Pp
        The placeholders
        .Brq maskname ,
        .Brq pathname ,
        .Brq src_pathname ,
        .Brq name ,
        .Brq dirname ,
        .Brq watch
        and
        .Brq task_id
        are replaced in command lines and arguments; in a command line each is quoted
        for the place where it stands.
        Every process has the same in the environment as
        .Ev PYINOTIFYD_MASKNAME ,
        .Ev PYINOTIFYD_PATHNAME ,
        .Ev PYINOTIFYD_SRC_PATHNAME ,
        .Ev PYINOTIFYD_WATCH
        and
        .Ev PYINOTIFYD_TASK_ID .

        """;

    private static string Escape(string text) => text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("…", "...", StringComparison.Ordinal);

    private void Section(string title, KeyGroup group, string? about, ConfigKey[]? but = null, string? hint = null)
    {
        Raw(".Ss " + char.ToUpperInvariant(title[0]) + title[1..] + "\n");
        if (about is not null)
        {
            Sentences(about);
        }

        Raw(".Bl -tag -width Ds\n");
        foreach (ConfigKey key in group.Keys)
        {
            if (but is null || !but.Contains(key))
            {
                Raw(".It Ic " + key.Name + (key.Alias is null ? "" : " , " + key.Alias) + "\n");
                KeyText(key);
            }
        }

        Raw(".El\n");
        if (hint is not null)
        {
            Sentences(hint);
        }
    }

    private void KeyText(ConfigKey key)
    {
        string type = TypeOf(key) + (key.Nullable ? " or null" : "");
        string rest = key.Required ? "required" : DefaultOf(key) is { } value ? "default " + value : "";
        if (key.Type != ConfigType.Actions)
        {
            Sentences(char.ToUpperInvariant(type[0]) + type[1..] + (rest.Length == 0 ? "." : ", " + rest + "."));
        }

        Sentences(key.Doc + (key.Supported ? "" : " Not supported yet."));
        if (key.Type is ConfigType.Choice)
        {
            Raw(".Bl -tag -width Ds -compact\n");
            foreach (ConfigChoice choice in key.Choices)
            {
                Raw(".It Qq " + choice.Name + "\n");
                Sentences(choice.Doc + (choice.Supported ? "" : " Not supported yet."));
            }

            Raw(".El\n");
        }
    }

    private static string TypeOf(ConfigKey key) => key.Type switch
    {
        ConfigType.Boolean => "true or false",
        ConfigType.Integer => "a number from " + key.Min.ToString(CultureInfo.InvariantCulture) + " to " + key.Max.ToString(CultureInfo.InvariantCulture),
        ConfigType.Duration => "a duration",
        ConfigType.Mode => "a mode",
        ConfigType.Choice => "one of the texts below" + (key.AnyCase ? ", in any case" : ""),
        ConfigType.Text => "a text",
        ConfigType.Path => "an absolute path",
        ConfigType.Identity => key.Name.Contains("group", StringComparison.Ordinal) ? "a group" : "a user",
        ConfigType.Pattern => "a regular expression",
        ConfigType.SchedulerName => "the name of a scheduler",
        ConfigType.WorkerName => "the name of a worker",
        ConfigType.TextList => "a list of texts",
        ConfigType.PatternList => "a list of regular expressions",
        ConfigType.PatternListOrFile => "a list of regular expressions, or the name of a file with one a line",
        ConfigType.PathOrList => "an absolute path or a list of them",
        ConfigType.TextMap => "an object of texts or null by name",
        ConfigType.ChoiceMap => "an object of " + string.Join(", ", key.Choices.Select(choice => choice.Name)) + " by name",
        ConfigType.EventMapOrName => "a name or an object",
        ConfigType.Object => "an object",
        ConfigType.ObjectList => "a list of objects",
        ConfigType.ObjectMap => "objects by name",
        _ => "an action",
    };

    private static string? DefaultOf(ConfigKey key) => !key.HasDefault ? null : key.Type switch
    {
        ConfigType.Boolean => key.DefaultNumber != 0 ? "true" : "false",
        ConfigType.Integer => key.DefaultNumber.ToString(CultureInfo.InvariantCulture),
        ConfigType.Duration => (key.DefaultNumber / 1000m).ToString(CultureInfo.InvariantCulture) + " s",
        ConfigType.Mode => "\"0" + Convert.ToString(key.DefaultNumber, 8) + "\"",
        ConfigType.Choice => "\"" + key.Choices[key.DefaultNumber].Name + "\"",
        _ => "\"" + key.DefaultText + "\"",
    };

    private void Sentences(string text)
    {
        // A sentence ends where a capital letter follows; "/dev/null." and the like begin with none.
        StringBuilder line = new();
        foreach (string word in Escape(text).Split(' '))
        {
            bool ends = line.Length > 0 && line[^1] == '.' && char.IsUpper(word[0]);
            if (line.Length > 0 && (ends || Encoding.UTF8.GetByteCount(line + " " + word) > MostBytes))
            {
                Line(line);
            }

            line.Append(line.Length == 0 ? "" : " ").Append(word);
        }

        Line(line);
    }

    private void Line(StringBuilder line)
    {
        Raw((line[0] is '.' or '\'' ? "\\&" : "") + line + "\n");
        line.Clear();
    }

    private void Raw(string text) => _text.Append(text);
}

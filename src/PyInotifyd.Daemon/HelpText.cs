namespace PyInotifyd.Daemon;

/// <summary>What <c>-h</c> prints.</summary>
internal static class HelpText
{
    /// <summary>The text, newline included.</summary>
    public const string Text =
        """
        Usage: pyinotifyd [-c FILE] [-d] [--insecure]
               pyinotifyd -t [-c FILE] | -l | -v | -h | -i | -u
               pyinotifyd monitor [-r] [-e IN_X]... [--exclude RE]... [--format FMT | --json] [-0] [--timeout D] [--count N] PATH...
               pyinotifyd explain [-c FILE] [-e IN_X]... [--json] PATH
               pyinotifyd status [-s SOCKET] [--json | --prometheus]
               pyinotifyd tasks | failed [-s SOCKET] [--json]
               pyinotifyd cancel ID | run ID | retry ID | retry --all | pause [SCHEDULER] | resume [SCHEDULER] | reload  [-s SOCKET]
               pyinotifyd convert CONFIG.py
               pyinotifyd schema | completion bash|zsh|fish

        Watches files and directories with inotify and runs tasks on what happens to them, in the foreground.

          -c, --config FILE  configuration (default: /etc/pyinotifyd/config.json, else /etc/pyinotifyd/config.py)
          -d, --debug        log debugging messages
              --insecure     accept a configuration that others may write
          -t, --configtest   check the configuration, print "config file ok" and start nothing
          -l, --list         print the names of the events
          -v, --version      print the version
          -i, --install      install service files, example configuration, manual pages and completions (root)
          -u, --uninstall    remove them; a modified configuration stays (root)
          -h, --help         print this
          schema             print the JSON Schema of the configuration
          completion SHELL   print the completions for bash, zsh or fish

          monitor PATH...    print a line per event as it happens
            -r, --recursive    all directories below too, those that appear later included
            -e, --event IN_X   only these events, with or without IN_, several with commas; default: all 15
                --exclude RE   leave out paths that match from their start, and all below them
                --format FMT   {time} {maskname} {mask} {pathname} {src_pathname} {name} {dirname} {watch} {dir} {cookie}; \n \t \0 \\
                --json         one JSON object a line
            -0, --null         NUL instead of newline, and names as they are instead of escaped
                --timeout D    end after D (10, 250ms, 5m) without an event: with status 4 if there was none at all
                --count N      end after N events

          explain PATH       say what the configuration would do with a path; run nothing
            -c, --config FILE  the configuration, as above
            -e, --event IN_X   only these events, as above; default: each that is mapped and can come for the path
                --json         one JSON object

          status, tasks, failed, cancel ID, run ID, retry ID, pause, resume, reload    ask the running daemon
            -s SOCKET          its control socket, where that is not the default one

        Signals: TERM and INT shut down, a second one ends at once and kills running tasks; HUP reloads the configuration; USR1 logs the counters.
        Exit status: 0 fine, 1 the configuration or the run failed, 2 wrong usage or root needed, 3 installation failed,
                     4 nothing found (monitor: no event came in time, explain: nothing would run).

        """;
}

namespace PyInotifyd.Daemon;

/// <summary>What <c>-h</c> prints.</summary>
internal static class HelpText
{
    /// <summary>The text, newline included.</summary>
    public const string Text =
        """
        Usage: pyinotifyd [-c FILE] [-d] [--insecure]
               pyinotifyd -t [-c FILE] | -l | -v | -h | -i | -u
               pyinotifyd explain [-c FILE] [--event IN_X] [--json] PATH
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
          explain PATH       say what the configuration would do with a path; run nothing
          schema             print the JSON Schema of the configuration
          completion SHELL   print the completions for bash, zsh or fish

        Signals: TERM and INT shut down, a second one ends at once and kills running tasks; HUP reloads the configuration; USR1 logs the counters.
        Exit status: 0 fine, 1 the configuration or the run failed, 2 wrong usage or root needed, 3 installation failed, 4 nothing found (explain: nothing would run).

        """;
}

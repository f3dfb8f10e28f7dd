namespace PyInotifyd.Configuration.Keys;

/// <summary>Process options: how a command runs.</summary>
internal static class ProcessKeys
{
    internal static readonly ConfigKey Env = ConfigKey.Of(ConfigType.TextMap, "env", "Environment variables that are set; null removes one.");

    internal static readonly ConfigKey ClearEnv = ConfigKey.Boolean(
        "clear_env", false, "Start from PATH and the task's own variables instead of the daemon's environment.");

    internal static readonly ConfigKey Cwd = ConfigKey.Of(ConfigType.Path, "cwd", "Current directory; left out: /.");

    internal static readonly ConfigKey User = ConfigKey.Of(
        ConfigType.Identity, "user", "User to run as, with that user's groups, HOME, SHELL, USER and LOGNAME, and without capabilities; only root can name another than itself.").OrNull();

    internal static readonly ConfigKey AsGroup = ConfigKey.Of(ConfigType.Identity, "group", "Group to run as; left out: the user's. Without user: this group alone.").OrNull();

    internal static readonly ConfigKey Umask = ConfigKey.Mode("umask", 0x12, 0x1FF, "Permissions that new files of the process do not get.");

    internal static readonly ConfigKey Nice = ConfigKey.Integer("nice", 0, -20, 19, "Niceness that is added to the daemon's; less than 0 needs root.");

    internal static readonly ConfigKey NoNewPrivs = ConfigKey.Of(
        ConfigType.Boolean, "no_new_privs", "Programs gain no privileges by set-id bits or file capabilities; left out: true where user is set.").OrNull();

    internal static readonly ConfigKey Stdin = ConfigKey.Choice(
        "stdin", 0, "Standard input.", new("null", "/dev/null."), new("event", "One line of JSON with the event."));

    internal static readonly ConfigKey Output = ConfigKey.Choice(
        "output",
        0,
        "Standard output and error.",
        new("log", "Every line goes to the log."),
        new("inherit", "The daemon's own."),
        new("discard", "/dev/null."));

    internal static readonly KeyGroup Group = new(
        "process options", Env, ClearEnv, Cwd, User, AsGroup, Umask, Nice, NoNewPrivs, Stdin, Output);
}

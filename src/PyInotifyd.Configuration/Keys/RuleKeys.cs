namespace PyInotifyd.Configuration.Keys;

/// <summary>Keys of a rule of the file manager.</summary>
internal static class RuleKeys
{
    private const int MaxMode = 0xFFF;

    internal static readonly ConfigKey Action = ConfigKey.Choice(
        "action", null, "What is done.", new("move", "Move."), new("copy", "Copy."), new("delete", "Delete.")).MustBeGiven();

    internal static readonly ConfigKey SrcRe = ConfigKey.Of(
        ConfigType.Pattern, "src_re", "Regular expression, matched at the start of the path.").MustBeGiven();

    internal static readonly ConfigKey DstRe = ConfigKey.Text(
        "dst_re", null, "Template of the destination, as in Python's re.sub; for move and copy.").OrNull();

    internal static readonly ConfigKey AutoCreate = ConfigKey.Boolean("auto_create", false, "Create missing directories of the destination.");

    internal static readonly ConfigKey Override = ConfigKey.Boolean("override", false, "Replace an existing destination.").Or("overwrite");

    internal static readonly ConfigKey Rec = ConfigKey.Boolean("rec", false, "Delete directories with content too.");

    internal static readonly ConfigKey FileMode = ConfigKey.Mode("filemode", null, MaxMode, "Mode of files that were moved or copied.");

    internal static readonly ConfigKey DirMode = ConfigKey.Mode("dirmode", null, MaxMode, "Mode of directories that were moved, copied or created.");

    internal static readonly ConfigKey User = ConfigKey.Of(ConfigType.Identity, "user", "Owner of what was moved, copied or created.").OrNull();

    internal static readonly ConfigKey AsGroup = ConfigKey.Of(ConfigType.Identity, "group", "Group of what was moved, copied or created.").OrNull();

    internal static readonly ConfigKey FollowSymlinks = ConfigKey.Boolean("follow_symlinks", false, "Copy what a link points to instead of the link.");

    internal static readonly ConfigKey Fsync = ConfigKey.Boolean("fsync", false, "Flush a copied file and its directory before it is announced done.");

    internal static readonly KeyGroup Group = new(
        "a rule", Action, SrcRe, DstRe, AutoCreate, Override, Rec, FileMode, DirMode, User, AsGroup, FollowSymlinks, Fsync);
}

namespace PyInotifyd.Daemon;

/// <summary>What a command line asks for.</summary>
internal enum CommandKind : byte
{
    /// <summary>Run until a signal ends it.</summary>
    Run,

    /// <summary>Check the configuration.</summary>
    ConfigTest,

    /// <summary>Print the names of the events.</summary>
    List,

    /// <summary>Print the version.</summary>
    Version,

    /// <summary>Print how it is used.</summary>
    Help,

    /// <summary>Say what the configuration would do with a path.</summary>
    Explain,

    /// <summary>Ask the running daemon.</summary>
    Control,

    /// <summary>Print the JSON for a configuration in Python.</summary>
    Convert,

    /// <summary>Become the Python process that runs the jobs of a configuration.</summary>
    PythonWorker,

    /// <summary>Print the JSON Schema of the configuration.</summary>
    Schema,

    /// <summary>Print the completions for a shell.</summary>
    Completion,

    /// <summary>Install what belongs to it.</summary>
    Install,

    /// <summary>Remove what was installed.</summary>
    Uninstall,

    /// <summary>Print events as they happen.</summary>
    Monitor,

    /// <summary>Nothing: it is wrong, see <see cref="CommandLine.Error"/>.</summary>
    Wrong,
}

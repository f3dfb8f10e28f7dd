using PyInotifyd.Engine.Diagnostics;

namespace PyInotifyd.Configuration;

/// <summary>Level of one logger.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Level">Its level.</param>
public sealed record LoggerLevelSpec(string Name, LogLevel Level);

namespace PyInotifyd.Configuration.Keys;

/// <summary>One of the values that a key takes.</summary>
/// <param name="Name">How it is written.</param>
/// <param name="Doc">What it means, one sentence.</param>
/// <param name="Supported">Whether the engine obeys it.</param>
public sealed record ConfigChoice(string Name, string Doc, bool Supported = true);

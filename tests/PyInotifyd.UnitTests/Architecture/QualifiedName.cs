namespace PyInotifyd.UnitTests.Architecture;

/// <summary>A type by its name, as assemblies refer to each other's types.</summary>
internal readonly record struct QualifiedName(string Assembly, string Namespace, string Name)
{
    /// <summary>The namespace, a dot and the name.</summary>
    public string FullName => Namespace.Length == 0 ? Name : Namespace + "." + Name;

    /// <summary>Tells whether the compiler wrote the type for itself (helpers for inline arrays, constants and the like).</summary>
    public bool IsCompilerGenerated => Name.StartsWith('<');
}

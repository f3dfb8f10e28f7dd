using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using PyInotifyd.TestKit;
using PyInotifyd.UnitTests.Architecture;
using Xunit;

namespace PyInotifyd.UnitTests;

/// <summary>Holds the compiled assemblies to the dependencies that the design lists.</summary>
public sealed class ArchitectureTests
{
    private const string Linux = "PyInotifyd.Linux";
    private const string Engine = "PyInotifyd.Engine";
    private const string Configuration = "PyInotifyd.Configuration";
    private const string Library = "PyInotifyd.Library";
    private const string Daemon = "pyinotifyd";

    private static readonly string[] s_assemblies = [Linux, Engine, Configuration, Library, Daemon];

    private static readonly LayerRules s_projects = new LayerRules()
        .Add(Linux)
        .Add(Engine, Linux)
        .Add(Configuration, Engine)
        .Add(Library, Engine)
        .Add(Daemon, Configuration);

    // Reactor and Timing share a level in the design; of the two the reactor is above, it asks the wheel when to wake up.
    // The root namespace is where an engine is put together out of its parts: above them all, used by none.
    private static readonly LayerRules s_engineFolders = new LayerRules()
        .Add("Diagnostics")
        .Add("Model", "Diagnostics")
        .Add("Paths", "Model")
        .Add("Timing", "Paths")
        .Add("Reactor", "Timing")
        .Add("Inotify", "Reactor")
        .Add("Scheduling", "Inotify")
        .Add("Jobs", "Scheduling")
        .Add("State", "Scheduling")
        .Add("", "Jobs", "State");

    // Each loses bytes of names, follows links, or reaps children behind the engine's back.
    private static readonly string[] s_notInEngine =
    [
        "System.IO.Path", "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.FileSystemInfo",
        "System.IO.Directory", "System.IO.DirectoryInfo", "System.IO.DriveInfo", "System.IO.FileSystemWatcher",
        "System.IO.Enumeration.FileSystemEnumerable`1", "System.IO.Enumeration.FileSystemEnumerator`1",
        "System.Diagnostics.Process", "System.Diagnostics.ProcessStartInfo",
    ];

    private static readonly string[] s_unsafe =
    [
        "System.Runtime.CompilerServices.Unsafe", "System.Runtime.InteropServices.Marshal", "System.Runtime.InteropServices.NativeMemory",
        "System.Runtime.InteropServices.NativeLibrary",
    ];

    [Fact]
    public void Projects_use_only_projects_below_them()
    {
        AssertNone(Uses().Where(use => IsOurs(use.Used.Assembly) && !s_projects.Allows(use.User.Assembly, use.Used.Assembly)));
    }

    [Fact]
    public void Project_files_name_only_projects_below_and_no_package()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            XDocument project = XDocument.Load(file);
            AssertNone(project.Descendants("PackageReference").Concat(project.Descendants("FrameworkReference")).Concat(project.Descendants("Reference")));
            foreach (XElement reference in project.Descendants("ProjectReference"))
            {
                string target = Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!);
                string user = Path.GetFileNameWithoutExtension(file);
                Assert.True(s_projects.Allows(user == "PyInotifyd.Daemon" ? Daemon : user, target), $"{user} references {target}");
            }
        }
    }

    [Fact]
    public void Assemblies_reference_only_the_base_class_library_and_each_other()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        foreach (string name in s_assemblies)
        {
            using PEReader image = new(File.OpenRead(PathOf(name)));
            MetadataReader metadata = image.GetMetadataReader();
            foreach (AssemblyReferenceHandle handle in metadata.AssemblyReferences)
            {
                string reference = metadata.GetString(metadata.GetAssemblyReference(handle).Name);
                Assert.True(IsOurs(reference) || File.Exists(Path.Combine(runtime, reference + ".dll")), $"{name} references {reference}");
            }
        }
    }

    [Fact]
    public void Engine_types_lie_in_the_folders_of_the_design()
    {
        AssertNone(
            from type in TypesOf(Engine)
            where !type.IsCompilerGenerated && !type.Namespace.StartsWith("System.", StringComparison.Ordinal)
                && !type.Namespace.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)
            where LayerRules.LayerOf(type.Namespace, Engine) is not { } folder || !s_engineFolders.Contains(folder)
            select type.FullName);
    }

    [Fact]
    public void Engine_folders_use_only_folders_below_them()
    {
        AssertNone(s_engineFolders.Violations(Uses(), Engine));
    }

    [Fact]
    public void Engine_uses_no_class_that_takes_paths_as_text_or_starts_processes()
    {
        AssertNone(Uses().Where(use => use.User.Assembly == Engine && s_notInEngine.Contains(use.Used.FullName)));
    }

    [Fact]
    public void Unsafe_code_and_native_declarations_are_only_in_Linux()
    {
        foreach (string name in s_assemblies.Where(name => name != Linux))
        {
            using PEReader image = new(File.OpenRead(PathOf(name)));
            MetadataReader metadata = image.GetMetadataReader();

            // The compiler marks a module that was compiled with unsafe code allowed.
            Assert.DoesNotContain(TypeUseReader.ReadModuleAttributes(PathOf(name)), type => type.Name == "UnverifiableCodeAttribute");
            Assert.DoesNotContain(
                metadata.MethodDefinitions,
                handle => metadata.GetMethodDefinition(handle).Attributes.HasFlag(System.Reflection.MethodAttributes.PinvokeImpl));
        }

        AssertNone(
            from use in Uses()
            where use.User.Assembly != Linux && !use.User.IsCompilerGenerated && s_unsafe.Contains(use.Used.FullName)
            select use);
    }

    [Fact]
    public void Linux_is_marked_as_unsafe_by_the_compiler()
    {
        // What the test above relies on.
        Assert.Contains(TypeUseReader.ReadModuleAttributes(PathOf(Linux)), type => type.Name == "UnverifiableCodeAttribute");
    }

    [Theory]
    [InlineData("Field")]
    [InlineData("Event")]
    [InlineData("Property")]
    [InlineData("Parameter")]
    [InlineData("NestedParameter")]
    [InlineData("Call")]
    [InlineData("New")]
    [InlineData("Cast")]
    [InlineData("TypeOf")]
    [InlineData("GenericArgument")]
    [InlineData("GenericMethod")]
    [InlineData("AfterSwitch")]
    [InlineData("Lambda")]
    [InlineData("Async")]
    [InlineData("Catch")]
    [InlineData("Constraint")]
    [InlineData("Attribute")]
    public void Reader_sees_a_use_of_every_kind(string member)
    {
        List<string> violations = SampleViolations(new LayerRules().Add("Low").Add("High", "Low"));

        Assert.Contains(violations, line => line.StartsWith("Low -> High", StringComparison.Ordinal) && MentionsMember(line, member));
    }

    [Fact]
    public void Reader_reports_nothing_where_there_is_no_use()
    {
        List<string> violations = SampleViolations(new LayerRules().Add("Low").Add("High", "Low"));

        Assert.DoesNotContain(violations, line => MentionsMember(line, "Innocent"));
        Assert.DoesNotContain(violations, line => line.StartsWith("High", StringComparison.Ordinal));
    }

    [Fact]
    public void Rules_the_other_way_round_find_the_other_direction()
    {
        List<string> violations = SampleViolations(new LayerRules().Add("High").Add("Low", "High"));

        Assert.NotEmpty(violations);
        Assert.All(violations, line => Assert.StartsWith("High -> Low", line));
    }

    [Fact]
    public void Layers_between_which_no_edge_is_listed_may_not_use_each_other()
    {
        Assert.False(s_engineFolders.Allows("Reactor", "Jobs"));
        Assert.False(s_engineFolders.Allows("Diagnostics", "Model"));
        Assert.False(s_engineFolders.Allows("Timing", "Inotify"));
        Assert.False(s_engineFolders.Allows("Timing", "Reactor"));
        Assert.False(s_engineFolders.Allows("Elsewhere", "Model"));
        Assert.True(s_engineFolders.Allows("Jobs", "Model"));
        Assert.True(s_engineFolders.Allows("Paths", "Diagnostics"));
    }

    // With every line in the message: Assert.Empty shows the first few only.
    private static void AssertNone<T>(IEnumerable<T> violations)
    {
        List<string?> lines = [.. violations.Select(violation => violation?.ToString())];
        Assert.True(lines.Count == 0, string.Join('\n', lines));
    }

    private static List<string> SampleViolations(LayerRules rules)
    {
        return rules.Violations(TypeUseReader.Read(typeof(ArchitectureTests).Assembly.Location), "PyInotifyd.UnitTests.Architecture.Samples");
    }

    // The compiler moves the body of a lambda or of an async method to a type inside, and names accessors after their property.
    private static bool MentionsMember(string line, string member)
    {
        return line.Contains($".{member} uses", StringComparison.Ordinal)
            || line.Contains($"<{member}>", StringComparison.Ordinal)
            || line.Contains($"_{member} uses", StringComparison.Ordinal);
    }

    private static IEnumerable<TypeUse> Uses() => s_assemblies.SelectMany(name => TypeUseReader.Read(PathOf(name)));

    private static IEnumerable<QualifiedName> TypesOf(string assembly) => TypeUseReader.ReadTypes(PathOf(assembly));

    private static bool IsOurs(string assembly) => s_assemblies.Contains(assembly);

    private static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, assembly + ".dll");
}

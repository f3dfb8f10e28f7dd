using System;
using System.IO;
using System.Reflection;
using System.Linq;
using PyInotifyd.Engine.Model;
using PyInotifyd.Library;
using PyInotifyd.TestKit;
using Xunit;

namespace PyInotifyd.UnitTests.Library;

/// <summary>What programs are built on does not change by accident.</summary>
public sealed class PublicApiTests
{
    [Fact]
    public void Public_surface_is_the_one_that_was_reviewed()
    {
        string file = RepositoryRoot.Path + "/tests/PyInotifyd.UnitTests/Library/PublicApi.txt";
        string api = PublicApi.Of(typeof(FileEvents).Assembly);
        if (Environment.GetEnvironmentVariable("PYINOTIFYD_UPDATE") == "1")
        {
            File.WriteAllText(file, api);
        }

        Assert.True(
            api == File.ReadAllText(file),
            $"the public surface of the library is not what {file} says; if that is meant, write it anew with: PYINOTIFYD_UPDATE=1 scripts/test unit --filter PublicApi\n{api}");
    }

    [Fact]
    public void Public_surface_names_no_type_of_the_assemblies_below()
    {
        // A program does not see them: it could not be compiled.
        var types =
            from type in typeof(FileEvents).Assembly.GetExportedTypes()
            from member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            from used in member switch
            {
                MethodInfo method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType),
                ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
                _ => [],
            }
            from part in used.GetGenericArguments().Append(used)
            where part.Assembly == typeof(UnixPath).Assembly || part.Assembly == typeof(PyInotifyd.Linux.Libc).Assembly
            select $"{type.Name}.{member.Name}: {part}";

        Assert.Empty(types);
    }

    [Fact]
    public void Enumerations_have_the_values_of_the_engine()
    {
        Assert.Equal((uint)EventMask.All, (uint)FileEvents.All);
        Same<FileEvents, EventMask>();
        Same<PyInotifyd.Library.LogLevel, PyInotifyd.Engine.Diagnostics.LogLevel>();
        Same<PyInotifyd.Library.BusyPolicy, PyInotifyd.Engine.Model.BusyPolicy>();
        Same<PyInotifyd.Library.StartScan, PyInotifyd.Engine.Model.StartScan>();
    }

    private static void Same<TOuter, TInner>()
        where TOuter : struct, Enum
        where TInner : struct, Enum
    {
        foreach (TOuter value in Enum.GetValues<TOuter>())
        {
            Assert.Equal(Convert.ToInt64(Enum.Parse<TInner>(value.ToString())), Convert.ToInt64(value));
        }
    }
}

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using PyInotifyd.Linux;
using PyInotifyd.UnitTests.Jobs;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PyInotifyd.UnitTests.Linux;

/// <summary>Has the C compilers of both architectures check every constant and struct of PyInotifyd.Linux against the system's headers.</summary>
/// <remarks>
/// What is checked is found by reflection: all integer constants and architecture-dependent properties of Libc and Errno, those of other types whose names are
/// written as C writes them, and all structs with such names. A new one that C does not know fails here.
/// Needs gcc and, on a machine of the other architecture, its cross compiler with the C library's headers; without them the test fails and names the package.
/// Source: the idea is that of Tmds.LibC.
/// </remarks>
[Collection(ProcessCollection.Name)]
public sealed class AbiTests
{
    [Theory]
    [InlineData(Cpu.X64)]
    [InlineData(Cpu.Arm64)]
    public void Constants_and_structs_are_those_of_the_C_library(Cpu architecture)
    {
        CAssertions assertions = new();
        foreach (Type type in typeof(Libc).Assembly.GetExportedTypes())
        {
            AddConstants(assertions, type, architecture);
            if (type.IsValueType && !type.IsEnum && IsNameOfC(type.Name))
            {
                assertions.Struct(type);
            }
        }

        Assert.True(assertions.Count > 250, $"only {assertions.Count} assertions: the reflection finds too little");
        string complaints = CCompiler.Complaints(assertions.Text, architecture);
        Assert.True(complaints.Length == 0, complaints);
    }

    [Fact]
    public void Properties_have_the_value_of_this_architecture()
    {
        foreach (PropertyInfo property in PropertiesByArchitecture(typeof(Libc)))
        {
            ByArchitecture values = ByArchitecture.Of(property);
            long expected = RuntimeInformation.ProcessArchitecture == Cpu.Arm64 ? values.Arm64 : values.X64;

            Assert.Equal(expected, Convert.ToInt64(property.GetValue(null), CultureInfo.InvariantCulture));
        }
    }

    [Theory]
    [InlineData("IN_ONESHOT", 0x8000_0000L, true)]
    [InlineData("IN_ONESHOT", -0x8000_0000L, false)]
    [InlineData("O_DIRECTORY", 0x10000, true)]
    [InlineData("O_DIRECTORY", 0x4000, false)]
    [InlineData("IN_NOT_IN_ANY_HEADER", 1, false)]
    public void A_constant_is_compared_by_the_compiler(string name, long value, bool compiles)
    {
        CAssertions assertions = new();
        assertions.Constant(name, value);

        string complaints = CCompiler.Complaints(assertions.Text, Cpu.X64);

        Assert.Equal(compiles, complaints.Length == 0);
        Assert.Equal(!compiles, complaints.Contains(name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(typeof(Right.statx_timestamp), "")]
    [InlineData(typeof(Moved.statx_timestamp), "statx_timestamp.tv_nsec is at 12 here")]
    [InlineData(typeof(WrongSign.statx_timestamp), "statx_timestamp.tv_nsec is signed here")]
    [InlineData(typeof(WrongSize.statx_timestamp), "statx_timestamp has 24 bytes here")]
    [InlineData(typeof(UnknownField.statx_timestamp), "tv_unknown")]
    public void A_struct_is_compared_by_the_compiler(Type type, string complaint)
    {
        CAssertions assertions = new();
        assertions.Struct(type);

        string complaints = CCompiler.Complaints(assertions.Text, Cpu.X64);

        Assert.Equal(complaint.Length == 0, complaints.Length == 0);
        Assert.Contains(complaint, complaints);
    }

    private static void AddConstants(CAssertions assertions, Type type, Cpu architecture)
    {
        bool all = type == typeof(Libc) || type == typeof(Errno);
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        {
            if (field.IsLiteral && !type.IsEnum && (all || IsNameOfC(field.Name)))
            {
                assertions.Constant(field.Name, Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture));
            }
        }

        foreach (PropertyInfo property in PropertiesByArchitecture(type))
        {
            ByArchitecture values = ByArchitecture.Of(property);
            assertions.Constant(property.Name, architecture == Cpu.Arm64 ? values.Arm64 : values.X64);
        }
    }

    private static IEnumerable<PropertyInfo> PropertiesByArchitecture(Type type)
    {
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        {
            if (property.PropertyType.IsPrimitive && (type == typeof(Libc) || IsNameOfC(property.Name)))
            {
                yield return property;
            }
        }
    }

    // PollIn is a name of .NET; POLLIN, SYS_pidfd_open and pollfd are names of C.
    private static bool IsNameOfC(string name) => char.IsLower(name[0]) || (name.Length > 1 && !char.IsLower(name[1]));

    private static class Right
    {
        [StructLayout(LayoutKind.Sequential)]
        public struct statx_timestamp
        {
            public long tv_sec;
            public uint tv_nsec;
        }
    }

    private static class Moved
    {
        [StructLayout(LayoutKind.Explicit, Size = 16)]
        public struct statx_timestamp
        {
            [FieldOffset(0)]
            public long tv_sec;

            [FieldOffset(12)]
            public uint tv_nsec;
        }
    }

    private static class WrongSign
    {
        [StructLayout(LayoutKind.Sequential)]
        public struct statx_timestamp
        {
            public long tv_sec;
            public int tv_nsec;
        }
    }

    private static class WrongSize
    {
        [StructLayout(LayoutKind.Sequential, Size = 24)]
        public struct statx_timestamp
        {
            public long tv_sec;
            public uint tv_nsec;
        }
    }

    private static class UnknownField
    {
        [StructLayout(LayoutKind.Sequential)]
        public struct statx_timestamp
        {
            public long tv_sec;
            public uint tv_unknown;
        }
    }
}

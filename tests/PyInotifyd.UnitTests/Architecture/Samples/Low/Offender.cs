using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using PyInotifyd.UnitTests.Architecture.Samples.High;

namespace PyInotifyd.UnitTests.Architecture.Samples.Low;

/// <summary>Uses a type of the layer above in every way that the architecture tests have to see, one a member.</summary>
internal class Offender
{
#pragma warning disable CS0649, CS0067 // fields and events are here for their types
    public Target? Field;

    public event Func<Target>? Event;
#pragma warning restore CS0649, CS0067

    public Target[]? Property => null;

    public static int Innocent() => 42;

    public static void Parameter(Target? target)
    {
    }

    public static void NestedParameter(Dictionary<string, Target.Failure[]>? targets)
    {
    }

    public static int Call() => Target.Answer();

    public static object New() => new Target();

    public static bool Cast(object value) => value is Target;

    public static string TypeOf() => typeof(Target).Name;

    public static object? GenericArgument() => Array.Empty<Target>().Length;

    public static int GenericMethod() => Target.Echo(1);

    public static int AfterSwitch(int value)
    {
        switch (value)
        {
            case 0: return 5;
            case 1: return 7;
            case 2: return 1;
            case 3: return 3;
            case 4: return 8;
            default: return Target.Answer();
        }
    }

    public static Func<int> Lambda() => () => Target.Answer();

    public static async Task<int> Async()
    {
        await Task.Yield();
        return Target.Answer();
    }

    public static void Catch()
    {
        try
        {
            Innocent();
        }
        catch (Target.Failure)
        {
        }
    }

    public static void Constraint<T>()
        where T : Target
    {
    }

    [Target]
    public static void Attribute()
    {
    }
}

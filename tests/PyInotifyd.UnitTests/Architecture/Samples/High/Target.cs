using System;

namespace PyInotifyd.UnitTests.Architecture.Samples.High;

/// <summary>What <see cref="Low.Offender"/> should not use, and may be used by.</summary>
internal class Target : Attribute
{
    internal sealed class Failure : Exception;

    public static int Answer() => Low.Offender.Innocent();

    public static T Echo<T>(T value) => value;
}

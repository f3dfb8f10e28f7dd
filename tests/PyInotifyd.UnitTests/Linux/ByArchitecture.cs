using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Reflection;

namespace PyInotifyd.UnitTests.Linux;

/// <summary>The two values of a property of the shape <c>s_arm64 ? A : B</c>.</summary>
/// <remarks>Read from the instructions: one of the two cannot be had by running them on this machine.</remarks>
internal readonly record struct ByArchitecture(long X64, long Arm64)
{
    private const byte Nop = 0x00;
    private const byte StoreLocal0 = 0x0A;
    private const byte LoadLocal0 = 0x06;
    private const byte ConstantMinus1 = 0x15;
    private const byte Constant8 = 0x1E;
    private const byte ConstantShort = 0x1F;
    private const byte Constant = 0x20;
    private const byte Return = 0x2A;
    private const byte BranchShort = 0x2B;
    private const byte BranchTrueShort = 0x2D;
    private const byte LoadStaticField = 0x7E;

    /// <summary>Reads the values; throws for a property of any other shape, so that nothing is passed over.</summary>
    public static ByArchitecture Of(PropertyInfo property)
    {
        MethodInfo getter = property.GetMethod!;
        ReadOnlySpan<byte> il = getter.GetMethodBody()!.GetILAsByteArray();
        List<long> constants = [];
        string condition = "";
        bool whenTrue = false;
        bool unsigned = property.PropertyType == typeof(uint);
        while (il.Length > 0)
        {
            byte code = il[0];
            int length = 1;
            switch (code)
            {
                case LoadStaticField:
                    condition += getter.Module.ResolveField(BinaryPrimitives.ReadInt32LittleEndian(il[1..]))!.Name;
                    length = 5;
                    break;
                case BranchTrueShort:
                    whenTrue = true;
                    length = 2;
                    break;
                case >= ConstantMinus1 and <= Constant8:
                    constants.Add(code - ConstantMinus1 - 1);
                    break;
                case ConstantShort:
                    constants.Add((sbyte)il[1]);
                    length = 2;
                    break;
                case Constant:
                    int value = BinaryPrimitives.ReadInt32LittleEndian(il[1..]);
                    constants.Add(unsigned ? (uint)value : value);
                    length = 5;
                    break;
                case BranchShort:
                    length = 2;
                    break;
                case Nop or StoreLocal0 or LoadLocal0 or Return:
                    break;
                default:
                    throw new InvalidDataException($"{property.Name} is not of the shape s_arm64 ? A : B (instruction 0x{code:x2})");
            }

            il = il[length..];
        }

        if (condition != "s_arm64" || !whenTrue || constants.Count != 2)
        {
            throw new InvalidDataException($"{property.Name} is not of the shape s_arm64 ? A : B");
        }

        return new ByArchitecture(constants[0], constants[1]);
    }
}

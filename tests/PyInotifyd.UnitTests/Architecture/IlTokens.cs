using System;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace PyInotifyd.UnitTests.Architecture;

/// <summary>Walks the instructions of a method body for the metadata tokens in them.</summary>
internal static class IlTokens
{
    private const byte TwoByteLead = 0xFE;

    private static readonly OperandType?[] s_oneByte = new OperandType?[256];
    private static readonly OperandType?[] s_twoByte = new OperandType?[256];

    static IlTokens()
    {
        foreach (FieldInfo field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            OpCode code = (OpCode)field.GetValue(null)!;
            OperandType?[] table = code.Size == 1 ? s_oneByte : s_twoByte;
            table[(byte)code.Value] = code.OperandType;
        }
    }

    /// <summary>Calls <paramref name="visit"/> with each token that names a type, a member or a signature, in the order of the instructions.</summary>
    public static void Visit(BlobReader il, Action<int> visit)
    {
        while (il.RemainingBytes > 0)
        {
            byte first = il.ReadByte();
            OperandType? operand = first == TwoByteLead ? s_twoByte[il.ReadByte()] : s_oneByte[first];
            switch (operand)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.InlineType or OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineSig:
                    visit(il.ReadInt32());
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    il.Offset += 1;
                    break;
                case OperandType.InlineVar:
                    il.Offset += 2;
                    break;
                case OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineString or OperandType.ShortInlineR:
                    il.Offset += 4;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    il.Offset += 8;
                    break;
                case OperandType.InlineSwitch:
                    int targets = il.ReadInt32();
                    il.Offset += 4 * targets;
                    break;
                default:
                    throw new BadImageFormatException($"unknown instruction 0x{first:x2}");
            }
        }
    }
}

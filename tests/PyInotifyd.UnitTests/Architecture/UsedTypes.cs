using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace PyInotifyd.UnitTests.Architecture;

/// <summary>Collects the named types behind metadata tokens and signatures.</summary>
/// <remarks>The type that the decoder asks for carries nothing: what counts is which names it passes on its way.</remarks>
internal sealed class UsedTypes : ISignatureTypeProvider<byte, object?>
{
    private readonly MetadataReader _metadata;
    private readonly string _assembly;
    private readonly HashSet<QualifiedName> _names = [];

    public UsedTypes(MetadataReader metadata, string assembly)
    {
        _metadata = metadata;
        _assembly = assembly;
    }

    /// <summary>Returns what was collected and starts anew.</summary>
    public QualifiedName[] Take()
    {
        QualifiedName[] names = [.. _names];
        _names.Clear();
        return names;
    }

    /// <summary>Returns the name of the outermost type around a definition of this assembly.</summary>
    public QualifiedName NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil)
        {
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        }

        return new QualifiedName(_assembly, _metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
    }

    /// <summary>Adds every type behind a token: a type, a member with its owner, an instantiation, a signature.</summary>
    public void AddToken(EntityHandle token)
    {
        if (token.IsNil)
        {
            return;
        }

        switch (token.Kind)
        {
            case HandleKind.TypeDefinition:
                _names.Add(NameOf((TypeDefinitionHandle)token));
                break;
            case HandleKind.TypeReference:
                AddReference((TypeReferenceHandle)token);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)token).DecodeSignature(this, null);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)token);
                AddToken(field.GetDeclaringType());
                field.DecodeSignature(this, null);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)token);
                AddToken(method.GetDeclaringType());
                method.DecodeSignature(this, null);
                break;
            case HandleKind.MemberReference:
                AddMember(_metadata.GetMemberReference((MemberReferenceHandle)token));
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)token);
                AddToken(specification.Method);
                specification.DecodeSignature(this, null);
                break;
            case HandleKind.StandaloneSignature:
                AddSignature(_metadata.GetStandaloneSignature((StandaloneSignatureHandle)token));
                break;
            default:
                throw new BadImageFormatException($"token of kind {token.Kind}");
        }
    }

    private void AddMember(MemberReference member)
    {
        AddToken(member.Parent);
        if (member.GetKind() == MemberReferenceKind.Method)
        {
            member.DecodeMethodSignature(this, null);
        }
        else
        {
            member.DecodeFieldSignature(this, null);
        }
    }

    private void AddSignature(StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.Method)
        {
            signature.DecodeMethodSignature(this, null);
        }
        else
        {
            signature.DecodeLocalSignature(this, null);
        }
    }

    private void AddReference(TypeReferenceHandle handle)
    {
        TypeReference type = _metadata.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            type = _metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        }

        string assembly = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            ? _metadata.GetString(_metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)
            : _assembly;
        _names.Add(new QualifiedName(assembly, _metadata.GetString(type.Namespace), _metadata.GetString(type.Name)));
    }

    byte ISimpleTypeProvider<byte>.GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        AddToken(handle);
        return 0;
    }

    byte ISimpleTypeProvider<byte>.GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        AddReference(handle);
        return 0;
    }

    byte ISignatureTypeProvider<byte, object?>.GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
    {
        AddToken(handle);
        return 0;
    }

    byte ISignatureTypeProvider<byte, object?>.GetGenericMethodParameter(object? genericContext, int index) => 0;

    byte ISignatureTypeProvider<byte, object?>.GetGenericTypeParameter(object? genericContext, int index) => 0;

    byte ISignatureTypeProvider<byte, object?>.GetModifiedType(byte modifier, byte unmodifiedType, bool isRequired) => 0;

    byte ISignatureTypeProvider<byte, object?>.GetPinnedType(byte elementType) => 0;

    byte ISignatureTypeProvider<byte, object?>.GetFunctionPointerType(MethodSignature<byte> signature) => 0;

    byte IConstructedTypeProvider<byte>.GetArrayType(byte elementType, ArrayShape shape) => 0;

    byte IConstructedTypeProvider<byte>.GetByReferenceType(byte elementType) => 0;

    byte IConstructedTypeProvider<byte>.GetGenericInstantiation(byte genericType, ImmutableArray<byte> typeArguments) => 0;

    byte IConstructedTypeProvider<byte>.GetPointerType(byte elementType) => 0;

    byte ISZArrayTypeProvider<byte>.GetSZArrayType(byte elementType) => 0;

    byte ISimpleTypeProvider<byte>.GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;
}

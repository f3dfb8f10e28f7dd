using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PyInotifyd.UnitTests.Architecture;

/// <summary>Reads every use of a type out of a compiled assembly: declarations, signatures, locals and instructions.</summary>
/// <remarks>
/// References between assemblies are not enough here: the folders of the engine are one assembly, so that a use has to be found
/// where it stands, in a method body too. Not seen: what the compiler folds away (constants, <c>nameof</c>) and types that are
/// named only in the arguments of an attribute.
/// Source: ECMA-335 II.22 (tables), II.23.2 (signatures), III (instructions).
/// </remarks>
internal sealed class TypeUseReader
{
    private readonly MetadataReader _metadata;
    private readonly PEReader _image;
    private readonly string _assembly;
    private readonly UsedTypes _used;
    private readonly List<TypeUse> _uses = [];

    private TypeUseReader(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _assembly = _metadata.GetString(_metadata.GetAssemblyDefinition().Name);
        _used = new UsedTypes(_metadata, _assembly);
    }

    /// <summary>Returns every use of a type in the assembly file at <paramref name="path"/>, each once per member.</summary>
    public static List<TypeUse> Read(string path)
    {
        using PEReader image = new(File.OpenRead(path));
        TypeUseReader reader = new(image);
        foreach (TypeDefinitionHandle handle in reader._metadata.TypeDefinitions)
        {
            reader.ReadType(handle);
        }

        return reader._uses;
    }

    /// <summary>Returns the outermost types that the assembly file at <paramref name="path"/> defines.</summary>
    public static List<QualifiedName> ReadTypes(string path)
    {
        using PEReader image = new(File.OpenRead(path));
        TypeUseReader reader = new(image);
        List<QualifiedName> types = [];
        foreach (TypeDefinitionHandle handle in reader._metadata.TypeDefinitions)
        {
            if (reader._metadata.GetTypeDefinition(handle).GetDeclaringType().IsNil)
            {
                types.Add(reader._used.NameOf(handle));
            }
        }

        return types;
    }

    /// <summary>Returns the types of the attributes on the module of the assembly file at <paramref name="path"/>.</summary>
    public static QualifiedName[] ReadModuleAttributes(string path)
    {
        using PEReader image = new(File.OpenRead(path));
        TypeUseReader reader = new(image);
        reader.AddAttributes(reader._metadata.GetModuleDefinition().GetCustomAttributes());
        return reader._used.Take();
    }

    private void ReadType(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        QualifiedName user = _used.NameOf(handle);
        string prefix = NestedPath(type);
        _used.AddToken(type.BaseType);
        foreach (InterfaceImplementationHandle implemented in type.GetInterfaceImplementations())
        {
            _used.AddToken(_metadata.GetInterfaceImplementation(implemented).Interface);
        }

        AddGenericParameters(type.GetGenericParameters());
        AddAttributes(type.GetCustomAttributes());
        Flush(user, prefix + "(type)");

        foreach (FieldDefinitionHandle fieldHandle in type.GetFields())
        {
            FieldDefinition field = _metadata.GetFieldDefinition(fieldHandle);
            field.DecodeSignature(_used, null);
            AddAttributes(field.GetCustomAttributes());
            Flush(user, prefix + _metadata.GetString(field.Name));
        }

        foreach (PropertyDefinitionHandle propertyHandle in type.GetProperties())
        {
            PropertyDefinition property = _metadata.GetPropertyDefinition(propertyHandle);
            AddAttributes(property.GetCustomAttributes());
            Flush(user, prefix + _metadata.GetString(property.Name));
        }

        foreach (EventDefinitionHandle eventHandle in type.GetEvents())
        {
            EventDefinition definition = _metadata.GetEventDefinition(eventHandle);
            _used.AddToken(definition.Type);
            AddAttributes(definition.GetCustomAttributes());
            Flush(user, prefix + _metadata.GetString(definition.Name));
        }

        foreach (MethodDefinitionHandle methodHandle in type.GetMethods())
        {
            MethodDefinition method = _metadata.GetMethodDefinition(methodHandle);
            ReadMethod(method);
            Flush(user, prefix + _metadata.GetString(method.Name));
        }
    }

    // The names of the types between the outermost one and the member, each with a dot after it.
    private string NestedPath(TypeDefinition type)
    {
        string path = "";
        while (!type.GetDeclaringType().IsNil)
        {
            path = _metadata.GetString(type.Name) + "." + path;
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        }

        return path;
    }

    private void ReadMethod(MethodDefinition method)
    {
        method.DecodeSignature(_used, null);
        AddGenericParameters(method.GetGenericParameters());
        AddAttributes(method.GetCustomAttributes());
        foreach (ParameterHandle parameter in method.GetParameters())
        {
            AddAttributes(_metadata.GetParameter(parameter).GetCustomAttributes());
        }

        // No address: abstract, or a native declaration.
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        _used.AddToken(body.LocalSignature);
        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            _used.AddToken(region.CatchType);
        }

        IlTokens.Visit(body.GetILReader(), token => _used.AddToken(MetadataTokens.EntityHandle(token)));
    }

    private void AddGenericParameters(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle handle in parameters)
        {
            GenericParameter parameter = _metadata.GetGenericParameter(handle);
            AddAttributes(parameter.GetCustomAttributes());
            foreach (GenericParameterConstraintHandle constraint in parameter.GetConstraints())
            {
                _used.AddToken(_metadata.GetGenericParameterConstraint(constraint).Type);
            }
        }
    }

    private void AddAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle handle in attributes)
        {
            _used.AddToken(_metadata.GetCustomAttribute(handle).Constructor);
        }
    }

    private void Flush(QualifiedName user, string member)
    {
        foreach (QualifiedName used in _used.Take())
        {
            if (used != user)
            {
                _uses.Add(new TypeUse(user, member, used));
            }
        }
    }
}

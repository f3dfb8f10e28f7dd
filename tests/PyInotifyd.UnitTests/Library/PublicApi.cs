using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;

namespace PyInotifyd.UnitTests.Library;

/// <summary>Writes down what of an assembly can be used from outside: types by name, members by name, a line each.</summary>
internal static class PublicApi
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    public static string Of(Assembly assembly)
    {
        StringBuilder text = new();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : type.IsAbstract && type.IsSealed ? "static class" : "class";
            string flags = type.IsEnum && type.IsDefined(typeof(FlagsAttribute)) ? "[Flags] " : type.IsClass && type.IsSealed && !type.IsAbstract ? "sealed " : "";
            string bases = string.Join(", ", type.IsEnum ? [Name(Enum.GetUnderlyingType(type))] : type.GetInterfaces().Select(Name).Order(StringComparer.Ordinal));
            text.Append(flags).Append(kind).Append(' ').Append(type.FullName).Append(bases.Length == 0 ? "" : " : " + bases).Append('\n');
            foreach (string line in Members(type))
            {
                text.Append("    ").Append(line).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(Own).Where(field => field.IsLiteral).Select(field => $"{field.Name} = 0x{Convert.ToInt64(field.GetRawConstantValue()):x}");
        }

        IEnumerable<string> constructors = type.GetConstructors(Own).Select(constructor => "new(" + Parameters(constructor) + ")");
        IEnumerable<string> properties = type.GetProperties(Own).Select(Property);
        IEnumerable<string> methods = type.GetMethods(Own).Where(method => !method.IsSpecialName).Select(Method);
        IEnumerable<string> others = type.GetFields(Own).Select(field => "field " + field.Name).Concat(type.GetEvents(Own).Select(e => "event " + e.Name));
        return constructors.Order(StringComparer.Ordinal).Concat(properties.Concat(methods).Concat(others).Order(StringComparer.Ordinal));
    }

    private static string Property(PropertyInfo property)
    {
        string set = property.SetMethod is not { IsPublic: true } setter
            ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") ? " init;" : " set;";
        string mark = property.GetMethod!.IsStatic ? "static " : "";
        return $"{mark}{property.Name}: {Name(property.PropertyType)}{Mark(s_nullability.Create(property).ReadState)} {{ get;{set} }}";
    }

    private static string Method(MethodInfo method)
    {
        string mark = method.IsStatic ? "static " : method.GetBaseDefinition() != method ? "override " : "";
        return $"{mark}{method.Name}({Parameters(method)}): {Name(method.ReturnType)}{Mark(s_nullability.Create(method.ReturnParameter).ReadState)}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(parameter.ParameterType)}{Mark(s_nullability.Create(parameter).ReadState)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + (parameter.DefaultValue ?? "default") : "")}"));

    private static string Mark(NullabilityState state) => state == NullabilityState.Nullable ? "?" : "";

    private static string Name(Type type)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        return type.Name[..type.Name.IndexOf('`')] + "<" + string.Join(", ", type.GetGenericArguments().Select(Name)) + ">";
    }
}

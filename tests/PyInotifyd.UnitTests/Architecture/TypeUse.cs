namespace PyInotifyd.UnitTests.Architecture;

/// <summary>One use of a type by another, as compiled.</summary>
/// <param name="User">The type that contains the use; for a nested or compiler-generated one, the outermost type around it.</param>
/// <param name="Member">The member of <paramref name="User"/> that contains the use, or <c>(type)</c> for its declaration.</param>
/// <param name="Used">The outermost type around the type that is used.</param>
internal readonly record struct TypeUse(QualifiedName User, string Member, QualifiedName Used)
{
    public override string ToString()
    {
        return $"{User.FullName}.{Member} uses {Used.FullName} of {Used.Assembly}";
    }
}

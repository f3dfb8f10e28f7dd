using System;

namespace PyInotifyd.Engine.Paths;

/// <summary>Carries a syntax error out of the recursive parser to <c>TryParse</c>, which turns it into a <see cref="PatternError"/>.</summary>
/// <remarks>
/// An exception, because the parser may be hundreds of calls deep when it finds out, and runs only while a configuration is read. It never leaves the engine.
/// </remarks>
internal sealed class PatternSyntaxException : Exception
{
    internal PatternSyntaxException(string message, int position, bool notSupported = false)
        : base(message + " at position " + position.ToString())
    {
        Error = new PatternError(Message, position, notSupported);
    }

    internal PatternError Error { get; }

    /// <summary>Makes the error for something that Python accepts and this engine cannot honour.</summary>
    internal static PatternSyntaxException NotSupported(string construct, int position) => new("not supported: " + construct, position, true);
}

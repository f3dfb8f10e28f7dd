using System.Collections.Generic;

namespace PyInotifyd.Engine.Paths;

/// <summary>Tells whether a pattern can match a text that begins with a certain character.</summary>
/// <remarks>For people who wrote a pattern that matches nothing: the answer «no» is sure, «yes» may be wrong. Characters without case only.</remarks>
internal static class FirstCharacter
{
    /// <summary>Whether a match at the start of a text may begin with the character, or be empty.</summary>
    internal static bool MayBe(RegexSequence sequence, int character)
    {
        (bool starts, bool passes) = Look(sequence, character);
        return starts || passes;
    }

    // Whether something of it may take the character, and whether all of it may match without taking any.
    private static (bool Starts, bool Passes) Look(RegexSequence sequence, int character)
    {
        bool starts = false;
        foreach (RegexNode node in sequence.Nodes)
        {
            (bool nodeStarts, bool nodePasses) = Look(node, character);
            starts |= nodeStarts;
            if (!nodePasses)
            {
                return (starts, false);
            }
        }

        return (starts, true);
    }

    private static (bool Starts, bool Passes) Look(RegexNode node, int character)
    {
        switch (node.Kind)
        {
            case RegexNodeKind.Literal:
                return (node.Value == character, false);
            case RegexNodeKind.NotLiteral:
                return (node.Value != character, false);
            case RegexNodeKind.Any:
                return (true, false);
            case RegexNodeKind.Set:
                return (CharacterClass.FromItems(node.Items!, node.Negated, RegexFlags.None).Contains(character), false);
            case RegexNodeKind.At:
            case RegexNodeKind.Look:
                return (false, true);
            case RegexNodeKind.Branch:
            case RegexNodeKind.Conditional:
                return Look(node.Alternatives!, node.Kind == RegexNodeKind.Conditional && node.Alternatives!.Count < 2, character);
            case RegexNodeKind.Repeat:
                (bool starts, bool passes) = node.Max == 0 ? (false, true) : Look(node.Body!, character);
                return (starts, passes || node.Min == 0);
            case RegexNodeKind.Group:
            case RegexNodeKind.Atomic:
                return Look(node.Body!, character);
            default:
                return (true, true);
        }
    }

    private static (bool Starts, bool Passes) Look(List<RegexSequence> alternatives, bool passes, int character)
    {
        bool starts = false;
        foreach (RegexSequence alternative in alternatives)
        {
            (bool itsStarts, bool itsPasses) = Look(alternative, character);
            starts |= itsStarts;
            passes |= itsPasses;
        }

        return (starts, passes);
    }
}

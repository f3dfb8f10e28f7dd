using System;
using PyInotifyd.Configuration.Binding;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Daemon;

/// <summary>Reads the events that a command line names.</summary>
internal static class EventWords
{
    /// <summary>Adds the events of a value, several with commas between them, with or without IN_, in any case; returns what is wrong, or null.</summary>
    public static string? Add(string value, ref EventMask events)
    {
        foreach (string word in value.Split(','))
        {
            string name = word.ToUpperInvariant();
            name = name.StartsWith("IN_", StringComparison.Ordinal) ? name : "IN_" + name;
            if (EventNames.TryParse(name, out EventMask mask))
            {
                events |= mask;
                continue;
            }

            // As in the C header, and as inotifywait has them.
            EventMask pair = name switch
            {
                "IN_MOVE" => EventMask.MovedFrom | EventMask.MovedTo,
                "IN_CLOSE" => EventMask.CloseWrite | EventMask.CloseNoWrite,
                _ => EventMask.None,
            };
            if (pair == EventMask.None)
            {
                return Unknown(word, name);
            }

            events |= pair;
        }

        return null;
    }

    private static string Unknown(string word, string name)
    {
        NearestName nearest = new(name);
        foreach (string known in (string[])[.. EventNames.All, "IN_MOVE", "IN_CLOSE"])
        {
            nearest.Offer(known);
        }

        return "'" + word + "' is no event" + (nearest.Best is null ? "; see pyinotifyd --list" : nearest.Question);
    }
}

using System.Collections.Generic;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Configuration.Binding;

/// <summary>An event map, checked: actions and the filters that it adds to those of its watches.</summary>
/// <param name="Spec">The actions.</param>
/// <param name="Exclude">Patterns that exclude.</param>
/// <param name="Include">Patterns of which one must match; null: none.</param>
internal sealed record EventMapBinding(EventMapSpec Spec, List<string> Exclude, List<string>? Include);

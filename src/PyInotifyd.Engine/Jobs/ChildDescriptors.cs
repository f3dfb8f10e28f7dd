namespace PyInotifyd.Engine.Jobs;

/// <summary>The descriptors that become 0, 1 and 2 of a process.</summary>
internal readonly record struct ChildDescriptors(int Input, int Output, int Errors);

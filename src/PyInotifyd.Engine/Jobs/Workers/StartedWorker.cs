namespace PyInotifyd.Engine.Jobs.Workers;

/// <summary>The process of a worker that was started by somebody else, who has talked to it already.</summary>
/// <param name="Pid">The process, a child of this one that nobody waits for, and its process group.</param>
/// <param name="Input">Our end of its standard input, not blocking.</param>
/// <param name="Answers">Our end of its standard output, not blocking.</param>
/// <param name="Errors">Our end of its standard error, not blocking; -1: none.</param>
/// <remarks>Owns: whoever takes it owns the descriptors.</remarks>
internal sealed record StartedWorker(int Pid, int Input, int Answers, int Errors);

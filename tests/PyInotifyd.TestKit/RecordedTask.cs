namespace PyInotifyd.TestKit;

/// <summary>What a task of a <see cref="RecordingWorker"/> was told and saw.</summary>
/// <param name="Task">The task's id.</param>
/// <param name="Event">The name of its event.</param>
/// <param name="Path">The path that it was given.</param>
/// <param name="Kind">What was there: <c>file</c>, <c>dir</c>, <c>other</c> or <c>gone</c>.</param>
/// <param name="Content">What a file held, a character a byte.</param>
public sealed record RecordedTask(string Task, string Event, string Path, string Kind, string Content);

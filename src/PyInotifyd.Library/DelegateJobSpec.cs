using System;
using System.Threading;
using System.Threading.Tasks;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Library;

/// <summary>A job that is code of the program; the same code is the same job at a reload.</summary>
/// <param name="Body">The code.</param>
internal sealed record DelegateJobSpec(Func<FileEvent, JobContext, CancellationToken, ValueTask> Body) : JobSpec;

using System.Collections.Generic;
using PyInotifyd.Configuration;

namespace PyInotifyd.Daemon.Control;

/// <summary>A reload that is under way: its answer is what came of it.</summary>
/// <remarks>A configuration in Python is executed while everything else goes on.   Threads: the reactor's.</remarks>
internal sealed class ReloadWait : ControlWork
{
    private IReadOnlyList<ConfigProblem> _problems = [];
    private string? _error;
    private bool _isOver;

    /// <inheritdoc/>
    public override bool IsWaiting => !_isOver;

    /// <summary>Says what came of it.</summary>
    /// <param name="error">Why nothing has changed; null: the configuration is in force.</param>
    /// <param name="problems">What is wrong with the configuration.</param>
    public void End(string? error, IReadOnlyList<ConfigProblem> problems)
    {
        (_error, _problems, _isOver) = (error, problems, true);
        Resume?.Invoke();
    }

    /// <inheritdoc/>
    public override bool GoOn(JsonLine answer)
    {
        answer.Object();
        if (_error is null)
        {
            answer.Word("ok", true);
        }
        else
        {
            answer.Text("error", _error);
            if (_problems.Count != 0)
            {
                answer.Array("errors");
                foreach (ConfigProblem problem in _problems)
                {
                    answer.Text(null, problem.ToString());
                }

                answer.EndArray();
            }
        }

        answer.EndObject().EndLine();
        return false;
    }
}

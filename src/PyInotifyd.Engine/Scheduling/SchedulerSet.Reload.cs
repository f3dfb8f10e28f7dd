using System.Collections.Generic;
using PyInotifyd.Engine.Model;

namespace PyInotifyd.Engine.Scheduling;

public sealed partial class SchedulerSet
{
    /// <summary>Goes on under a new specification, which has been checked.</summary>
    /// <remarks>
    /// A scheduler that is equal in both is not touched. One whose name stays keeps its pending tasks, with their ids, and goes on under the new specification: a changed delay counts from the newest event as if it had
    /// been there before, running tasks end under the old job. One whose name is gone drops its pending tasks, each with a warning, and lets the running ones end; if the name comes back before that, it comes back with them.
    /// So nothing that a user may still want is lost, and no key runs twice at once. During a shutdown nothing is changed.
    /// Errors: whatever the factory of jobs throws, before anything has changed.
    /// </remarks>
    public void Reload(EngineSpec spec)
    {
        if (IsShuttingDown)
        {
            return;
        }

        IJob?[] jobs = new IJob?[spec.Schedulers.Count];
        HashSet<string> names = new(System.StringComparer.Ordinal);
        for (int i = 0; i < jobs.Length; i++)
        {
            names.Add(spec.Schedulers[i].Name);
            Scheduler? known = FindKnown(spec.Schedulers[i].Name);
            if (known is null || known.IsRetired || !known.Spec.Equals(spec.Schedulers[i]))
            {
                jobs[i] = _jobs.Create(spec.Schedulers[i], this);
            }
        }

        Generation++;
        _maxConcurrency = spec.MaxConcurrency;
        LogName = spec.LogName;
        Limit.Limit = spec.MaxPending;
        Retire(names);
        for (int i = 0; i < jobs.Length; i++)
        {
            if (jobs[i] is not { } job)
            {
                continue;
            }

            Scheduler? known = FindKnown(spec.Schedulers[i].Name);
            if (known is null)
            {
                Add(new Scheduler(this, spec.Schedulers[i], job));
            }
            else
            {
                _byName[spec.Schedulers[i].Name] = known;
                known.Change(spec.Schedulers[i], job);
            }
        }
    }

    private void Retire(HashSet<string> names)
    {
        for (int i = _schedulers.Count - 1; i >= 0; i--)
        {
            Scheduler scheduler = _schedulers[i];
            if (names.Contains(scheduler.Spec.Name) || scheduler.IsRetired)
            {
                continue;
            }

            _byName.Remove(scheduler.Spec.Name);
            scheduler.Retire();
            if (scheduler.TaskCount == 0)
            {
                _schedulers.RemoveAt(i);
            }
        }
    }

    /// <summary>Finds a scheduler among all, those included that only live on in their running tasks.</summary>
    private Scheduler? FindKnown(string name)
    {
        foreach (Scheduler scheduler in _schedulers)
        {
            if (scheduler.Spec.Name == name)
            {
                return scheduler;
            }
        }

        return null;
    }
}

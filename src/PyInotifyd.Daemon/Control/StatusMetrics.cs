using System.Collections.Generic;
using System.Text;
using PyInotifyd.Configuration.Json;

namespace PyInotifyd.Daemon.Control;

/// <summary>Prints the status of the daemon as metrics, in the text format of Prometheus.</summary>
/// <remarks>Source: prometheus.io/docs/instrumenting/exposition_formats, version 0.0.4.</remarks>
internal static class StatusMetrics
{
    private static readonly string[] s_states = ["ready", "degraded", "reloading", "stopping"];
    private static readonly string[] s_pending = ["delayed", "waiting", "running"];

    /// <summary>Returns the text of an answer.</summary>
    public static string Of(JsonNode status)
    {
        StringBuilder text = new();
        Head("pyinotifyd_info", "gauge", "Version of the daemon.", text);
        text.Append("pyinotifyd_info{version=\"").Append(Label(StatusText.Value(status, "version"))).Append("\"} 1\n");
        Head("pyinotifyd_state", "gauge", "1 for the state that the daemon is in.", text);
        foreach (string state in s_states)
        {
            text.Append("pyinotifyd_state{state=\"").Append(state).Append("\"} ").Append(StatusText.Value(status, "state") == state ? "1\n" : "0\n");
        }

        Single("pyinotifyd_uptime_seconds", "gauge", "Seconds since the daemon was started.", status, "uptime", text);
        Single("pyinotifyd_watches", "gauge", "Configured watches.", status, "watches", text);
        Single("pyinotifyd_directories", "gauge", "Directories and files with a watch of the kernel.", status, "directories", text);
        Single("pyinotifyd_events_read_total", "counter", "Events read from the kernel.", status, "events_read", text);
        Single("pyinotifyd_overflows_total", "counter", "Overflows of the kernel's event queue.", status, "overflows", text);
        Single("pyinotifyd_rescans_total", "counter", "Scans of watched trees for what was missed.", status, "rescans", text);
        Single("pyinotifyd_queue_high_water_mark_bytes", "gauge", "Most bytes that the kernel's event queue was seen to hold.", status, "queue_high_water_mark", text);
        Single("pyinotifyd_failed_tasks", "gauge", "Failed tasks that are kept and can be tried again.", status, "failed_tasks", text);
        Single("pyinotifyd_errors_total", "counter", "Errors of the daemon and failures of tasks that were logged.", status, "errors", text);
        if (status.Member("schedulers") is { } schedulers && schedulers.Children.Count != 0)
        {
            Schedulers(schedulers.Children, text);
        }

        return text.ToString();
    }

    private static void Schedulers(List<JsonNode> schedulers, StringBuilder text)
    {
        Head("pyinotifyd_tasks", "gauge", "Tasks by scheduler and state.", text);
        foreach (JsonNode scheduler in schedulers)
        {
            foreach (string state in s_pending)
            {
                Sample("pyinotifyd_tasks", scheduler, ",state=\"" + state + "\"", StatusText.Value(scheduler, state), text);
            }
        }

        Each("pyinotifyd_tasks_finished_total", "counter", "Tasks that succeeded.", schedulers, "finished", text);
        Each("pyinotifyd_tasks_failed_total", "counter", "Tasks whose last try failed.", schedulers, "failed", text);
        Each("pyinotifyd_tasks_cancelled_total", "counter", "Tasks that were dropped before they started.", schedulers, "cancelled", text);
        Each("pyinotifyd_tasks_skipped_total", "counter", "Events that were dropped because their task was running.", schedulers, "skipped", text);
        Head("pyinotifyd_scheduler_paused", "gauge", "1 where a scheduler starts nothing because it is paused.", text);
        foreach (JsonNode scheduler in schedulers)
        {
            Sample("pyinotifyd_scheduler_paused", scheduler, "", StatusText.IsTrue(scheduler, "paused") ? "1" : "0", text);
        }
    }

    private static void Single(string name, string type, string help, JsonNode status, string key, StringBuilder text)
    {
        Head(name, type, help, text);
        text.Append(name).Append(' ').Append(StatusText.Value(status, key)).Append('\n');
    }

    private static void Each(string name, string type, string help, List<JsonNode> schedulers, string key, StringBuilder text)
    {
        Head(name, type, help, text);
        foreach (JsonNode scheduler in schedulers)
        {
            Sample(name, scheduler, "", StatusText.Value(scheduler, key), text);
        }
    }

    private static void Head(string name, string type, string help, StringBuilder text) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static void Sample(string name, JsonNode scheduler, string labels, string value, StringBuilder text) =>
        text.Append(name).Append("{scheduler=\"").Append(Label(StatusText.Name(scheduler))).Append('"').Append(labels).Append("} ").Append(value).Append('\n');

    // Control characters and bytes that are not UTF-8 are \xNN here already.
    private static string Label(string value) => value.Replace("\\", "\\\\", System.StringComparison.Ordinal).Replace("\"", "\\\"", System.StringComparison.Ordinal);
}

#:project ../../src/PyInotifyd.Library
#:property CustomAfterMicrosoftCommonTargets=$(MSBuildProjectDirectory)/../../src/PyInotifyd.Library/Static.targets

// Compresses each file that is put into a directory, when nobody has written to it for a while.
// usage: compress INCOMING ARCHIVE
using System;
using System.IO;
using System.IO.Compression;
using System.Threading.Tasks;
using PyInotifyd.Library;

string incoming = args[0];
string archive = args[1];

Scheduler giveUp = new("give-up", (e, job, cancel) =>
{
    job.Log(LogLevel.Error, $"{e.PathName} stays as it is");
    return ValueTask.CompletedTask;
});

Scheduler compress = new("compress", async (e, job, cancel) =>
{
    string part = Path.Combine(archive, "." + e.Name + ".part");
    await using (FileStream source = File.OpenRead(e.PathName))
    await using (GZipStream target = new(File.Create(part), CompressionLevel.Optimal))
    {
        await source.CopyToAsync(target, cancel);
    }

    File.Move(part, Path.Combine(archive, e.Name + ".gz"), overwrite: true);
    job.Log(LogLevel.Info, $"compressed {e.Name}");
})
{
    Delay = TimeSpan.FromSeconds(1),
    Timeout = TimeSpan.FromMinutes(5),
    Retries = 2,
    OnFailure = giveUp,
};

EventMap events = new EventMap()
    .Schedule(FileEvents.CloseWrite | FileEvents.MovedTo, compress)
    .Cancel(FileEvents.Modify | FileEvents.Delete | FileEvents.MovedFrom, compress);

Setup setup = new()
{
    ShutdownTimeout = TimeSpan.FromSeconds(35),
    Watches = { new Watch(incoming, events) { Rec = true, AutoAdd = true } },
};

return new Daemon(setup).Run();

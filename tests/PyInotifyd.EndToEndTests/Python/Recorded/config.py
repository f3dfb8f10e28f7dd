import asyncio
import logging
import os.path
from collections import Counter

seen = Counter()


class Greeting:
    def __init__(self, word):
        self.word = word

    def to(self, event):
        return "{} {}".format(self.word, os.path.basename(event.pathname))


greeting = Greeting("hello")


def masks():
    return ", ".join("{}={}".format(*pair) for pair in sorted(seen.items()))


async def part(n):
    await asyncio.sleep(0.01 * n)
    return n


async def custom_job(event, task_id):
    seen[event.maskname] += 1
    numbers = await asyncio.gather(part(3), part(1), part(2))
    source = getattr(event, "src_pathname", None)
    logging.info(f"{greeting.to(event)} {numbers} dir={event.dir} mask={event.mask:#x} source={source}")
    if os.path.basename(event.pathname) == "slow":
        while not os.path.exists("/ROOT/go"):
            await asyncio.sleep(0.01)
        logging.info("seen: %s", masks())


async def plain(event, task_id):
    logging.getLogger("mine").warning("plain %s %s", event.maskname, event.name)


now = TaskScheduler(job=custom_job, files=True, dirs=True)
soon = TaskScheduler(job=custom_job, delay=1, logname="soon")
late = TaskScheduler(job=custom_job, delay=600, logname="late")
shell = ShellScheduler(cmd="printf '%s|' {maskname} {pathname} {src_pathname} >> /ROOT/shell", logname="shell")
files = FileManagerScheduler(
    rules=[
        FileManagerRule(action="move", src_re="^/ROOT/src/(?P<path>.*)\\.to_move$", dst_re="/ROOT/dst/\\g<path>", auto_create=True),
        FileManagerRule(action="copy", src_re="^/ROOT/src/(?P<path>.*)\\.to_copy$", dst_re="/ROOT/dst/\\g<path>"),
        FileManagerRule(action="delete", src_re="^/ROOT/src/(?P<path>.*)\\.to_delete$")],
    delay=1,
    logname="files")

event_map = {
    "IN_CLOSE_WRITE": [files, shell],
    "IN_ATTRIB": soon,
    "IN_MOVED_TO": [now, shell],
    "IN_CREATE": [now, plain],
    "IN_OPEN": None}

pyinotifyd = Pyinotifyd(shutdown_timeout=5)
pyinotifyd.add_watch(path="/ROOT/src", event_map=event_map, rec=True, auto_add=True)
pyinotifyd.add_watch(watch=Watch(
    path="/ROOT/late",
    event_map={"IN_ATTRIB": late, "IN_MOVED_FROM": Cancel(late), "IN_DELETE": Cancel(late)}))

"""Runs a configuration in Python: says what it configures, and runs its jobs.

The daemon hands this text and the user's file over in one descriptor and starts it as
    python3 -I -X utf8 -c LOADER FD LENGTH MODE NAME PROGRAM DEBUG INSECURE
where the first LENGTH bytes are this text. MODE is
    daemon   write the configuration, wait for a line on standard input, then serve jobs; without jobs, end
    check    write the configuration and end
    convert  the same, in a form for people
    worker   write no configuration, serve jobs
Descriptor 1 belongs to the protocol: JSON lines. User code finds standard error in its place, and nothing on standard input.
Before the configuration come {"error"|"warning"|"note": text, "line": n} and {"log": level, "logger": name, "message": text}; then
{"config": length, "jobs": bool, "places": {path: line}} and that many bytes of JSON.
Only the standard library, and only what Python 3.8 to 3.14 have in common.
"""
import ast
import asyncio
import contextvars
import difflib
import fcntl
import functools
import importlib.util
import inspect
import io
import json
import linecache
import logging
import logging.handlers
import os
import re
import select
import shutil
import signal
import sys
import threading
import time
import traceback
import types
import warnings

EVENTS = {
    "IN_ACCESS": 0x1, "IN_MODIFY": 0x2, "IN_ATTRIB": 0x4, "IN_CLOSE_WRITE": 0x8, "IN_CLOSE_NOWRITE": 0x10, "IN_OPEN": 0x20,
    "IN_MOVED_FROM": 0x40, "IN_MOVED_TO": 0x80, "IN_CREATE": 0x100, "IN_DELETE": 0x200, "IN_DELETE_SELF": 0x400, "IN_MOVE_SELF": 0x800,
    "IN_UNMOUNT": 0x2000, "IN_Q_OVERFLOW": 0x4000, "IN_IGNORED": 0x8000}
IN_ISDIR = 0x40000000
ALL_EVENTS = 0xfff
_OF_THE_ITEM_ITSELF = {"IN_DELETE_SELF", "IN_MOVE_SELF", "IN_UNMOUNT", "IN_Q_OVERFLOW", "IN_IGNORED"}
_MAX_MESSAGE = 8192
_BLOCKING_SECONDS = 1.0


class _Run:
    """What this process knows of the file that it runs."""

    name = ""
    pid = 0
    mode = "check"
    out = 1
    lock = threading.RLock()
    errors = 0
    schedulers = []
    syslogs = []
    calls = []
    strings = {}
    names = {}


_task_id = contextvars.ContextVar("pyinotifyd_task_id", default=None)


# -- what goes to the daemon ------------------------------------------------------------------------------------------------------------

def _send(data):
    """Writes bytes to the daemon as a whole."""
    with _Run.lock:
        while data:
            data = data[os.write(_Run.out, data):]


def _send_json(value):
    _send(json.dumps(value).encode() + b"\n")


def _error(line, text):
    _Run.errors += 1
    _say("error", line, text)


def _warning(line, text):
    _say("warning", line, text)


def _note(line, text):
    _say("note", line, text)


def _say(kind, line, text):
    """Reports what is to be said about the file; a worker that is started again has only the log for it, and has said the rest before."""
    if _Run.mode != "worker":
        _send_json({kind: text, "line": line})
    elif kind == "error":
        where = ":{}".format(line) if line else ""
        _send_json({"log": "ERROR", "logger": "python", "message": "{}{}: {}".format(_Run.name, where, text)})


def _level_name(level):
    for name in ("CRITICAL", "ERROR", "WARNING", "INFO"):
        if level >= getattr(logging, name):
            return name
    return "DEBUG"


def _log(level, logger, text):
    """Sends one line for the log, with the task that it belongs to."""
    if len(text) > _MAX_MESSAGE:
        text = text[:_MAX_MESSAGE] + " [cut after 8192 characters]"
    value = {"log": level, "logger": logger, "message": text}
    task_id = _task_id.get()
    if task_id is not None:
        value["id"] = task_id
    _send_json(value)


class _DaemonHandler(logging.Handler):
    """Hands records to the daemon's log; a traceback follows its message line by line."""

    def emit(self, record):
        try:
            lines = [record.getMessage()]
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            for text in (record.exc_text, record.stack_info):
                lines.extend(line for line in (text or "").splitlines() if not line.startswith('  File "pyinotifyd", '))
            for line in lines:
                _log(_level_name(record.levelno), record.name, line)
        except Exception:
            self.handleError(record)


class _Printed(io.RawIOBase):
    """Standard output of the file's own code: its lines go to the log. What other programs write to descriptor 1 goes to standard error."""

    def __init__(self):
        super().__init__()
        self._rest = b""

    def writable(self):
        return True

    def fileno(self):
        return 1

    def write(self, data):
        lines = (self._rest + bytes(data)).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _MAX_MESSAGE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            _log("INFO", "python", line.decode("utf-8", "surrogateescape"))
        return len(data)


# -- where things stand in the file -----------------------------------------------------------------------------------------------------

def _here():
    """Returns the line of the user's file that is being executed; 0: none."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == _Run.name:
            return frame.f_lineno
        frame = frame.f_back
    return 0


def _keyword_lines(line, class_name):
    """Returns on which lines the arguments of a call stand, by name."""
    best = None
    for call in _Run.calls:
        name = getattr(call.func, "id", getattr(call.func, "attr", None))
        if name == class_name and call.lineno <= line <= call.end_lineno:
            if best is None or call.lineno > best.lineno:
                best = call
    return {k.arg: k.value.lineno for k in best.keywords if k.arg} if best else {}


def _member(name):
    """Returns the step to a member as the daemon writes it in paths."""
    if re.match(r"[A-Za-z_$-][A-Za-z0-9_$-]*\Z", name):
        return "." + name
    return "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def _nearest(name, known):
    matches = difflib.get_close_matches(name, known, 1)
    return "; did you mean '{}'?".format(matches[0]) if matches else ""


def _shown(value):
    if isinstance(value, _Declared):
        return value._class
    text = repr(value)
    return "{} {}".format(type(value).__name__, text if len(text) <= 60 else text[:57] + "...")


# -- the words of the configuration -----------------------------------------------------------------------------------------------------

class _Declared:
    """A call in the file: its line, and its arguments by name."""

    _words = ()
    _required = ()
    _slips = {}
    _class = ""

    def _declare(self, args, kwargs):
        self._line = _here()
        self._given = given = {}
        self._lines = _keyword_lines(self._line, type(self).__name__)
        if len(args) > len(self._words):
            _error(self._line, "{} takes {} arguments at most, {} given".format(self._class, len(self._words), len(args)))
        given.update(zip(self._words, args))
        for key, value in kwargs.items():
            line = self._lines.get(key, self._line)
            if key in self._slips:
                _warning(line, "{}: '{}' is taken as '{}', which is the right spelling".format(self._class, key, self._slips[key]))
                self._lines[self._slips[key]] = line
                key = self._slips[key]
            if key not in self._words:
                _error(line, "{}: unknown argument '{}'{}".format(self._class, key, _nearest(key, self._words)))
            elif key in given:
                _error(line, "{}: argument '{}' is given twice".format(self._class, key))
            else:
                given[key] = value
        for key in self._required:
            if key not in given:
                _error(self._line, "{}: argument '{}' is missing".format(self._class, key))

    def _problem(self, key, text):
        _error(self._lines.get(key, self._line), "{}: {}: {}".format(self._class, key, text))

    def _value(self, key, default, kinds, words):
        """Returns an argument; one of another type is reported, and the default taken."""
        value = self._given.get(key, default)
        is_wanted = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if value is default or is_wanted:
            return value
        self._problem(key, "expected {}, found {}".format(words, _shown(value)))
        return default

    def _flag(self, key, default):
        return self._value(key, default, (bool,), "True or False")

    def _text(self, key, default):
        return self._value(key, default, (str,), "a str")

    def _places(self, path, places):
        places[path] = self._line
        for key, line in self._lines.items():
            places[path + "." + {"overwrite": "override"}.get(key, key)] = line


class TaskScheduler(_Declared):
    """Schedules a coroutine function."""

    _class = "TaskScheduler"
    _words = ("job", "files", "dirs", "delay", "logname", "global_vars", "singlejob", "loop")
    _required = ("job",)
    _slips = {"task": "job"}
    _fixed = ("process_event", "process_cancel_event", "taskindex", "_run_job", "_shell_job", "_manager_job", "pause", "shutdown")

    def __init__(self, *args, **kwargs):
        self._declare(args, kwargs)
        self._export_name = None
        for name in self._fixed:
            if hasattr(self, name):
                _error(self._line, "{}: its method {} would not be called here; put what it does into a job".format(type(self).__name__, name))
        self.files = self._flag("files", True)
        self.dirs = self._flag("dirs", False)
        self.delay = self._value("delay", 0, (int, float), "seconds")
        self.logname = self._text("logname", "sched") or "sched"
        self.singlejob = self._flag("singlejob", False)
        self._value("global_vars", {}, (dict,), "a dict")
        self._check()
        _Run.schedulers.append(self)

    def _check(self):
        self.job = job = self._given.get("job")
        if "job" not in self._given or _is_job(job):
            return
        if not callable(job):
            self._problem("job", "expected a coroutine function (async def), found {}".format(_shown(job)))
        else:
            code = getattr(job, "__code__", None)
            line = self._lines.get("job", self._line)
            where = " of line {}".format(code.co_firstlineno) if code is not None and code.co_filename == _Run.name else ""
            self._lines["job"] = line
            self._problem("job", "{}{} is no coroutine function: define it with async def".format(getattr(job, "__name__", _shown(job)), where))

    def _export(self):
        value = {}
        if not self.files:
            value["files"] = False
        if self.dirs:
            value["dirs"] = True
        if self.delay:
            value["delay"] = self.delay
        if self.logname != "sched":
            value["logname"] = self.logname
        if self.singlejob:
            value["singlejob"] = True
        return value


class ShellScheduler(TaskScheduler):
    """Schedules a command line."""

    _class = "ShellScheduler"
    _words = ("cmd", "job", "files", "dirs", "delay", "logname", "global_vars", "singlejob", "loop")
    _required = ("cmd",)

    def _check(self):
        self.cmd = self._text("cmd", "")
        for word in ("{name}", "{dirname}", "{watch}", "{task_id}"):
            if word in self.cmd:
                _note(self._lines.get("cmd", self._line), "{} is replaced in cmd; pyinotifyd in Python left it as it is".format(word))
        if re.match(r"\s*[^/\s]+/\S*", self.cmd) and not re.match(r"\s*[A-Za-z_0-9]*=", self.cmd):
            _note(self._lines.get("cmd", self._line), "commands run in the directory /, not in the one that the daemon was started in")

    def _export(self):
        return dict({"type": "shell", "cmd": self.cmd}, **super()._export())


class FileManagerRule(_Declared):
    """One rule of a FileManagerScheduler."""

    _class = "FileManagerRule"
    _words = ("action", "src_re", "dst_re", "auto_create", "overwrite", "dirmode", "filemode", "user", "group", "rec", "override")
    _required = ("action", "src_re")
    _slips = {"goup": "group"}

    def __init__(self, *args, **kwargs):
        self._declare(args, kwargs)
        self.action = self._text("action", None)
        self.src_re = self._given.get("src_re")
        if isinstance(self.src_re, re.Pattern) and isinstance(self.src_re.pattern, str):
            flags = "".join(c for c, bit in (("i", re.I), ("m", re.M), ("s", re.S), ("x", re.X), ("a", re.A)) if self.src_re.flags & bit)
            self.src_re = ("(?" + flags + ")" if flags else "") + self.src_re.pattern
        elif "src_re" in self._given:
            self.src_re = self._text("src_re", None)
        self.dst_re = self._text("dst_re", "")
        self.auto_create = self._flag("auto_create", False)
        self.override = self._flag("override", False) or self._flag("overwrite", False)
        self.rec = self._flag("rec", False)
        self.filemode = self._mode("filemode")
        self.dirmode = self._mode("dirmode")
        self.user = self._account("user")
        self.group = self._account("group")

    def _mode(self, key):
        value = self._value(key, None, (int,), "a mode such as 0o644")
        if value is None or 0 <= value <= 0o7777:
            return value
        self._problem(key, "expected a mode such as 0o644, found {:#o}".format(value))
        return None

    def _account(self, key):
        value = self._value(key, None, (str, int), "a name or a number")
        return value if value is None else str(value)

    def _export(self):
        value = {"action": self.action, "src_re": self.src_re}
        if self.action != "delete" or self.dst_re:
            value["dst_re"] = self.dst_re
        for key in ("auto_create", "override", "rec"):
            if getattr(self, key):
                value[key] = True
        for key in ("filemode", "dirmode"):
            if getattr(self, key) is not None:
                value[key] = "{:04o}".format(getattr(self, key))
        for key in ("user", "group"):
            if getattr(self, key) is not None:
                value[key] = getattr(self, key)
        return value


class FileManagerScheduler(TaskScheduler):
    """Schedules what the first matching rule says."""

    _class = "FileManagerScheduler"
    _words = ("rules", "job", "files", "dirs", "delay", "logname", "global_vars", "singlejob", "loop")
    _required = ("rules",)

    def _check(self):
        rules = self._given.get("rules", [])
        self.rules = []
        for rule in rules if isinstance(rules, (list, tuple)) else [rules]:
            if isinstance(rule, FileManagerRule):
                self.rules.append(rule)
            else:
                self._problem("rules", "expected FileManagerRule, found {}".format(_shown(rule)))
        if any(rule.action == "copy" for rule in self.rules):
            _note(self._line, "copy makes a copy of a symbolic link itself; pyinotifyd in Python copied what it points to")

    def _export(self):
        return dict({"type": "filemanager", "rules": [rule._export() for rule in self.rules]}, **super()._export())

    def _places(self, path, places):
        super()._places(path, places)
        for index, rule in enumerate(self.rules):
            rule._places("{}.rules[{}]".format(path, index), places)


class Cancel:
    """Cancels the task of a scheduler."""

    def __init__(self, task, *args, **kwargs):
        self.task = task
        if not isinstance(task, TaskScheduler):
            _error(_here(), "Cancel: expected a scheduler, found {}".format(_shown(task)))


class ExcludeFilter:
    """Regular expressions of paths to leave out: a list, or a file with one a line."""

    def __init__(self, arg_lst):
        self.patterns = arg_lst


def _exclude(owner, value):
    """Returns the exclude_filter of the daemon; None: nothing is left out."""
    if isinstance(value, ExcludeFilter):
        value = value.patterns
    elif hasattr(value, "_lregex"):
        value = [regex.pattern for regex in value._lregex]
    if value is None or value == []:
        return None
    if isinstance(value, str):
        return os.path.abspath(value)
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return list(value)
    owner._problem("exclude_filter", "expected a list of regular expressions or the name of a file, found {}".format(_shown(value)))
    return None


class EventMap(_Declared):
    """Maps events to schedulers."""

    _class = "EventMap"
    _words = ("event_map", "default_sched", "exclude_filter", "logname", "loop")
    _slips = {"default_task": "default_sched"}
    flags = EVENTS

    def __init__(self, *args, **kwargs):
        self._declare(args, kwargs)
        self.default = None
        self.source = self._given.get("event_map")
        self.map = {}
        default = self._given.get("default_sched")
        if default is not None:
            if isinstance(default, TaskScheduler):
                self.default = default
            else:
                for flag in EVENTS:
                    self.set_scheduler(flag, default)
        if self.source is not None and not isinstance(self.source, dict):
            self._problem("event_map", "expected a dict, found {}".format(_shown(self.source)))
        for flag, schedulers in (self.source if isinstance(self.source, dict) else {}).items():
            self.set_scheduler(flag, schedulers)
        self.exclude = _exclude(self, self._given.get("exclude_filter"))

    def set_scheduler(self, flag, schedulers):
        line = _Run.strings.get(flag, 0) or _here() or self._line
        if flag not in EVENTS:
            meant = [name for name in EVENTS if isinstance(flag, str) and sorted(name.split("_")) == sorted(flag.upper().split("_"))]
            if not meant:
                _error(line, "event map: unknown event {!r}{}".format(flag, _nearest(str(flag), EVENTS)))
                return
            _warning(line, "event map: '{}' is taken as '{}', which is the right spelling".format(flag, meant[0]))
            flag = meant[0]
        if flag in ("IN_Q_OVERFLOW",) and schedulers is not None:
            _note(line, "IN_Q_OVERFLOW reaches the event map, with the path of the watch; pyinotifyd in Python never delivered it")
        actions = []
        for item in schedulers if isinstance(schedulers, (list, tuple)) else [schedulers]:
            if item is None:
                continue
            if not isinstance(item, (TaskScheduler, Cancel)):
                if not _is_job(item):
                    _error(line, "event map: {}: expected a scheduler, Cancel(scheduler) or a coroutine function (async def), found {}".format(flag, _shown(item)))
                    continue
                name = _job_name(item) + "_" + flag
                item = TaskScheduler(item)
                item._export_name = name
                item._line = line
            actions.append(item)
        self.map[flag] = actions

    set = set_scheduler

    def set_exclude_filter(self, exclude_filter):
        self.exclude = _exclude(self, exclude_filter)

    def schedulers(self):
        found = [] if self.default is None else [self.default]
        for actions in self.map.values():
            found.extend(item.task if isinstance(item, Cancel) else item for item in actions)
        return found

    def _export(self):
        value = {}
        if self.default is not None:
            value["default_sched"] = self.default._export_name
        for flag, actions in self.map.items():
            names = [{"cancel": a.task._export_name} if isinstance(a, Cancel) else a._export_name for a in actions if _is_exported(a)]
            if names:
                value[flag] = names if len(names) > 1 else names[0]
            elif self.default is not None:
                value[flag] = None
        if self.exclude is not None:
            value["exclude_filter"] = self.exclude
        return value


def _is_exported(action):
    return not isinstance(action, Cancel) or isinstance(action.task, TaskScheduler)


class Watch(_Declared):
    """A path and what its events do."""

    _class = "Watch"
    _words = ("path", "event_map", "default_sched", "rec", "auto_add", "exclude_filter", "logname", "loop")
    _required = ("path",)

    def __init__(self, *args, **kwargs):
        self._declare(args, kwargs)
        path = self._given.get("path", [])
        self.paths = []
        for item in path if isinstance(path, (list, tuple)) else [path]:
            if isinstance(item, (str, bytes, os.PathLike)):
                self.paths.append(os.path.abspath(os.fsdecode(item)))
            else:
                self._problem("path", "expected a str or a list of them, found {}".format(_shown(item)))
        self.rec = self._flag("rec", False)
        self.auto_add = self._flag("auto_add", False)
        self.exclude = _exclude(self, self._given.get("exclude_filter"))
        event_map = self._given.get("event_map")
        if isinstance(event_map, EventMap):
            self.map = event_map
        else:
            self.map = EventMap(event_map=event_map, default_sched=self._given.get("default_sched"))
            self.map._line = self._line

    def path(self):
        return self._given.get("path")

    def event_map(self):
        return self.map

    def _export(self, maps):
        value = {"path": self.paths[0] if len(self.paths) == 1 else self.paths}
        value["event_map"] = maps.get(id(self.map)) or self.map._export()
        if self.rec:
            value["rec"] = True
        if self.auto_add:
            value["auto_add"] = True
        if self.exclude is not None:
            value["exclude_filter"] = self.exclude
        return value


class Pyinotifyd(_Declared):
    """All watches."""

    name = "pyinotifyd"
    _class = "Pyinotifyd"
    _words = ("watches", "shutdown_timeout", "logname", "loop")

    def __init__(self, *args, **kwargs):
        self._declare(args, kwargs)
        self._watches = []
        self.set_watches(self._given.get("watches", []))
        self.set_shutdown_timeout(self._given.get("shutdown_timeout", 30))
        self.logname = self._text("logname", "daemon") or "daemon"

    def set_watches(self, watches):
        self._watches = []
        for watch in watches if isinstance(watches, (list, tuple)) else [watches]:
            self.add_watch(watch=watch)

    def add_watch(self, *args, **kwargs):
        watch = kwargs.pop("watch", None)
        if watch is None:
            line = _here()
            watch = Watch(*args, **kwargs)
            watch._lines = _keyword_lines(line, "add_watch")
        if isinstance(watch, Watch):
            self._watches.append(watch)
        else:
            _error(_here(), "Pyinotifyd: watches: expected Watch, found {}".format(_shown(watch)))

    def set_shutdown_timeout(self, timeout):
        if isinstance(timeout, (int, float)) and not isinstance(timeout, bool):
            self.shutdown_timeout = timeout
        else:
            self.shutdown_timeout = 30
            _error(_here(), "Pyinotifyd: shutdown_timeout: expected seconds, found {}".format(_shown(timeout)))

    def schedulers(self):
        found = []
        for watch in self._watches:
            found.extend(item for item in watch.map.schedulers() if item not in found)
        return found


class _LogCall(_Declared):
    def __init__(self, name, words, required, args, kwargs):
        self._class = name
        self._words = words
        self._required = required
        self._slips = {"lglevel": "loglevel", "level": "loglevel", "name": "logname"}
        self._declare(args, kwargs)
        self._lines = _keyword_lines(self._line, name)

    def level(self):
        level = self._given.get("loglevel")
        number = logging.getLevelName(level.upper()) if isinstance(level, str) else level
        if isinstance(number, int):
            return number
        self._problem("loglevel", "expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found {}".format(_shown(level)))
        return logging.INFO


def setLoglevel(*args, **kwargs):
    """Sets the level of all loggers, or of one."""
    call = _LogCall("setLoglevel", ("loglevel", "logname"), ("loglevel",), args, kwargs)
    if "loglevel" in call._given:
        logging.getLogger(call._text("logname", None)).setLevel(call.level())


def enableSyslog(*args, **kwargs):
    """Has the daemon send messages to a syslog server."""
    call = _LogCall("enableSyslog", ("loglevel", "address", "logname"), (), args, kwargs)
    level = _level_name(call.level()) if call._given.get("loglevel") else "DEBUG"
    address = call._given.get("address", "/dev/log")
    if isinstance(address, (tuple, list)) and len(address) == 2:
        host = str(address[0])
        address = "{}:{}".format("[" + host + "]" if ":" in host else host, address[1])
    if not isinstance(address, str):
        call._problem("address", "expected a path or (host, port), found {}".format(_shown(address)))
        return
    value = {"level": level, "address": address}
    if call._text("logname", None):
        value["logname"] = call._text("logname", None)
    _Run.syslogs.append((call, value))


def _is_job(job):
    while isinstance(job, functools.partial):
        job = job.func
    return inspect.iscoroutinefunction(job) or (not inspect.isclass(job) and inspect.iscoroutinefunction(getattr(job, "__call__", None)))


def _job_name(job):
    while isinstance(job, functools.partial):
        job = job.func
    return getattr(job, "__name__", None) or type(job).__name__


# -- the file ---------------------------------------------------------------------------------------------------------------------------

def _modules():
    """Lets the file import what pyinotifyd in Python brought."""
    words = {word: globals()[word] for word in (
        "TaskScheduler", "ShellScheduler", "FileManagerRule", "FileManagerScheduler", "Cancel", "EventMap", "Watch", "Pyinotifyd", "setLoglevel", "enableSyslog")}
    package = types.ModuleType("pyinotifyd")
    package.__path__ = []
    scheduler = types.ModuleType("pyinotifyd.scheduler")
    scheduler.__dict__.update((k, words[k]) for k in ("TaskScheduler", "Cancel", "ShellScheduler", "FileManagerRule", "FileManagerScheduler"))
    package.__dict__.update(words, scheduler=scheduler)
    sys.modules.update({"pyinotifyd": package, "pyinotifyd.scheduler": scheduler})
    if importlib.util.find_spec("pyinotify") is None:
        pyinotify = types.ModuleType("pyinotify")
        pyinotify.__dict__.update(EVENTS, IN_ISDIR=IN_ISDIR, ALL_EVENTS=ALL_EVENTS, ExcludeFilter=ExcludeFilter, Event=Event)
        sys.modules["pyinotify"] = pyinotify
    words.update((level, getattr(logging, level)) for level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "NOTSET"))
    words.update(Rule=FileManagerRule, asyncio=asyncio, logging=logging, os=os, re=re, shutil=shutil, sys=sys, time=time, signal=signal)
    return words


def _read_places(source):
    tree = ast.parse(source, _Run.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _Run.calls.append(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            _Run.strings.setdefault(node.value, node.lineno)


def _execute(source, debug):
    """Runs the file and returns its names; None, after a report, where it fails."""
    names = dict(_modules(), __file__=os.path.abspath(_Run.name))
    try:
        with warnings.catch_warnings():
            # "\g" in a plain string is what the documentation of pyinotifyd in Python shows.
            warnings.simplefilter("ignore")
            code = compile(source, _Run.name, "exec", dont_inherit=True)
            _read_places(source)
        text = importlib.util.decode_source(source)
        linecache.cache[_Run.name] = (len(text), None, text.splitlines(True), _Run.name)
        exec(code, names)
        return names
    except SyntaxError as error:
        if error.filename == _Run.name:
            _error(error.lineno or 0, "{}: {}".format(type(error).__name__, error.msg))
        else:
            _report(error, debug)
    except SystemExit as error:
        _report(error, debug, "the file ends Python with sys.exit({})".format("" if error.code is None else repr(error.code)))
    except BaseException as error:
        _report(error, debug)
    return None


def _report(error, debug, text=None):
    line = 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == _Run.name:
            line = number
    if debug:
        traceback.print_exception(type(error), error, _own_part(error.__traceback__))
    _error(line, text or ": ".join(filter(None, (type(error).__name__, str(error)))))


def _own_part(tb):
    """Returns a traceback without the calls of this module that lead to the user's code."""
    while tb is not None and tb.tb_next is not None and tb.tb_frame.f_code.co_filename == "pyinotifyd":
        tb = tb.tb_next
    return tb


def _variables(names):
    """Returns the first variable of each object."""
    found = {}
    for name, value in names.items():
        if not name.startswith("__"):
            found.setdefault(id(value), name)
    return found


def _unique(name, taken):
    base, number = name, 2
    while name in taken:
        name = "{}_{}".format(base, number)
        number += 1
    return name


def _name_schedulers(variables):
    """Gives each scheduler its variable's name, or one made up."""
    taken = set()
    for scheduler in _Run.schedulers:
        name = variables.get(id(scheduler)) or scheduler._export_name or "sched"
        scheduler._export_name = _unique(name, taken)
        taken.add(scheduler._export_name)


def _name_jobs(needed):
    """Returns the jobs by the names that the daemon calls them by; the same file gives the same names."""
    jobs = {}
    for scheduler in needed:
        name = next((n for n, s in jobs.items() if s.job is scheduler.job and s.logname == scheduler.logname), None)
        if name is None:
            name = _unique(_job_name(scheduler.job), jobs)
            jobs[name] = scheduler
        scheduler._job_name = name
    return jobs


def _most_tasks():
    """Returns how many tasks may run at once: as many as there are descriptors for, four each (ProcessSetup), some of them left for the rest of the daemon."""
    try:
        import resource
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    except (ImportError, OSError):
        return 1000
    return 10000 if hard < 0 else max(64, min(10000, (hard - 256) // 4))


def _logging():
    value = {"level": _level_name(logging.root.level)}
    loggers = {}
    for name, logger in sorted(logging.root.manager.loggerDict.items()):
        # The daemon's loggers have no parents: what one takes from its parent is said of it, too.
        if isinstance(logger, logging.Logger) and (logger.level or logger.getEffectiveLevel() != logging.root.level):
            loggers[name] = _level_name(logger.getEffectiveLevel())
    if loggers:
        value["loggers"] = loggers
    if _Run.syslogs:
        value["syslog"] = [entry for _, entry in _Run.syslogs]
    return value


def _instance(names):
    if "pyinotifyd" not in names:
        found = [k for k, v in names.items() if isinstance(v, Pyinotifyd)]
        hint = ", as {} is".format(found[0]) if found else "(watches=[...])"
        _error(0, "the file sets no variable pyinotifyd; it must hold an instance of Pyinotifyd" + hint)
        return None
    instance = names["pyinotifyd"]
    if not isinstance(instance, Pyinotifyd):
        _error(0, "the variable pyinotifyd must hold an instance of Pyinotifyd, found {}".format(_shown(instance)))
        return None
    return instance


def _configuration(instance, names, command):
    """Returns the configuration of the daemon, where its parts stand, and the jobs."""
    variables = _variables(names)
    _name_schedulers(variables)
    used = instance.schedulers()
    tasks = [s for s in _Run.schedulers if type(s)._export is TaskScheduler._export and s in used]
    jobs = _name_jobs(tasks)
    places = {"$": instance._line}
    schedulers = {}
    for scheduler in _Run.schedulers:
        value = scheduler._export()
        if "type" not in value:
            if scheduler not in tasks:
                continue
            value = dict({"type": "task", "worker": "python", "job": scheduler._job_name}, **value)
        schedulers[scheduler._export_name] = value
        scheduler._places("$.schedulers" + _member(scheduler._export_name), places)
    maps, map_names = {}, {}
    for watch in instance._watches:
        name = variables.get(id(watch.map)) or variables.get(id(watch.map.source))
        value = watch.map._export()
        if name and maps.setdefault(name, value) == value:
            map_names[id(watch.map)] = name
            watch.map._places("$.event_maps" + _member(name), places)
    watches = []
    for index, watch in enumerate(instance._watches):
        watches.append(watch._export(map_names))
        watch._places("$.watches[{}]".format(index), places)
    for index, (call, _) in enumerate(_Run.syslogs):
        call._places("$.logging.syslog[{}]".format(index), places)
    value = {"shutdown_timeout": instance.shutdown_timeout, "max_concurrency": _most_tasks(), "logging": _logging(), "defaults": {"on_busy": "skip"}}
    if instance.logname != "daemon":
        value["logname"] = instance.logname
    if jobs:
        value["workers"] = {"python": {"command": command + ["python-worker", os.path.abspath(_Run.name)]}}
    value.update(schedulers=schedulers, event_maps=maps, watches=watches)
    return value, places, jobs


# -- jobs -------------------------------------------------------------------------------------------------------------------------------

class Event:
    """What happened, with the attributes of pyinotify's events."""

    def __init__(self, values):
        mask = values.get("mask", 0)
        self.mask = mask
        self.dir = values.get("dir", False)
        self.maskname = values.get("maskname", "") + ("|IN_ISDIR" if mask & IN_ISDIR else "")
        self.pathname = values.get("pathname", "")
        if values.get("maskname") in _OF_THE_ITEM_ITSELF:
            self.path, self.name = self.pathname, ""
        else:
            self.path, self.name = os.path.split(self.pathname)
        self.wd = values.get("wd", -1)
        if values.get("cookie"):
            self.cookie = values["cookie"]
        if values.get("src_pathname") is not None:
            self.src_pathname = values["src_pathname"]

    def __repr__(self):
        text = ""
        for name, value in sorted(self.__dict__.items()):
            text += " {}={}".format(name, hex(value) if name == "mask" else "''" if value == "" else value)
        return "<Event" + text + " >"


@types.coroutine
def _watched(coroutine, logger, name):
    """Drives a job and says when a step of it held up all others."""
    value, error = None, None
    while True:
        begin = time.monotonic()
        try:
            wanted = coroutine.send(value) if error is None else coroutine.throw(error)
        except StopIteration as end:
            return end.value
        finally:
            took = time.monotonic() - begin
            if took > _BLOCKING_SECONDS:
                logger.warning("job %s blocked all other jobs for %.1f s: use await (asyncio.sleep, asyncio.to_thread) instead of calls that wait", name, took)
        value, error = None, None
        try:
            value = yield wanted
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as thrown:
            error = thrown


class _Worker:
    """Runs jobs that come in as lines."""

    def __init__(self, loop, source, jobs):
        self._loop = loop
        self._source = source
        self._jobs = jobs
        self._tasks = {}
        self._rest = bytearray()
        self._ending = None

    def run(self):
        os.set_blocking(self._source, False)
        self._loop.add_reader(self._source, self._read)
        self._loop.add_signal_handler(signal.SIGTERM, self._end)
        self._loop.run_forever()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _read(self):
        try:
            chunk = os.read(self._source, 262144)
        except BlockingIOError:
            return
        if not chunk:
            self._end()
            return
        self._rest += chunk
        if b"\n" not in chunk:
            return
        lines = bytes(self._rest).split(b"\n")
        self._rest = bytearray(lines.pop())
        for line in lines:
            if line:
                self._take(json.loads(line.decode("utf-8", "surrogatepass")))

    def _take(self, message):
        if "cancel" in message:
            task = self._tasks.get(message["cancel"])
            if task is not None:
                task.cancel()
        elif "id" in message:
            task = self._loop.create_task(self._job(message["id"], message.get("job"), Event(message.get("event", {}))))
            self._tasks[message["id"]] = task

    async def _job(self, task_id, name, event):
        answer = {"id": task_id, "status": "error"}
        _task_id.set(task_id)
        scheduler = self._jobs.get(name)
        logger = logging.getLogger(scheduler.logname if scheduler else "sched")
        try:
            if scheduler is None:
                raise LookupError("the file has no job named {!r} any more".format(name))
            await _watched(scheduler.job(event, task_id), logger, name)
            answer["status"] = "ok"
        except asyncio.CancelledError:
            logger.warning("ongoing task cancelled, mask=%s, path=%s", event.maskname, event.pathname)
            answer["message"] = "cancelled"
        except BaseException as error:
            answer["message"] = ": ".join(filter(None, (type(error).__name__, str(error))))[:_MAX_MESSAGE]
            logger.error("exception in job %s", name, exc_info=(type(error), error, _own_part(error.__traceback__)))
        finally:
            self._tasks.pop(task_id, None)
            _send_json(answer)

    def _end(self):
        if self._ending is None:
            self._loop.remove_reader(self._source)
            self._ending = self._loop.create_task(self._finish())

    async def _finish(self):
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        self._loop.stop()


# -- the start --------------------------------------------------------------------------------------------------------------------------

def _take_streams():
    """Keeps the protocol's descriptors for ourselves and returns the one to read."""
    _Run.out = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Printed()), encoding="utf-8", errors="surrogateescape", line_buffering=True)
    source = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return source


def _renew_lock():
    """In a child that jobs fork: another thread of the parent may have held it."""
    _Run.lock = threading.RLock()


def _die_with(source, dies):
    """While the file is executed: has the kernel end this process when the daemon, which holds the other end of the pipe, goes."""
    try:
        if dies:
            fcntl.fcntl(source, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(source, fcntl.F_GETFL)
        fcntl.fcntl(source, fcntl.F_SETFL, flags | os.O_ASYNC if dies else flags & ~os.O_ASYNC)
    except OSError:
        pass
    watch = select.poll()
    watch.register(source, 0)
    if any(events & select.POLLHUP for _, events in watch.poll(0)):
        # It went before, and there is no signal for that.
        os._exit(1)


def _leave(status):
    """Ends at once: threads that the file has started must not hold up the daemon."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _main(stream, mode, name, program, debug, insecure):
    source_text = stream.read()
    stream.close()
    sys.argv = [name]
    _Run.name, _Run.pid, _Run.mode = name, os.getpid(), mode
    command = [program] + (["-d"] if debug else []) + (["--insecure"] if insecure else []) if mode == "daemon" else [program]
    source = _take_streams()
    _die_with(source, True)
    os.register_at_fork(after_in_child=_renew_lock)
    logging.root.addHandler(_DaemonHandler())
    logging.root.setLevel(logging.INFO)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    names = _execute(source_text, debug)
    # The file may have used asyncio.run, which leaves none behind.
    asyncio.set_event_loop(loop)
    if os.getpid() != _Run.pid:
        os._exit(0)
    instance = _instance(names) if names is not None and not _Run.errors else None
    if instance is None or _Run.errors:
        _leave(1)
    value, places, jobs = _configuration(instance, names, command)
    if _Run.errors:
        _leave(1)
    if debug:
        logging.root.setLevel(logging.DEBUG)
    if not jobs and mode == "daemon" and (threading.active_count() > 1 or asyncio.all_tasks(loop)):
        _warning(0, "threads and tasks that the file starts end here: Python goes on running only where a TaskScheduler needs it")
    _die_with(source, False)
    if mode != "worker":
        text = json.dumps(value, indent=2 if mode == "convert" else None).encode() + b"\n"
        # Held until the daemon reads lines of a worker: threads of the file may have something to log.
        with _Run.lock:
            _send_json({"config": len(text), "jobs": bool(jobs), "places": places})
            _send(text)
            if not jobs or mode != "daemon" or not os.read(source, 3):
                _leave(0)
    _Worker(loop, source, jobs).run()


_main(f, sys.argv[3], sys.argv[4], sys.argv[5], sys.argv[6] == "1", sys.argv[7] == "1")  # noqa: F821, f is the loader's

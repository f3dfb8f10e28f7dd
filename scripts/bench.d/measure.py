"""One running program: started in a cgroup of its own, so that its CPU time is that of all its children too, whoever reaped them."""
import atexit
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time

TOOLS = os.environ.get('BENCH_TOOLS', '')
# The soft limit of a service. Some programs close every possible descriptor in each child: it decides what a start costs them.
DESCRIPTORS = 1024
running = []


class NotApplicable(Exception):
    """The program has no such feature."""


class Failed(Exception):
    """The program ended, or its result is wrong."""


def tool(name):
    return os.path.join(TOOLS, name)


def cgroup_root():
    for line in open('/proc/mounts'):
        fields = line.split()
        if fields[2] == 'cgroup2' and os.access(fields[1], os.W_OK):
            return fields[1]
    raise SystemExit('scripts/bench: CPU time is measured with cgroups v2: run it as root where a cgroup2 file system is mounted')


def load(*arguments, timeout=600):
    """Runs load.c; returns [(ns, name)] and (begin, end)."""
    done = subprocess.run([tool('load')] + [str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    if done.returncode:
        raise Failed(done.stderr.strip())
    lines = [line.split(' ', 1) for line in done.stdout.splitlines()]
    begin, end = lines.pop()
    return [(int(ns), name) for ns, name in lines], (int(begin), int(end))


class Run:
    count = 0

    def __init__(self, subject, mode, disk=False, watch=None, **options):
        Run.count += 1
        self.subject, self.mode, self.options = subject, mode, options
        self.base = tempfile.mkdtemp(prefix='pyinotifyd-bench.', dir='/tmp' if disk else '/dev/shm')
        self.watched = watch or self.base + '/watched'
        self.scratch, self.target, self.marks_file = self.base + '/scratch', self.base + '/target', self.base + '/scratch/marks'
        for directory in (self.watched, self.scratch, self.target):
            os.makedirs(directory, exist_ok=True)
        self.output, self.errors = self.scratch + '/out', self.scratch + '/err'
        self.group = f'{cgroup_root()}/pyinotifyd-bench.{os.getpid()}.{Run.count}'
        self.process = None
        self.keep = False           # the files stay until the end of the script
        self.ready_file = None      # the subject is ready when this exists, too
        self.keep_output = True
        os.mkdir(self.group)
        running.append(self)
        self.argv = subject.command(self, mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

        def enter():
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
            with open(self.group + '/cgroup.procs', 'w') as f:
                f.write('0')
        with open(self.output if self.keep_output else '/dev/null', 'a') as out, open(self.errors, 'a') as err:
            self.begun = time.monotonic()
            self.process = subprocess.Popen(self.argv, cwd=self.scratch, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            preexec_fn=enter, start_new_session=True, env=dict(os.environ, LC_ALL='C', HOME=self.scratch, USER='root'))
        return self

    def pids(self):
        try:
            return [int(line) for line in open(self.group + '/cgroup.procs')]
        except OSError:
            return []

    def queues(self):
        """(pid, descriptor, text of fdinfo) of each inotify instance; one that a forked child shares counts once."""
        found = {}
        for pid in self.pids():
            try:
                for fd in os.listdir(f'/proc/{pid}/fd'):
                    if 'inotify' in os.readlink(f'/proc/{pid}/fd/{fd}'):
                        text = open(f'/proc/{pid}/fdinfo/{fd}').read()
                        found.setdefault(text.split('\n', 4)[-1], (pid, int(fd), text))
            except OSError:
                pass
        return list(found.values())

    def queue_arguments(self):
        return [f'{pid}:{fd}' for pid, fd, _ in self.queues()]

    def watches(self):
        return sum(text.count('inotify wd:') for _, _, text in self.queues())

    def subscribed(self):
        """How many of the three events of open, write, close the program asked for."""
        mask = 0
        for _, _, text in self.queues():
            for line in text.splitlines():
                if identity(self.watched) in line:
                    mask |= int(re.search(r'mask:([0-9a-f]+)', line)[1], 16)
        return bin(mask & 0x2a).count('1')

    def ready(self, timeout=15):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None and not self.pids():
                raise Failed('ended at its start: ' + self.last_words())
            watching = any(identity(self.watched) in text for _, _, text in self.queues())
            if watching and (self.ready_file is None or os.path.exists(self.ready_file)):
                self.quiet(0.2, timeout)
                return self
            time.sleep(0.01)
        raise Failed(f'not ready after {timeout} s: ' + self.last_words())

    def last_words(self):
        for path in (self.errors, self.output):
            words = ' '.join(open(path, errors='replace').read()[-400:].split())[-160:] if os.path.exists(path) else ''
            if words:
                return words
        return ''

    def cpu(self):
        for line in open(self.group + '/cpu.stat'):
            if line.startswith('usage_usec'):
                return int(line.split()[1]) / 1e6

    def quiet(self, need=0.3, timeout=60, step=0.01):
        """Waits until next to no CPU was used for so long; returns the moment of the last use, None where it never was."""
        end, last, used = time.monotonic() + timeout, time.monotonic(), self.cpu()
        while True:
            time.sleep(step)
            new, now = self.cpu(), time.monotonic()
            if new - used > step * 0.02:
                last = now
            used = new
            if now - last >= need:
                return last
            if now > end:
                return None

    def status(self, key):
        """The sum of a figure of /proc/PID/status in bytes."""
        total = 0
        for pid in self.pids():
            try:
                for line in open(f'/proc/{pid}/status'):
                    if line.startswith(key + ':'):
                        total += int(line.split()[1]) * 1024
            except OSError:
                pass
        return total

    def signal(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except OSError:
                pass

    def marks(self):
        """[(ns, path)] that the started programs wrote."""
        try:
            with open(self.marks_file, errors='surrogateescape') as f:
                return [(int(ns), path) for ns, path in (line.rstrip('\n').split(' ', 1) for line in f if ' ' in line)]
        except OSError:
            return []

    def reported(self, pattern):
        """The different names that programs were started for, or that the program printed."""
        names = set()
        for path in (self.marks_file, self.output):
            if os.path.exists(path):
                names.update(re.findall(pattern, open(path, errors='replace').read()))
        return names

    def settle(self, count, timeout, silence=None):
        """Waits until so many programs were started, or nothing happens any more."""
        silence = silence or self.subject.silence
        end, size, since = time.monotonic() + timeout, -1, time.monotonic()
        used = self.cpu()
        while time.monotonic() < end:
            now = os.path.getsize(self.marks_file) if os.path.exists(self.marks_file) else 0
            new = self.cpu()
            if now != size or new - used > 0.002:
                size, used, since = now, new, time.monotonic()
                with open(self.marks_file, 'rb') if now else open('/dev/null', 'rb') as f:
                    if f.read().count(b'\n') >= count:
                        break
            elif time.monotonic() - since > silence:
                break
            time.sleep(0.02)
        self.quiet(0.2, 5)

    def stop(self):
        """TERM, then KILL, to the processes of its own cgroup, by their numbers."""
        if self not in running:
            return
        running.remove(self)
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        for number, patience in ((0, 1.5), (signal.SIGKILL, 10)):
            end = time.monotonic() + patience
            while self.pids() and time.monotonic() < end:
                if number:
                    self.signal(number)
                if self.process:
                    self.process.poll()
                time.sleep(0.01)
        if self.process:
            self.process.wait(5)
        for _ in range(100):
            try:
                os.rmdir(self.group)
                break
            except OSError:
                time.sleep(0.02)
        if self.keep:
            atexit.register(shutil.rmtree, self.base, True)
        else:
            shutil.rmtree(self.base, ignore_errors=True)


def identity(path):
    """How the kernel names the inode in fdinfo."""
    st = os.stat(path)
    return f' ino:{st.st_ino:x} sdev:{os.major(st.st_dev) << 20 | os.minor(st.st_dev):x} '


def stop_all():
    for run in list(running):
        run.stop()


atexit.register(stop_all)
for _number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(_number, lambda *_: exit(130))

"""The scenarios: each makes the work, checks what came out, and returns the figures. A time of a wrong result is None: never quoted."""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from measure import Failed, NotApplicable, Run, identity, load, tool
from subjects import PEERS, SUBJECTS

BOTH = ['floor', 'pyinotifyd']
BATCHES = {'watchman': 'one program for many files'}
SCENARIOS = {}


class Scenario:
    """What is measured of whom; `columns` is (key, heading), `chart` the key that is drawn, `ratio` the one divided by the floor's; others may be
    measured in fewer rounds."""

    def __init__(self, number, name, title, subjects, columns, chart, unit, more_is_better=False, scale=None, ratio=None, peer_rounds=None, remarks=None):
        self.number, self.name, self.title, self.subjects, self.columns = number, name, title, subjects, columns
        self.chart, self.unit, self.more_is_better, self.scale, self.ratio, self.peer_rounds = chart, unit, more_is_better, scale, ratio or chart, peer_rounds
        self.remarks = remarks or {}

    def __call__(self, function):
        self.function = function
        SCENARIOS[self.name] = self
        return function


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(part * len(values)))]


def base(path):
    return os.path.basename(path)


# ---- 1, 2: events that lead to nothing

def ignored(subject, mode, quick):
    files, events = 1000, 200_000 if quick else 1_000_000
    with Run(subject, mode) as run:
        for i in range(files):
            open(f'{run.watched}/f{i}', 'w').close()
        run.start().ready()
        asked = run.subscribed()
        if asked == 0:
            raise Failed('asked for none of OPEN, MODIFY, CLOSE_WRITE')
        queues = run.queue_arguments()
        begun = time.monotonic()
        load('flow', run.watched, 30_000, files, *queues)
        rate = 30_000 / max(1e-3, (run.quiet() or time.monotonic()) - begun)
        events = int(max(30_000, min(events, rate * 6)))        # a slow one gets fewer events, figures are per event
        before, begun = run.cpu(), time.monotonic()
        load('flow', run.watched, events, files, *queues)
        ended = run.quiet()
        delivered = events * asked / 3 / 1e6
        result = {'cpu': (run.cpu() - before) / delivered, 'rate': delivered * 1e3 / ((ended or time.monotonic()) - begun),
                  'peak': run.status('VmHWM') / 1e6, 'asked': f'{asked} of 3'}
        if not run.pids():
            raise Failed('ended: ' + run.last_words())
        if mode == 'match':
            if run.reported(r'\bf[0-9]+\b'):
                raise Failed('the filter let files through')
            with open(run.watched + '/q1.tmp', 'w') as f:
                f.write('x')
            run.settle(1, 6)
            if not run.reported(r'q1\.tmp'):
                result['cpu'] = result['rate'] = None
                result['asked'] += ', lost the file that passes'
    return result


IGNORED = [('cpu', 'CPU s per 1M events'), ('rate', 'k events/s'), ('peak', 'peak MB'), ('asked', 'subscribed')]


@Scenario(1, 'ingest', '1,000,000 events of open, write and close that lead to nothing', ['floor', 'floor, napping', 'pyinotifyd'] + PEERS, IGNORED,
          'cpu', 'CPU s per 1M events')
def ingest(subject, quick):
    return ignored(subject, 'ingest', quick)


@Scenario(2, 'match', 'the same with one regular expression or pattern for each event', BOTH + PEERS, IGNORED, 'cpu', 'CPU s per 1M events')
def match(subject, quick):
    return ignored(subject, 'match', quick)


# ---- 3: set-up

trees = {}


def tree(*widths):
    """A tree of directories on tmpfs, made once; returns its path and the number of its directories."""
    if widths not in trees:
        path = tempfile.mkdtemp(prefix='pyinotifyd-bench.', dir='/dev/shm')
        atexit.register(shutil.rmtree, path, True)
        load('tree', path, *widths)
        trees[widths] = path
    a, b, c = widths
    return trees[widths], 1 + a + a * b + a * b * c


def watch_tree(subject, widths, timeout=60):
    path, count = tree(*widths)
    with Run(subject, 'setup', watch=path) as run:
        run.start()
        end = time.monotonic() + 5
        while not run.cpu() and time.monotonic() < end:
            time.sleep(0.001)
        ended = run.quiet(1.0, timeout)
        cpu, watches, memory = run.cpu(), run.watches(), run.status('RssAnon')
        if not run.pids():
            raise Failed('ended: ' + run.last_words())
        if watches < count:
            why = f'{watches} of {count} after {timeout} s' if ended is None else f'stopped at {watches} of {count}'
            return {'watches': watches, 'state': why}
        return {'wall': None if ended is None else ended - run.begun, 'cpu': cpu, 'memory': memory / 1e6, 'bytes': memory / watches,
                'watches': watches, 'state': 'all' if ended else 'all, never quiet'}


@Scenario(3, 'setup', 'start until each of 101,011 directories is watched', BOTH + PEERS,
          [('wall', 'ready s'), ('cpu', 'CPU s'), ('memory', 'own memory MB'), ('bytes', 'bytes per directory'), ('state', 'watched')], 'wall', 's until ready')
def setup(subject, quick):
    return watch_tree(subject, (10, 100, 10) if quick else (10, 100, 100), 40)


# ---- 4, 5: a program for each file

@Scenario(4, 'spawn', '2,000 new files, a program for each', ['floor', 'pyinotifyd', 'pyinotifyd, logged output'] + PEERS,
          [('wall', 'wall s'), ('cpu', 'CPU s'), ('missed', 'missed'), ('twice', 'twice'), ('peak', 'peak MB')], 'wall', 's until the last program runs', remarks=BATCHES)
def spawn(subject, quick):
    count = 500 if quick else 2000
    with Run(subject, 'spawn') as run:
        run.start().ready()
        before = run.cpu()
        _, (begin, _) = load('files', run.watched, count)
        run.settle(count, 40)
        cpu, marks = run.cpu() - before, run.marks()
        names = [base(path) for _, path in marks]
        missed, twice = count - len(set(names)), len(names) - len(set(names))
        if not set(names) <= {f's{i:06}.dat' for i in range(count)}:
            raise Failed('started for a file that is not there')
        right = missed == 0
        return {'wall': (max(ns for ns, _ in marks) - begin) / 1e9 if right else None, 'cpu': cpu if right else None, 'missed': missed, 'twice': twice,
                'peak': run.status('VmHWM') / 1e6}


@Scenario(5, 'latency', 'close(2) of a new file to the first instruction of its program, files 10 ms apart', BOTH + PEERS,
          [('p50', 'p50 us'), ('p90', 'p90 us'), ('p99', 'p99 us'), ('max', 'max us'), ('missed', 'missed')], 'p50', 'us, median', remarks=BATCHES)
def latency(subject, quick):
    count = 100 if quick else 300
    with Run(subject, 'spawn') as run:
        run.start().ready()
        closed, _ = load('files', run.watched, count, 10_000)
        run.settle(count, 20)
        first = {}
        for ns, path in run.marks():
            first.setdefault(base(path), ns)
        late = [(first[name] - ns) / 1e3 for ns, name in closed if name in first]
        if not late:
            raise Failed('no program was started')
        missed = count - len(late)
        return {'missed': missed, **({} if missed else {'p50': percentile(late, .5), 'p90': percentile(late, .9), 'p99': percentile(late, .99), 'max': max(late)})}


# ---- 6: delays that are moved on and cancelled

@Scenario(6, 'debounce', '100,000 files written twice, half of them deleted; then a program for each of 50,000', BOTH + ['direvent', 'lsyncd', 'watchman'],
          [('cpu', 'CPU s'), ('load', 'CPU s until all wait'), ('jobs', 'programs'), ('wrong', 'missed, twice, early or for deleted'),
           ('late50', 'late p50 ms'), ('alone99', 'alone: late p99 ms'), ('peak', 'peak MB')], 'cpu', 'CPU s')
def debounce(subject, quick):
    count, delay = (10_000, 4) if quick else (100_000, 12)
    with Run(subject, 'debounce', delay=delay) as run:
        run.start().ready()
        before = run.cpu()
        closed, (begin, end) = load('debounce', run.watched, count, *run.queue_arguments())
        loaded = run.cpu() - before
        if (end - begin) / 1e9 > delay:
            raise Failed(f'making the files took {(end - begin) / 1e9:.1f} s, longer than the delay of {delay} s: the machine is too busy')
        run.settle(len(closed), delay + 60, delay + 3)
        cpu, fired = run.cpu() - before, {}
        for ns, path in run.marks():
            fired.setdefault(base(path), []).append(ns)
        at = {name: ns for ns, name in closed}
        late = [(min(fired[name]) - ns) / 1e6 - delay * 1e3 for name, ns in at.items() if name in fired]
        wrong = len(at) - len(late) + sum(name not in at for name in fired) + sum(len(ns) > 1 for ns in fired.values()) + sum(ms < -0.1 for ms in late)
        peak = run.status('VmHWM') / 1e6
    with Run(subject, 'debounce', delay=0.2) as run:        # a machine with time to spare: each delay by itself
        run.start().ready()
        closed, _ = load('files', run.watched, 200, 7_000)
        run.settle(200, 20)
        first = {base(path): ns for ns, path in run.marks()}
        alone = [(first[name] - ns) / 1e6 - 200 for ns, name in closed if name in first]
    right = wrong == 0 and len(alone) == 200
    return {'jobs': sum(map(len, fired.values())), 'wrong': wrong, 'peak': peak,
            **({'cpu': cpu, 'load': loaded, 'late50': percentile(late, .5), 'alone99': percentile(alone, .99)} if right else {})}


# ---- 7, 8: nothing is lost

def races(subject, quick, gap):
    trees_made, files = 200 if quick else 2000, 3
    with Run(subject, 'race') as run:
        run.start().ready()
        before = run.cpu()
        _, (begin, end) = load('race', run.watched, trees_made, files, gap)
        run.settle(trees_made * files, 40)
        marks, seen = run.marks(), run.reported(r'r\d{5}_\d\.dat')
        lost = trees_made * files - len(seen)
        wall = (max(ns for ns, _ in marks) - begin) / 1e9 if marks and lost == 0 else None
        return {'lost': lost, 'percent': 100 * lost / (trees_made * files), 'wall': wall, 'cpu': run.cpu() - before if lost == 0 else None,
                'alive': 'yes' if run.pids() else 'ended'}


RACE = [('lost', 'files missed'), ('percent', '%'), ('wall', 's until the last'), ('cpu', 'CPU s'), ('alive', 'still runs')]


@Scenario(7, 'race', '2,000 new trees five levels deep with 3 files each, one tree per 2 ms', BOTH + PEERS, RACE, 'percent', '% of the files missed', ratio='wall')
def race(subject, quick):
    return races(subject, quick, 2000)


@Scenario(7, 'burst', 'the same as fast as they can be made', BOTH + PEERS, RACE, 'percent', '% of the files missed', ratio='wall')
def burst(subject, quick):
    return races(subject, quick, 0)


@Scenario(8, 'overflow', 'stopped while a quarter more files appear than the queue has places', BOTH + PEERS,
          [('files', 'files'), ('seen', 'seen'), ('percent', '% missed'), ('wall', 's until the last'), ('after', 'works after it')], 'percent', '% of the files missed',
          ratio='wall', peer_rounds=1)
def overflow(subject, quick):
    places = int(open('/proc/sys/fs/inotify/max_queued_events').read())
    count = places * 5 // 4       # the size of the queue is one for the whole machine: it is not made smaller
    with Run(subject, 'overflow') as run:
        run.start().ready()
        run.signal(signal.SIGSTOP)
        time.sleep(0.05)
        load('files', run.watched, count)
        begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        run.signal(signal.SIGCONT)
        run.settle(count, 120)
        marks, seen = run.marks(), run.reported(r's\d{6}\.dat')
        wall = (max(ns for ns, _ in marks) - begin) / 1e9 if marks and len(seen) == count else None
        with open(run.watched + '/s999999.dat', 'w') as f:
            f.write('x')
        end = time.monotonic() + 8
        while not run.reported(r's999999\.dat') and time.monotonic() < end:
            time.sleep(0.1)
        after = 'yes' if run.reported(r's999999\.dat') else 'no'
        return {'files': count, 'seen': len(seen), 'percent': 100 * (count - len(seen)) / count, 'wall': wall, 'after': after}


# ---- 9: idle

def own_processes(run):
    """Without the shell that some are started by."""
    pids = run.pids()
    return [pid for pid in pids if not os.readlink(f'/proc/{pid}/exe').endswith('/bash')] or pids


def switches(pids):
    total = 0
    for pid in pids:
        for thread in os.listdir(f'/proc/{pid}/task'):
            for line in open(f'/proc/{pid}/task/{thread}/status'):
                if line.startswith('voluntary_ctxt'):
                    total += int(line.split()[1])
    return total


@Scenario(9, 'idle', 'one directory is watched and nothing happens', BOTH + PEERS,
          [('start', 'start to watching ms'), ('memory', 'memory MB'), ('own', 'of it its own MB'), ('wakeups', 'wake-ups in 5 s'), ('size', 'program MB')],
          'memory', 'MB of memory')
def idle(subject, quick):
    starts = []
    for _ in range(3 if quick else 9):
        with Run(subject, 'idle') as run:
            key = identity(run.watched).replace(' ino:', '').replace(' sdev:', ' ').split()
            done = subprocess.run([tool('startup'), run.group, f'{key[1]}:{key[0]}', '5000', *run.argv], cwd=run.scratch, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True, env=dict(os.environ, HOME=run.scratch, USER='root'))
            if int(done.stdout) < 0:
                raise Failed('no watch within 5 s')
            starts.append(int(done.stdout) / 1e6)
    with Run(subject, 'idle') as run:
        run.start().ready()
        time.sleep(22 if subject.name == 'pyinotifyd' and not quick else 2)      # until 20 s after the last signal the .NET runtime's own thread looks around
        before = switches(own_processes(run))
        time.sleep(5)
        pids = own_processes(run)
        return {'start': percentile(starts, .5), 'memory': run.status('VmRSS') / 1e6, 'own': run.status('RssAnon') / 1e6,
                'wakeups': switches(pids) - before, 'size': os.path.getsize(f'/proc/{pids[0]}/exe') / 1e6}


# ---- 10: files

sources = {}


def source_files(count, size):
    """Files with content of their own, on disk, made once; each run takes them and brings them back."""
    if (count, size) not in sources:
        path = tempfile.mkdtemp(prefix='pyinotifyd-bench.', dir='/tmp')
        atexit.register(shutil.rmtree, path, True)
        for i in range(count):
            with open(f'{path}/c{i:05}.dat', 'wb') as f:
                for at in range(0, size, 1 << 20):
                    f.write(content(i, at, size))
        sources[count, size] = path
    os.sync()
    return sources[count, size]


block = os.urandom(1 << 20)


def content(i, at, size):
    return (b'%016d' % (i * size + at) + block[16:])[:min(size - at, 1 << 20)]


def right_content(path, i, size):
    try:
        with open(path, 'rb') as f:
            return all(f.read(min(size - at, 1 << 20)) == content(i, at, size) for at in range(0, size, 1 << 20)) and not f.read(1)
    except OSError:
        return False


def files(subject, mode, count, size):
    source = source_files(count, size)
    with Run(subject, mode, disk=True) as run:
        run.keep = size < 1 << 20       # ext4 walks over recently deleted inodes at each create: they stay until the end
        names = [f'c{i:05}.dat' for i in range(count)]
        if subject.name == 'cp':
            begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            subprocess.run(['cp', '-r', '-p', source + '/.', run.target], check=True)
            wall, cpu = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin) / 1e9, None
        else:
            run.start().ready()
            before = run.cpu()
            _, (begin, _) = load('rename', source, run.watched)
            left, end, news = list(names), time.monotonic() + 120, time.monotonic()
            while left and time.monotonic() < end and time.monotonic() - news < 10:
                have = len(left)
                while left:
                    try:
                        if os.stat(f'{run.target}/{left[-1]}').st_size != size:
                            break
                    except OSError:
                        break
                    left.pop()
                if len(left) < have:
                    news = time.monotonic()
                elif left:
                    time.sleep(0.002)
            wall = (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - begin) / 1e9
            run.quiet(0.3, 10)
            cpu = run.cpu() - before
        bad = sum(not right_content(f'{run.target}/{name}', i, size) for i, name in enumerate(names))
        if mode == 'move':
            bad += len(os.listdir(run.watched))
        if bad:
            run.quiet(1, 60)
        for directory in [run.watched] + ([run.target] if mode == 'move' else []):
            for name in os.listdir(directory):
                os.rename(f'{directory}/{name}', f'{source}/{name}')
        if len(os.listdir(source)) != count:
            del sources[count, size]        # some are lost: the next one gets new ones
        if bad:
            return {'bad': bad}
        return {'rate': count / wall if size < 1 << 20 else count * size / 1e6 / wall, 'cpu': cpu, 'bad': 0}


FILES = ['floor', 'cp', 'pyinotifyd'] + PEERS


@Scenario(10, 'copy', '2,000 files of 1 KiB copied, on disk', FILES, [('rate', 'files/s'), ('cpu', 'CPU s'), ('bad', 'missing or wrong')], 'rate', 'files/s', True, peer_rounds=1)
def copy(subject, quick):
    return files(subject, 'copy', 500 if quick else 2000, 1024)


@Scenario(10, 'move', '2,000 files moved, on disk', [n for n in FILES if n != 'cp'], [('rate', 'files/s'), ('cpu', 'CPU s'), ('bad', 'missing or wrong')], 'rate', 'files/s', True, peer_rounds=1)
def move(subject, quick):
    return files(subject, 'move', 500 if quick else 2000, 1024)


@Scenario(10, 'big', '20 files of 64 MiB copied, on disk', ['floor', 'cp', 'pyinotifyd', 'direvent', 'inotifywait'], [('rate', 'MB/s'), ('cpu', 'CPU s'), ('bad', 'missing or wrong')],
          'rate', 'MB/s', True)
def big(subject, quick):
    return files(subject, 'copy', 5 if quick else 20, 64 << 20)


# ---- 11: scale. Each figure is a list of (x, y): what is plotted.

def steps(*counts):
    return lambda quick: counts[:2] if quick else counts


SETUP_STEPS = steps((10, 10, 10), (10, 100, 10), (10, 100, 100), (25, 100, 100), (50, 100, 100), (99, 100, 100))
TASK_STEPS = steps(1_000, 10_000, 100_000, 250_000, 500_000, 1_000_000)
COUNT_STEPS = steps(1, 10, 100, 300, 1000)


@Scenario(11, 'scale-setup', 'set-up of trees of up to 1,000,000 directories', BOTH,
          [('cpu', 'CPU s'), ('wall', 's until ready'), ('bytes', 'bytes per directory')], 'cpu', 'CPU s until ready', scale='directories')
def scale_setup(subject, quick):
    room = int(open('/proc/sys/fs/inotify/max_user_watches').read())
    result = {'cpu': [], 'wall': [], 'bytes': []}
    for widths in SETUP_STEPS(quick):
        count = tree(*widths)[1]
        if count > room - 10_000:
            print(f'scripts/bench: fs.inotify.max_user_watches is {room}: {count} directories are left out', file=sys.stderr)      # never raised here
            break
        one = watch_tree(subject, widths, 120)
        if one.get('wall') is None:
            raise Failed(one['state'])
        for key, points in result.items():
            points.append((count, one[key]))
    return result


@Scenario(11, 'scale-tasks', 'up to 1,000,000 files wait for a delay; then all are deleted, which cancels them', BOTH,
          [('load', 'CPU us per file'), ('bytes', 'bytes per pending task and its path'), ('cancel', 'CPU us per cancelled task')], 'load', 'CPU us per file', scale='pending tasks')
def scale_tasks(subject, quick):
    result = {'load': [], 'bytes': [], 'cancel': []}
    for count in TASK_STEPS(quick):
        with Run(subject, 'pend', delay=36_000) as run:
            for i in range(100):
                os.mkdir(f'{run.watched}/{i}')
            run.start().ready()
            queues, before, memory = run.queue_arguments(), run.cpu(), run.status('RssAnon')
            load('pend', run.watched, count, *queues)
            run.quiet()
            loaded, grown = run.cpu(), run.status('RssAnon') - memory
            load('cancel', run.watched, count, *queues)
            run.quiet()
            if run.marks() or not run.pids():
                raise Failed('a program ran, or the daemon ended')
            result['load'].append((count, (loaded - before) / count * 1e6))
            result['bytes'].append((count, grown / count))
            result['cancel'].append((count, (run.cpu() - loaded) / count * 1e6))
    return result


def per_event(subject, mode, directories, **options):
    """CPU in us for an event of a file in one of so many directories."""
    times = 100_000
    with Run(subject, mode, **options) as run:
        for i in range(directories):
            os.mkdir(f'{run.watched}/{i}')
            open(f'{run.watched}/{i}/f', 'w').close()
        run.start()
        wanted = identity(f'{run.watched}/{directories - 1}')
        end = time.monotonic() + 20
        while not any(wanted in text for _, _, text in run.queues()):
            if time.monotonic() > end:
                raise Failed('not watching: ' + run.last_words())
            time.sleep(0.01)
        run.quiet(0.5)
        asked, queues = per_file_events(run, directories - 1), run.queue_arguments()
        load('spread', run.watched, directories, 3_000, *queues)
        run.quiet()
        before = run.cpu()
        load('spread', run.watched, directories, times, *queues)
        run.quiet()
        used = run.cpu() - before
        if run.marks() or not run.pids():
            raise Failed('a program ran, or the daemon ended: ' + run.last_words())
        return used / (times * asked) * 1e6


def per_file_events(run, directory):
    watched = run.watched
    run.watched = f'{watched}/{directory}'
    asked = run.subscribed()
    run.watched = watched
    return asked


@Scenario(11, 'scale-watches', 'cost of an event with up to 1,000 watches in the configuration', BOTH, [('event', 'CPU us per event')], 'event', 'CPU us per event', scale='watches')
def scale_watches(subject, quick):
    return {'event': [(count, per_event(subject, 'many', count, watches=count)) for count in COUNT_STEPS(quick)]}


@Scenario(11, 'scale-rules', 'cost of an event with up to 1,000 rules or filters, 1,000 directories', ['pyinotifyd'],
          [('directory', 'rules, each for a directory'), ('suffix', 'rules, each for a suffix'), ('filters', 'exclude filters, each for a suffix')], 'directory',
          'CPU us per event', scale='rules or filters')
def scale_rules(subject, quick):
    result = {'directory': [], 'suffix': [], 'filters': []}
    for count in COUNT_STEPS(quick):
        for kind in ('directory', 'suffix'):
            result[kind].append((count, per_event(subject, 'rules', 1000, rules=count, kind=kind)))
        result['filters'].append((count, per_event(subject, 'filters', 1000, rules=count)))
    return result

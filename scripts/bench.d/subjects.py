"""How each program is started for each scenario. A program that has no such feature says so: NotApplicable."""
import json
import os
import re
import shutil
import subprocess

from measure import NotApplicable, tool

# ingest and match: what every name ends in that is to be left out, and what none ends in.
MATCHED = 'f[0-9]+$'
NEVER = '(never|q[0-9]+[.]tmp)$'
ALL_EVENTS = 'ACCESS ATTRIB CLOSE_NOWRITE CLOSE_WRITE CREATE DELETE MODIFY MOVED_FROM MOVED_TO OPEN'.split()


class Subject:
    package = None
    binary = None
    silence = 1.5       # seconds without anything after which nothing more is to be expected

    def __init__(self, name):
        self.name = name

    def command(self, run, mode):
        if self.binary and not shutil.which(self.binary):
            raise NotApplicable(f'{self.package} is not installed')
        method = getattr(self, mode, None)
        if method is None:
            raise NotApplicable(self.reasons.get(mode, 'no such feature'))
        return method(run)

    reasons = {'debounce': 'no delay for a file, no cancelling'}

    def version(self):
        if not self.package:
            return None
        done = subprocess.run(['dpkg-query', '-W', '-f', '${Version}', self.package], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout or None


class Floor(Subject):
    """The C program beside this file."""

    def command(self, run, mode):
        floor, watched, program = [tool('floor')], run.watched, [tool('mark'), run.marks_file]
        if mode in ('ingest', 'idle'):
            return floor + ['ingest', watched]
        if mode == 'match':
            return floor + [mode, watched, MATCHED] + program
        if mode in ('setup', 'many'):
            return floor + ['setup', watched, '0x3c8' if mode == 'setup' else '0xfff']
        if mode in ('debounce', 'pend'):
            return floor + ['debounce', watched, str(run.options['delay'])] + program
        if mode in ('copy', 'move'):
            return floor + [mode, watched, run.target]
        return floor + ['race' if mode == 'overflow' else mode, watched] + program


class NappingFloor(Floor):
    """The floor that sleeps before each read: what reading in batches is worth."""

    def command(self, run, mode):
        if mode != 'ingest':
            raise NotApplicable('ingest only')
        return super().command(run, mode) + ['2000']


class Copy(Subject):
    """cp itself, which is told what to copy."""

    def command(self, run, mode):
        return ['true']


class Ours(Subject):
    def __init__(self, name, output='inherit'):
        super().__init__(name)
        self.executable = os.environ.get('PYINOTIFYD_BIN', '')
        self.output = output

    def version(self):
        done = subprocess.run([self.executable, '--version'], stdout=subprocess.PIPE, text=True)
        return done.stdout.strip().strip(')').split('(')[-1]

    def start(self, run, watches, schedulers=None):
        run_program = {'type': 'exec', 'argv': [tool('mark'), run.marks_file, '{pathname}']}
        if self.output:
            run_program['output'] = self.output
        if 'delay' in run.options:
            run_program['delay'] = run.options['delay']
        config = {'control_socket': None, 'shutdown_timeout': 1, 'logging': {'level': 'WARNING'},
                  'schedulers': schedulers or {'s': run_program},
                  'watches': watches if isinstance(watches, list) else [dict({'path': run.watched}, **watches)]}
        path = run.scratch + '/config.json'
        with open(path, 'w') as f:
            json.dump(config, f)
        return [self.executable, '-c', path]

    def every(self, scheduler='s'):
        return {'IN_' + name: scheduler for name in ALL_EVENTS}

    def of_directories(self):
        """An event that is mapped to a scheduler of directories leads to nothing for a file."""
        return {'s': {'type': 'exec', 'argv': ['/bin/true'], 'files': False, 'dirs': True}}

    def ingest(self, run):
        return self.start(run, {'event_map': self.every()}, self.of_directories())

    def match(self, run):
        return self.start(run, {'event_map': self.every(), 'exclude_filter': [f'^{re.escape(run.watched)}/{MATCHED}']})

    def tree(self, run):
        return self.start(run, {'rec': True, 'auto_add': True, 'event_map': {'IN_CLOSE_WRITE': 's'}})

    def plain(self, run):
        return self.start(run, {'event_map': {'IN_CLOSE_WRITE': 's'}})

    setup = race = tree
    spawn = overflow = idle = plain

    def debounce(self, run):
        return self.start(run, {'event_map': {'IN_CLOSE_WRITE': 's', 'IN_DELETE': {'cancel': 's'}}})

    def pend(self, run):
        return self.start(run, {'rec': True, 'event_map': {'IN_CLOSE_WRITE': 's', 'IN_DELETE': {'cancel': 's'}}})

    def files(self, run, action):
        rule = {'action': action, 'src_re': f'^{re.escape(run.watched)}/(?P<path>.*)$', 'dst_re': run.target + '/\\g<path>'}
        return self.start(run, {'event_map': {'IN_CLOSE_WRITE': 's', 'IN_MOVED_TO': 's'}}, {'s': {'type': 'filemanager', 'rules': [rule]}})

    def copy(self, run):
        return self.files(run, 'copy')

    def move(self, run):
        return self.files(run, 'move')

    # Scale: a watch of its own for each directory; rules of one scheduler, and filters, that no file matches.
    def many(self, run):
        return self.start(run, [{'path': f'{run.watched}/{i}', 'event_map': self.every()} for i in range(run.options['watches'])], self.of_directories())

    def rules(self, run):
        count, kind = run.options['rules'], run.options['kind']
        pattern = {'directory': '^{w}/{i}/(?P<path>.*[.]never)$', 'suffix': '^.*[.]never{i}$'}[kind]
        rules = [{'action': 'delete', 'src_re': pattern.format(w=re.escape(run.watched), i=i)} for i in range(count)]
        schedulers = {'s': {'type': 'filemanager', 'rules': rules}}
        return self.start(run, {'rec': True, 'event_map': {'IN_CLOSE_WRITE': 's'}}, schedulers)

    def filters(self, run):
        patterns = [f'.*[.]never{i}$' for i in range(run.options['rules'])]
        return self.start(run, {'rec': True, 'event_map': self.every(), 'exclude_filter': patterns}, self.of_directories())


class Shell:
    """A pipe into a loop of the shell, as the manual pages of the printing programs advise."""

    @staticmethod
    def loop(command, body):
        return ['bash', '-c', f'{command} | while IFS= read -r f; do {body}; done']


class Inotifywait(Subject):
    package, binary = 'inotify-tools', 'inotifywait'
    reasons = {'debounce': 'prints events only'}

    def ingest(self, run):
        return ['inotifywait', '-m', '-qq', run.watched]

    def match(self, run):
        return ['inotifywait', '-m', '-q', '--exclude', MATCHED, run.watched]

    def setup(self, run):
        run.keep_output = False
        return ['inotifywait', '-m', '-q', '-r', run.watched]

    def spawn(self, run):
        return Shell.loop(f"inotifywait -m -q -e close_write --format %w%f '{run.watched}'", f'{tool("mark")} {run.marks_file} "$f"')

    def race(self, run):
        return Shell.loop(f"inotifywait -m -q -r -e close_write,moved_to --format %w%f '{run.watched}'", f'{tool("mark")} {run.marks_file} "$f"')

    overflow = spawn

    def idle(self, run):
        return ['inotifywait', '-m', '-q', '-e', 'close_write', run.watched]

    def copy(self, run):
        return Shell.loop(f"inotifywait -m -q -e close_write,moved_to --format %w%f '{run.watched}'", f'cp -p "$f" {run.target}/')

    def move(self, run):
        return Shell.loop(f"inotifywait -m -q -e close_write,moved_to --format %w%f '{run.watched}'", f'mv "$f" {run.target}/')


class Direvent(Subject):
    package, binary = 'direvent', 'direvent'
    silence = 3         # it sleeps for whole seconds that a child's end should cut short

    def start(self, run, path, events, pattern, command):
        with open(run.scratch + '/conf', 'w') as f:
            f.write(f'foreground yes;\nwatcher {{\n path {path};\n event ({events});\n')
            f.write(f' file {pattern};\n' if pattern else '')
            f.write(f' timeout 120;\n command "{command}";\n}}\n')
        return ['direvent', '-f', run.scratch + '/conf']

    def ingest(self, run):
        return self.start(run, run.watched, ','.join(ALL_EVENTS), '"never-*"', '/bin/true')

    def match(self, run):
        return self.start(run, run.watched, ','.join(ALL_EVENTS), f'"!/{MATCHED}/"', f'{tool("mark")} {run.marks_file} ${{file}}')

    # A pattern for files is applied to directories too and would stop the recursion.
    def setup(self, run):
        return self.start(run, run.watched + ' recursive', 'create,CLOSE_WRITE', None, '/bin/true')

    def race(self, run):
        return self.start(run, run.watched + ' recursive', 'create,CLOSE_WRITE', None, f'{tool("mark")} {run.marks_file} ${{file}}')

    def spawn(self, run):
        return self.start(run, run.watched, 'CLOSE_WRITE', None, f'{tool("mark")} {run.marks_file} ${{file}}')

    overflow = idle = spawn

    def copy(self, run):
        return self.start(run, run.watched, 'CLOSE_WRITE,MOVED_TO', None, f'/bin/cp -p ${{file}} {run.target}/')

    def move(self, run):
        return self.start(run, run.watched, 'CLOSE_WRITE,MOVED_TO', None, f'/bin/mv ${{file}} {run.target}/')


class Incron(Subject):
    package, binary = 'incron', 'incrond'
    silence = 2.5
    reasons = {'ingest': 'no filter by name: each event runs a program', 'match': 'no filter by name', 'debounce': 'no delay'}

    def start(self, run, line):
        for directory in ('system', 'user', 'run'):
            os.makedirs(f'{run.scratch}/{directory}', exist_ok=True)
        with open(run.scratch + '/conf', 'w') as f:
            f.write(f'system_table_dir = {run.scratch}/system\nuser_table_dir = {run.scratch}/user\nlockfile_dir = {run.scratch}/run\nlockfile_name = incrond\n')
        with open(run.scratch + '/system/table', 'w') as f:
            f.write(line + '\n')
        return ['incrond', '-n', '-f', run.scratch + '/conf']

    def setup(self, run):
        return self.start(run, f'{run.watched} IN_CREATE,IN_CLOSE_WRITE,loopable=true {tool("mark")} {run.marks_file} $@/$#')

    race = setup

    def spawn(self, run):
        return self.start(run, f'{run.watched} IN_CLOSE_WRITE,loopable=true,recursive=false {tool("mark")} {run.marks_file} $@/$#')

    overflow = idle = spawn

    def copy(self, run):
        return self.start(run, f'{run.watched} IN_CLOSE_WRITE,IN_MOVED_TO,loopable=true,recursive=false cp -p $@/$# {run.target}/')

    def move(self, run):
        return self.start(run, f'{run.watched} IN_CLOSE_WRITE,IN_MOVED_TO,loopable=true,recursive=false mv $@/$# {run.target}/')


class Iwatch(Subject):
    package, binary = 'iwatch', 'iwatch'

    def ingest(self, run):
        run.keep_output = False
        return ['iwatch', '-e', 'all_events', run.watched]

    def match(self, run):
        return ['iwatch', '-e', 'all_events', '-X', MATCHED, '-c', f'{tool("mark")} {run.marks_file} %f', run.watched]

    def setup(self, run):
        return ['iwatch', '-r', '-e', 'all_events', run.watched]

    def spawn(self, run):
        return ['iwatch', '-e', 'close_write', '-c', f'{tool("mark")} {run.marks_file} %f', run.watched]

    overflow = idle = spawn

    def race(self, run):
        return ['iwatch', '-r', '-e', 'close_write,create', '-c', f'{tool("mark")} {run.marks_file} %f', run.watched]

    def copy(self, run):
        return ['iwatch', '-e', 'close_write,moved_to', '-c', f'cp -p %f {run.target}/', run.watched]

    def move(self, run):
        return ['iwatch', '-e', 'close_write,moved_to', '-c', f'mv %f {run.target}/', run.watched]


class Inoticoming(Subject):
    package, binary = 'inoticoming', 'inoticoming'
    reasons = {'setup': 'not recursive', 'race': 'not recursive', 'debounce': 'no delay'}

    def start(self, run, *arguments):
        return ['inoticoming', '--foreground', run.watched, *arguments, ';']

    def ingest(self, run):
        return self.start(run, '--prefix', 'never-', '/bin/true')

    def match(self, run):
        return self.start(run, '--regexp', NEVER, tool('mark'), run.marks_file, '{}')

    def spawn(self, run):
        return self.start(run, tool('mark'), run.marks_file, '{}')

    overflow = idle = spawn

    def copy(self, run):
        return self.start(run, '--chdir', run.watched, 'cp', '-p', '{}', run.target + '/')

    def move(self, run):
        return self.start(run, '--chdir', run.watched, 'mv', '{}', run.target + '/')


class Lsyncd(Subject):
    """It always watches recursively, and subscribes to a fixed set of events."""
    package, binary = 'lsyncd', 'lsyncd'
    silence = 3
    reasons = {'debounce': 'one delay for the whole tree', 'move': 'no moving'}

    def start(self, run, text):
        with open(run.scratch + '/conf.lua', 'w') as f:
            f.write('settings { nodaemon = true, inotifyMode = "CloseWrite" }\n' + text)
        return ['lsyncd', '-log', 'scarce', run.scratch + '/conf.lua']

    def layer(self, run, body='', create='nil', extra='', exclude=''):
        return self.start(run, f'''local t = {{ maxProcesses = 64, onModify = function(e) {body} end, {extra} }}
t.onCreate = {create}
sync {{ t, source = "{run.watched}", delay = 0 {exclude} }}
''')

    def spawner(self, run):
        return f'if not e.isdir then spawn(e, "{tool("mark")}", "{run.marks_file}", e.sourcePath) end'

    def ingest(self, run):
        return self.layer(run)

    setup = ingest

    def match(self, run):
        return self.layer(run, self.spawner(run), extra='checkgauge = { onModify = true, exclude = true }', exclude=', exclude = { "f*" }')

    def spawn(self, run):
        return self.layer(run, self.spawner(run))

    idle = spawn

    def race(self, run):
        return self.layer(run, self.spawner(run), create='t.onModify')

    overflow = race

    def copy(self, run):
        return self.start(run, f'sync {{ default.direct, source = "{run.watched}", target = "{run.target}", delay = 0, maxProcesses = 2 }}')


class Watchman(Subject):
    """A server of this run alone. A trigger gets many names per program, after a settle time of 20 ms."""
    package, binary = 'watchman', 'watchman'
    silence = 2.5

    def start(self, run, pattern=None):
        run.ready_file = run.scratch + '/ready'
        trigger = '' if pattern is None else f"""client -- trigger '{run.watched}' t '{pattern}' -- {tool('mark')} {run.marks_file}; sleep 0.3; rm -f {run.marks_file}"""
        script = f'''cd {run.scratch}
client() {{ watchman --no-spawn --no-local --no-pretty --sockname={run.scratch}/sock "$@" > {run.scratch}/answer 2>&1; }}
watchman --foreground --sockname={run.scratch}/sock --statefile={run.scratch}/state --logfile={run.scratch}/log --pidfile={run.scratch}/pid --log-level=0 -n &
for i in $(seq 300); do client get-pid && break; sleep 0.02; done
client watch '{run.watched}'
client since '{run.watched}' n:ready
{trigger}
: > {run.ready_file}
wait'''
        return ['bash', '-c', script]

    def ingest(self, run):
        return self.start(run)

    setup = idle = ingest

    def match(self, run):
        return self.start(run, 'q*.tmp')

    def spawn(self, run):
        return self.start(run, 's*')

    def race(self, run):
        return self.start(run, '**/*.dat')

    overflow = race


SUBJECTS = {subject.name: subject for subject in (
    Floor('floor'), NappingFloor('floor, napping'), Copy('cp'), Ours('pyinotifyd'), Ours('pyinotifyd, logged output', None),
    Direvent('direvent'), Inotifywait('inotifywait'), Incron('incron'), Inoticoming('inoticoming'), Lsyncd('lsyncd'), Watchman('watchman'), Iwatch('iwatch'))}
PEERS = [name for name, subject in SUBJECTS.items() if subject.package]
PACKAGES = [subject.package for subject in SUBJECTS.values() if subject.package]

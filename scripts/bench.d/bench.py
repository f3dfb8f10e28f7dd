"""Runs the scenarios in interleaved rounds, prints a table for each, and draws its chart. Started by scripts/bench."""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

import chart
from chart import number
from measure import Failed, NotApplicable, stop_all
from scenarios import SCENARIOS
from subjects import PEERS, SUBJECTS


def median(values):
    values = [value for value in values if isinstance(value, (int, float))]
    return statistics.median(values) if values else None


def cell(values):
    """The median; with the least and the most where they differ by more than a tenth of it. Of words the most frequent."""
    words = [value for value in values if isinstance(value, str)]
    if words:
        word = max(sorted(set(words)), key=words.count)
        return word if words.count(word) == len(values) else f'{word} ({words.count(word)} of {len(values)})'
    figures = [value for value in values if value is not None]
    if not figures:
        return '–'
    text = number(median(figures))
    if max(figures) - min(figures) > 0.1 * abs(median(figures)):
        text += f' [{number(min(figures))}–{number(max(figures))}]'
    if len(figures) < len(values):
        text += f' ({len(figures)} of {len(values)})'
    return text


def curves(runs, key):
    """The median of each point of a curve over the rounds."""
    return [(x, median([dict(map(tuple, run[key]))[x] for run in runs])) for x, _ in runs[0][key]]


class Table:
    def __init__(self, scenario, results, reasons):
        self.scenario, self.results, self.reasons = scenario, results, reasons

    def rows(self):
        return self.scale_rows() if self.scenario.scale else self.plain_rows()

    def plain_rows(self):
        scenario = self.scenario
        yield ['', *(heading for _, heading in scenario.columns), 'x floor']
        reference = median([run.get(scenario.ratio) for run in self.results.get('floor', [])])
        for name, runs in self.results.items():
            if not runs:
                if not self.reasons.get(name, '').endswith('is not installed'):
                    yield [name, self.reasons.get(name, '')] + [''] * len(scenario.columns)
                continue
            value = median([run.get(scenario.ratio) for run in runs])
            ratio = f'{value / reference:.2f}' if value is not None and reference else ''
            label = f'{name} ({scenario.remarks[name]})' if name in scenario.remarks else name
            yield [label, *(cell([run.get(key) for run in runs]) for key, _ in scenario.columns), ratio]

    def scale_rows(self):
        names = [name for name, runs in self.results.items() if runs]
        columns = [(name, key, heading) for key, heading in self.scenario.columns for name in names]
        yield [self.scenario.scale, *(f'{name}: {heading}' for name, _, heading in columns)]
        data = [dict(curves(self.results[name], key)) for name, key, _ in columns]
        for x in sorted({x for points in data for x in points}):
            yield [number(x), *(number(points.get(x)) for points in data)]
        for name, why in self.reasons.items():
            yield [name, why] + [''] * len(columns)

    def text(self):
        rows = list(self.rows())
        widths = [max(len(row[i]) for row in rows if i < len(row) and (i != 1 or ''.join(row[2:]) or len(rows) == 1)) for i in range(len(rows[0]))]
        return '\n'.join('  '.join(part.ljust(width) for part, width in zip(row, widths + [0] * len(row))).rstrip() for row in rows)

    def markdown(self):
        head, *rows = self.rows()
        return '\n'.join(f'| {" | ".join(row)} |' for row in [head, ['---'] * len(head), *rows])

    def chart(self):
        scenario = self.scenario
        if scenario.scale:
            names = [name for name, runs in self.results.items() if runs]
            if len(names) == 1:
                series = [(heading.split(', ')[-1], curves(self.results[names[0]], key)) for key, heading in scenario.columns]
            else:
                series = [(name, curves(self.results[name], scenario.chart)) for name in names]
            return chart.lines(scenario.title, scenario.scale, scenario.unit, series)
        rows = []
        for name, runs in self.results.items():
            value = median([run.get(scenario.chart) for run in runs])
            if runs:
                rows.append((name, value, scenario.remarks.get(name, '') if value is not None else 'result not right'))
            elif not self.reasons.get(name, '').endswith('is not installed'):
                rows.append((name, None, self.reasons.get(name, '')[:60]))
        return chart.bars(scenario.title, scenario.unit, rows, scenario.more_is_better)


def environment(rounds, quick):
    model = next((line.split(': ')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), platform.machine())
    system = next((line.split('"')[1] for line in open('/etc/os-release') if line.startswith('PRETTY_NAME')), '')
    versions = [f'{name} {version}' for name in ['pyinotifyd'] + PEERS if (version := SUBJECTS[name].version())]
    return [f'{time.strftime("%Y-%m-%d")}, {os.cpu_count()} cores ({model}), Linux {platform.release()}, {system}.',
            f'{rounds} interleaved rounds{", quick sizes" if quick else ""}; medians, the least and the most in brackets where they differ by more than a tenth. '
            f'Load before: {open("/proc/loadavg").read().split()[0]}.',
            ', '.join(versions) + '.']


def measure(scenario, names, rounds, quick, raw):
    results, reasons = {name: [] for name in names}, {}
    for index in range(rounds):
        for name in names:
            if name in reasons or (name in PEERS and index >= (scenario.peer_rounds or rounds)):
                continue
            if sys.stderr.isatty():
                print(f'\r\033[K{scenario.name}: round {index + 1} of {rounds}, {name}', end='', file=sys.stderr, flush=True)
            try:
                result = scenario.function(SUBJECTS[name], quick)
                results[name].append(result)
                json.dump({'scenario': scenario.name, 'subject': name, 'round': index, **result}, raw)
                raw.write('\n')
                raw.flush()
            except NotApplicable as e:
                reasons[name] = str(e)
            except (Failed, OSError, ValueError, subprocess.TimeoutExpired) as e:
                reasons[name] = f'failed: {str(e)[:160]}'
            finally:
                stop_all()
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr)
    return Table(scenario, results, reasons)


def main():
    parser = argparse.ArgumentParser(prog='scripts/bench', description='Measures pyinotifyd, other programs and the C floor on the same work.',
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog='scenarios:\n' + '\n'.join(f'  {s.number:2} {s.name:14} {s.title}' for s in SCENARIOS.values()))
    parser.add_argument('scenario', nargs='*', help='names or numbers; all by default')
    parser.add_argument('--rounds', type=int, default=None, help='default 3; 1 with --quick')
    parser.add_argument('--quick', action='store_true', help='small sizes')
    parser.add_argument('--only', action='append', metavar='PROGRAM', help='only these programs (and the floor)')
    parser.add_argument('--docs', action='store_true', help='leave tables and charts in scripts/bench.d/results, not in artifacts/bench')
    options = parser.parse_args()
    root = os.environ['BENCH_ROOT']
    chosen = [s for s in SCENARIOS.values() if not options.scenario or {s.name, str(s.number)} & set(options.scenario)]
    unknown = set(options.scenario) - {s.name for s in SCENARIOS.values()} - {str(s.number) for s in SCENARIOS.values()}
    if unknown:
        parser.error(f'no scenario {sorted(unknown)[0]}, there are: {" ".join(SCENARIOS)}')
    folder = os.path.join(root, 'scripts/bench.d/results' if options.docs else 'artifacts/bench')
    os.makedirs(os.path.join(root, 'artifacts/bench'), exist_ok=True)
    os.makedirs(folder, exist_ok=True)
    rounds = options.rounds or (1 if options.quick else 3)

    about = environment(rounds, options.quick)
    print('\n'.join(about))
    with open(os.path.join(root, 'artifacts/bench/results.jsonl'), 'a') as raw:
        for scenario in chosen:
            names = [name for name in scenario.subjects if not options.only or name in options.only or name == 'floor']
            begun = time.monotonic()
            table = measure(scenario, names, rounds, options.quick, raw)
            print(f'\n{scenario.number} {scenario.name}: {scenario.title} ({time.monotonic() - begun:.0f} s)\n{table.text()}', flush=True)
            with open(f'{folder}/{scenario.name}.svg', 'w') as f:
                f.write(table.chart())
            with open(f'{folder}/{scenario.name}.md', 'w') as f:
                f.write(f'# {scenario.name}\n\n![chart]({scenario.name}.svg)\n\n{scenario.title[0].upper()}{scenario.title[1:]}.\n\n{table.markdown()}\n\n' + '\n'.join(about) + '\n')


main()

"""Measures each figure beside its limit, in turns, and prints the table.

A figure is a pair of functions, ours and the limit's, each giving a number. They run one after the
other as often as asked for, so that what else the machine does falls on both; medians count.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import machine
from server import Server
from streams import Nginx, Source, Streams

FOLDER = pathlib.Path(__file__).resolve().parent
IN_FLIGHT = 50
CHAIN_TASKS = 3
COMMANDS = 2000
SLOTS = 8
STREAM_SLOTS = 2000
STREAM_RUNS_MAX = 2  # they take the longest, and have many tokens in each
CHAIN = {'name': 'chain', 'tasks': {
    'a': {'type': 'pass'},
    'b': {'type': 'pass', 'needs': ['a']},
    'c': {'type': 'pass', 'needs': ['b']},
}}
FIBONACCI = '''
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
print(fibonacci(10))
'''
STEPS = 40
LIGHT, LIGHT_SLOTS = 400, 10
SEQUENCE = {'name': 'sequence', 'tasks': {
    f's{i}': {'type': 'script', 'language': 'python', 'source': FIBONACCI,
              'needs': [f's{i - 1}'] if i else []} for i in range(STEPS)
}}
LIGHT_TASKS = {'name': 'light', 'tasks': {
    f't{i}': {'type': 'command', 'command': ['true'], 'pool': 'light'} for i in range(LIGHT)
}}
# What others publish for the same work; see README.md for where it is from and what it is worth.
PEERS = {
    'sequence': 'Hatchet 1.22, Windmill 2.09 (dedicated) and 4.38, Temporal 2.97, Prefect 4.87, '
                'Kestra 6.04, Airflow 116',
    'light': 'Temporal 4.27, Windmill 7.22, Hatchet 37.8',
}
MANY = {'name': 'many', 'tasks': {
    f't{i}': {'type': 'command', 'command': ['true']} for i in range(COMMANDS)
}}


class Suite:
    def __init__(self, server, build, seconds):
        self.server, self.build, self.seconds = server, build, seconds
        server.call('PUT', '/v1/workflows/chain', CHAIN)
        server.call('PUT', '/v1/workflows/many', MANY)
        server.call('PUT', '/v1/workflows/sequence', SEQUENCE)
        server.call('PUT', '/v1/workflows/light', LIGHT_TASKS)

    def program(self, name, *arguments):
        command = [self.build / 'bench' / name, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f'bench: {name} failed: {done.stderr.strip()}')
        return json.loads(done.stdout)

    def load(self, connections, workflow, *count):
        body = json.dumps({'workflow': workflow})
        return self.program('bench_load', self.server.port, connections, self.seconds,
                            '/v1/executions', body, *count)

    def chains(self, connections):
        """Executions of a chain; with what a task costs in CPU time (warm-up included)."""
        before = self.server.cpu_seconds()
        out = self.load(connections, 'chain')
        after = self.server.cpu_seconds()
        tasks = (out['requests'] + out['warmUp']) * CHAIN_TASKS
        out['serverCpuMicroseconds'] = (after[0] - before[0]) * 1e6 / tasks
        out['postgresCpuMicroseconds'] = (after[1] - before[1]) * 1e6 / tasks
        return out

    def floor(self, in_flight):
        return self.program('bench_journal_floor', self.server.conninfo(), in_flight, self.seconds)

    def processes(self):
        """One execution of 2,000 commands; every attempt must be on record."""
        out = self.load(1, 'many', 1)
        newest = self.server.call('GET', '/v1/executions?workflow=many&limit=1')['items'][0]['id']
        tasks = self.server.call('GET', f'/v1/executions/{newest}')['tasks']
        done = [t for t in tasks if t['status'] == 'COMPLETED' and t['attempt'] == 1]
        if len(done) != COMMANDS or any('finishedAt' not in t for t in done):
            raise SystemExit(f'bench: only {len(done)} of {COMMANDS} attempts are on record')
        return {'seconds': out['seconds'], 'perSecond': COMMANDS / out['seconds']}

    def execution(self, workflow, count):
        """Seconds from the request to the answer, of one execution whose tasks all completed."""
        out = self.load(1, workflow, 1)
        listed = self.server.call('GET', f'/v1/executions?workflow={workflow}&limit=1')
        tasks = self.server.call('GET', f"/v1/executions/{listed['items'][0]['id']}")['tasks']
        done = sum(task['status'] == 'COMPLETED' for task in tasks)
        if done != count:
            raise SystemExit(f'bench: only {done} of {count} tasks of {workflow} completed')
        return {'seconds': out['seconds']}

    def one_after_another(self):
        """The same processes, started by a program that does nothing else."""
        begun = time.monotonic()
        for _ in range(STEPS):
            subprocess.run(['python3', '-c', FIBONACCI], check=True, stdout=subprocess.DEVNULL)
        return {'seconds': time.monotonic() - begun}

    def side_by_side(self):
        """The same commands by xargs, ten at a time."""
        names = '\n'.join(str(i) for i in range(LIGHT))
        begun = time.monotonic()
        subprocess.run(['xargs', '-P', str(LIGHT_SLOTS), '-n1', 'true'], check=True, text=True,
                       input=names)
        return {'seconds': time.monotonic() - begun}

    def ninja(self):
        """The same commands; a warm-up is not needed, it keeps nothing."""
        with tempfile.TemporaryDirectory() as folder:
            rules = 'rule run\n  command = true\n'
            edges = ''.join(f'build t{i}: run\n' for i in range(COMMANDS))
            pathlib.Path(folder, 'build.ninja').write_text(rules + edges)
            command = ['ninja', '-C', folder, f'-j{SLOTS}', '--quiet']
            begun = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - begun
        return {'seconds': seconds, 'perSecond': COMMANDS / seconds}

    def measurements(self):
        """(ours, name of the limit, the limit, rows of (figure, unit, key, factor, [peers])."""
        yield (lambda: self.chains(IN_FLIGHT), 'PostgreSQL group commit, 50 in flight',
               lambda: self.floor(IN_FLIGHT),
               [('durable no-op tasks, chains of 3, 50 in flight', 'tasks/s', 'perSecond',
                 CHAIN_TASKS)])
        yield (lambda: self.chains(1), 'PostgreSQL, 4 commits', lambda: self.floor(1),
               [('latency of a chain of 3, idle server, p50', 'ms', 'p50', 1),
                ('latency of a chain of 3, idle server, p99', 'ms', 'p99', 1)])
        yield (self.processes, 'ninja -j8', self.ninja,
               [('2,000 processes (true), 8 at a time', 'processes/s', 'perSecond', 1)])
        yield (lambda: self.execution('sequence', STEPS), 'python3 40 times, by a loop',
               self.one_after_another,
               [('40 Python steps, one after another', 's', 'seconds', 1, PEERS['sequence'])])
        yield (lambda: self.execution('light', LIGHT), 'xargs -P10', self.side_by_side,
               [('400 light tasks on 10 slots', 's', 'seconds', 1, PEERS['light'])])


def measure(measurements, runs):
    results = []
    for ours, limit_name, limit, rows in measurements:
        print(f'measuring: {rows[0][0]}', file=sys.stderr)
        pairs = [(ours(), limit() if limit else None) for _ in range(runs)]
        for name, unit, key, factor, *peers in rows:
            mine = [pair[0][key] * factor for pair in pairs]
            row = {'figure': name, 'unit': unit, 'limitIs': limit_name,
                   'ours': statistics.median(mine), 'limit': None, 'ratio': None,
                   'ratioRange': None, 'peersPublish': peers[0] if peers else None,
                   'runs': [{'ours': pair[0], 'limit': pair[1]} for pair in pairs]}
            if limit:
                theirs = [pair[1][key] * factor for pair in pairs]
                ratios = [a / b for a, b in zip(mine, theirs)]
                row |= {'limit': statistics.median(theirs), 'ratio': statistics.median(ratios),
                        'ratioRange': [min(ratios), max(ratios)]}
            results.append(row)
    return results


def measure_streams(binary, build, folder, flags, runs, seconds):
    """On a server of their own: what it holds for a stream is the difference to when it was new."""
    with Source(build) as source, Nginx(source) as nginx, tempfile.TemporaryDirectory() as configs:
        if nginx.missing:
            print(f'bench: {nginx.missing}', file=sys.stderr)
        config = source.config(configs)
        with Server(binary, folder.resolve(), [*flags, '--config', config]) as server:
            streams = Streams(server, build, nginx)
            return measure(streams.measurements(seconds), min(runs, STREAM_RUNS_MAX))


def show(report):
    about = report['machine']
    print(f"{about['processor']}, {about['cores']} cores, {about['memoryGiB']} GiB, "
          f"Linux {about['kernel']}, {about['filesystem']}, {about['postgres']}; "
          f"load before: {about['loadBefore']:.1f}; commit {about['commit']}; "
          f"medians of {report['runsEach']} runs\n")
    print(f"{'figure':<50} {'ours':>10} {'limit':>10} {'ratio':>6}  {'(range)':<13} limit is")
    for row in report['figures']:
        digits = 2 if row['unit'] in ('ms', 's') else 0
        if row['limit'] is None:
            print(f"{row['figure']:<50} {row['ours']:>10,.{digits}f} {'-':>10} {'-':>6}  "
                  f"{'':<13} (no {row['limitIs']}) [{row['unit']}]")
            continue
        low, high = row['ratioRange']
        print(f"{row['figure']:<50} {row['ours']:>10,.{digits}f} {row['limit']:>10,.{digits}f} "
              f"{row['ratio']:>6.2f}  {f'({low:.2f}-{high:.2f})':<13} {row['limitIs']}"
              f" [{row['unit']}]")
        if row['peersPublish']:
            print(f"{'':<4}published, on other machines: {row['peersPublish']}")
    costs = report['figures'][0]['runs']
    if 'serverCpuMicroseconds' not in costs[0]['ours']:
        return
    for who in ('server', 'postgres'):
        spent = statistics.median(run['ours'][f'{who}CpuMicroseconds'] for run in costs)
        print(f'CPU a task, 50 in flight: {who} {spent:.0f} µs')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build', type=pathlib.Path, required=True, help='the build folder')
    parser.add_argument('--runs', type=int, default=5, help='of each figure (5)')
    parser.add_argument('--seconds', type=float, default=3, help='of a run (3)')
    parser.add_argument('--quick', action='store_true', help='one run of a second each')
    parser.add_argument('--only', choices=('tasks', 'streams'), help='one half of the figures')
    parser.add_argument('--data', type=pathlib.Path, help='where the data goes: the disk measured')
    arguments = parser.parse_args()
    runs, seconds = (1, 1.0) if arguments.quick else (arguments.runs, arguments.seconds)
    folder = arguments.data or arguments.build
    report = {'machine': machine.describe(folder), 'runsEach': runs, 'secondsEach': seconds}
    binary = (arguments.build / 'ropewalk').resolve()
    flags = ['--pools', f'default={SLOTS},streams={STREAM_SLOTS},light={LIGHT_SLOTS}']
    report['figures'] = []
    if arguments.only != 'streams':
        with Server(binary, folder.resolve(), flags) as server:
            suite = Suite(server, arguments.build, seconds)
            report['figures'] += measure(suite.measurements(), runs)
    if arguments.only != 'tasks':
        report['figures'] += measure_streams(binary, arguments.build, folder, flags, runs, seconds)
    results = FOLDER / 'results'
    results.mkdir(exist_ok=True)
    (results / 'latest.json').write_text(json.dumps(report, indent=2) + '\n')
    show(report)


if __name__ == '__main__':
    main()

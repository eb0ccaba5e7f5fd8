"""The real server on a data directory of its own, for as long as a `with` lasts."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.request


class Server:
    """`flags` are further ones of `ropewalk serve`."""

    def __init__(self, binary, folder, flags=()):
        self.binary, self.flags = binary, list(flags)
        self.data = pathlib.Path(tempfile.mkdtemp(prefix='bench-', dir=folder))
        os.chmod(self.data, 0o755)  # PostgreSQL may run as another user

    def __enter__(self):
        command = [self.binary, 'serve', '--data', self.data, '--listen', '127.0.0.1:0',
                   '--log-level', 'warn', *self.flags]
        environment = {k: v for k, v in os.environ.items() if not k.startswith('ROPEWALK_')}
        with open(self.data / 'server.log', 'wb') as log:
            self.process = subprocess.Popen(command, cwd=self.data, env=environment,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        if 'listens on' not in line:
            said = (self.data / 'server.log').read_text()
            self.__exit__()
            raise SystemExit(f'bench: the server did not start: {line}{said}')
        self.url = line.split()[-1]
        self.port = self.url.rsplit(':', 1)[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        cluster = self.data / 'postgres'
        if cluster.is_symlink():  # the server put it where PostgreSQL's user can reach it
            shutil.rmtree(cluster.resolve().parent, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)

    def call(self, method, path, body=None, headers=None):
        """The answer's JSON."""
        request = urllib.request.Request(
            self.url + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={'Content-Type': 'application/json', **(headers or {})})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def _postmaster(self):
        return (self.data / 'postgres' / 'postmaster.pid').read_text().splitlines()

    def conninfo(self):
        """Where its own cluster is reached, for the limits that are measured there."""
        lines = self._postmaster()
        return f"host='{lines[4]}' port={lines[3]} user=ropewalk dbname=postgres"

    def cpu_seconds(self):
        """(server and its children, PostgreSQL) so far. Children that were waited for count."""
        parents, times = {}, {}
        for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
            try:
                fields = stat.read_text().rsplit(')', 1)[1].split()
            except OSError:
                continue
            parents[int(stat.parent.name)] = int(fields[1])
            times[int(stat.parent.name)] = sum(int(field) for field in fields[11:15])
        postmaster = int(self._postmaster()[0])
        sums = {self.process.pid: 0, postmaster: 0}
        for pid, ticks in times.items():
            owner = pid
            while owner not in sums and owner in parents:
                owner = parents[owner]
            if owner in sums:
                sums[owner] += ticks
        per_second = os.sysconf('SC_CLK_TCK')
        return sums[self.process.pid] / per_second, sums[postmaster] / per_second

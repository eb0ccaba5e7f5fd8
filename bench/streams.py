"""Token streams through the server and through nginx: what each adds, carries and holds."""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

RATE = 20  # tokens a second of each stream, where ages are measured
SETTLING = 1.5  # seconds of tokens before and behind those that count
FAST_STREAMS, FAST_TOKENS = 100, 10_000
NGINX_NAME = 'nginx, proxy_buffering off'
WORKFLOW = {'name': 'talk', 'tasks': {'talk': {
    'type': 'ai', 'model': '${{ "bench/" + inputs.model }}', 'prompt': 'Talk to me, please.',
    'pool': 'streams', 'retry': {'maxAttempts': 1}}}}
NGINX = """
daemon off;
worker_processes auto;
worker_rlimit_nofile 16384;
error_log {folder}/error.log warn;
pid {folder}/pid;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream source {{ server 127.0.0.1:{source}; keepalive 32; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://source;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 120s;
    }}
  }}
}}
"""


def proportional_kib(pids):
    """Memory of these processes; what several share counts once."""
    total = 0
    for pid in pids:
        for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
            if line.startswith('Pss:'):
                total += int(line.split()[1])
    return total


def family(pid):
    """The process and its children."""
    children = pathlib.Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    return [pid, *map(int, children)]


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Source:
    """bench_token_source on a free port."""

    def __init__(self, build):
        self.program = build / 'bench' / 'bench_token_source'

    def __enter__(self):
        self.process = subprocess.Popen([self.program], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def config(self, folder):
        """A configuration of the server that has it as the provider `bench`."""
        path = pathlib.Path(folder, 'bench-providers.yaml')
        path.write_text('providers:\n  bench: { type: openai, baseUrl: '
                        f'"http://127.0.0.1:{self.port}/v1" }}\n')
        return path


class Nginx:
    """A plain proxy of the source; `missing` says why there is none."""

    def __init__(self, source):
        self.source, self.missing, self.process = source, '', None
        program = shutil.which('nginx')
        if program is None:
            self.missing = 'no nginx here (Debian: nginx-light); its column stays empty'
        self.program = program

    def __enter__(self):
        if self.missing:
            return self
        self.folder = tempfile.mkdtemp(prefix='bench-nginx-')
        self.port = free_port()
        config = pathlib.Path(self.folder, 'nginx.conf')
        config.write_text(NGINX.format(folder=self.folder, source=self.source.port, port=self.port))
        self.process = subprocess.Popen(
            [self.program, '-p', self.folder, '-c', config, '-e', f'{self.folder}/error.log'],
            stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while not pathlib.Path(self.folder, 'pid').exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f'bench: nginx did not start: {self.process.stderr.read()}')
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Streams:
    def __init__(self, server, build, nginx):
        self.server, self.build, self.nginx = server, build, nginx
        self.idle = {}
        server.call('PUT', '/v1/workflows/talk', WORKFLOW)

    def _port(self, way):
        return {'task': self.server.port, 'proxy': getattr(self.nginx, 'port', 0),
                'direct': self.nginx.source.port}[way]

    def _pids(self, way):
        return family({'task': self.server.process, 'proxy': self.nginx.process}[way].pid)

    def _client(self, way, streams, tokens, seconds, rate):
        model = f'r{rate}-c{tokens}-w{streams}'
        body = {'workflow': 'talk', 'inputs': {'model': model}}
        if way != 'task':
            body = {'model': model, 'stream': True}
        command = [self.build / 'bench' / 'bench_token_client', self._port(way), streams, tokens,
                   seconds, 'task' if way == 'task' else 'proxy',
                   json.dumps(body, separators=(',', ':'))]
        return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    @staticmethod
    def _result(client):
        out, errors = client.communicate(timeout=180)
        if client.returncode != 0:
            raise SystemExit(f'bench: token_client failed: {errors.strip()}')
        return json.loads(out.splitlines()[-1])

    def ages(self, way, streams, seconds):
        """How old tokens are when they arrive; and the memory that an open stream holds."""
        if way != 'direct' and way not in self.idle:
            self._result(self._client(way, 1, RATE, 0, RATE))  # warm
            self.idle[way] = proportional_kib(self._pids(way))
        client = self._client(way, streams, int(RATE * (seconds + SETTLING)), seconds, RATE)
        opened = client.stdout.readline()
        if way != 'direct' and opened.strip() == 'open':
            time.sleep(seconds)
            held = proportional_kib(self._pids(way)) - self.idle[way]
        out = self._result(client)
        if way != 'direct':
            out['kibPerStream'] = held / streams
        return out

    def fast(self, way):
        return self._result(self._client(way, FAST_STREAMS, FAST_TOKENS, 0, 0))

    def measurements(self, seconds):
        """As Suite.measurements; the limit is None where there is no nginx."""
        def beside(run):
            return None if self.nginx.missing else run
        for streams, length in ((1, seconds), (100, seconds), (1000, 2 * seconds)):
            many = f'{streams:,} streams' if streams > 1 else '1 stream'
            rows = [(f'age of a token, {many} of {RATE}/s, {key}', 'µs', key, 1)
                    for key in ('p50', 'p99')]
            if streams == 1000:
                rows.append(('memory of an open stream, 1,000 open', 'KiB', 'kibPerStream', 1))
            yield (lambda n=streams, s=length: self.ages('task', n, s), NGINX_NAME,
                   beside(lambda n=streams, s=length: self.ages('proxy', n, s)), rows)
        yield (lambda: self.fast('task'), NGINX_NAME, beside(lambda: self.fast('proxy')),
               [(f'tokens through one node, {FAST_STREAMS} streams, no rate', 'tokens/s',
                 'perSecond', 1)])

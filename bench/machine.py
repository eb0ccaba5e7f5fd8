"""What the figures were measured on."""

import os
import pathlib
import platform
import subprocess


def _first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 'unknown'
    return (done.stdout.splitlines() or ['unknown'])[0]


def _processor():
    for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return platform.machine()


def _memory_gib():
    for line in pathlib.Path('/proc/meminfo').read_text().splitlines():
        if line.startswith('MemTotal:'):
            return round(int(line.split()[1]) / 1024 ** 2, 1)
    return None


def describe(folder):
    """The machine as it is now; `folder` is where the data will be."""
    return {
        'processor': _processor(),
        'cores': os.cpu_count(),
        'memoryGiB': _memory_gib(),
        'kernel': platform.release(),
        'filesystem': _first_line(['stat', '-f', '-c', '%T', str(folder)]),
        'compiler': _first_line(['c++', '--version']),
        'postgres': _first_line(['pg_config', '--version']),
        'ninja': _first_line(['ninja', '--version']),
        'commit': _first_line(['git', '-C', str(pathlib.Path(__file__).parent), 'rev-parse',
                               '--short', 'HEAD']),
        'loadBefore': os.getloadavg()[0],
    }

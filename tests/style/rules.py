"""The rules of the house that a text search can keep. Each yields Violation(path, line, message).

A line that must break a rule says so where it stands: `style-ok(RULE): why`.
"""

import collections
import os
import pathlib
import re

import coroutine_lint

Violation = collections.namedtuple('Violation', 'path line message')

SKIPPED_FOLDERS = {'.git', '.ropewalk', 'node_modules', '__pycache__', 'dist', 'third_party'}
CODE = ('.cpp', '.hpp')
TEXT = CODE + ('.py', '.sh', '.ts', '.tsx', '.js', '.md', '.yaml', '.yml', '.txt', '.cmake',
               '.sql', '.css')

# Who may include whom: a folder's files may include from the folders named here.
LAYERS = {
    'engine/base': ('engine/base',),
    'engine/model': ('engine/base', 'engine/model'),
    'engine/schedule': ('engine/base', 'engine/model', 'engine/schedule'),
    'engine/async': ('engine/base', 'engine/async'),
    'engine/ports': ('engine/base', 'engine/model', 'engine/async', 'engine/ports'),
    'engine/runtime': ('engine',),
    'providers': ('engine/base', 'engine/model', 'engine/async', 'engine/ports', 'providers'),
    'sql': ('engine/base', 'engine/model', 'engine/async', 'engine/ports', 'sql'),
    'server': ('engine', 'providers', 'sql', 'server'),
    'tests': ('engine', 'providers', 'sql', 'server', 'tests', 'bench'),
    'bench': ('engine', 'providers', 'sql', 'server', 'tests', 'bench'),
}

# What a layer must not see of the world outside, as the beginning of an <include>.
OUTSIDE = {
    'engine': ('boost/beast', 'boost/asio/ssl', 'openssl/', 'libpq', 'prometheus/', 'CLI/', 'sys/',
               'unistd.h', 'fcntl.h', 'netinet/', 'spdlog/'),
    'engine/base': ('boost/asio', 'yaml-cpp', 'valijson', 're2/'),
    'engine/model': ('boost/asio',),
    'engine/schedule': ('boost/asio', 'yaml-cpp', 'valijson', 're2/', 'thread', 'mutex', 'atomic'),
    'engine/async': ('yaml-cpp', 'valijson', 're2/'),
    'engine/ports': ('yaml-cpp', 'valijson', 're2/'),
    'engine/runtime': ('yaml-cpp', 'valijson', 're2/'),
    'providers': ('libpq', 'prometheus/', 'CLI/', 'yaml-cpp'),
    'sql': ('boost/beast', 'prometheus/', 'CLI/', 'yaml-cpp'),
}

Ban = collections.namedtuple('Ban', 'name pattern where except_in message')
BANS = (
    Ban('threads', re.compile(r'\bstd::(?:mutex|shared_mutex|recursive_mutex|atomic\w*|j?thread|'
                              r'condition_variable)\b|\bthread_local\b'),
        r'^engine/.*', r'^engine/async/shard\.', 'a shard is one thread: post a message instead'),
    Ban('detached', re.compile(r'\bdetached\b'), r'.*\.(cpp|hpp)$', r'^$',
        'every coroutine has an owner: AsyncScope::spawn'),
    Ban('channel', re.compile(r'experimental::(?:basic_)?(?:concurrent_)?channel'),
        r'.*\.(cpp|hpp)$', r'^$', 'it loses messages when a receive is cancelled: Mailbox'),
    Ban('race', re.compile(r'awaitable_operators'), r'.*\.(cpp|hpp)$', r'^$',
        '`||` calls a failure a timeout: with_deadline'),
    Ban('using-namespace', re.compile(r'^\s*using\s+namespace\b'), r'.*\.hpp$', r'^$',
        'a header must not change what names mean for those who include it'),
    Ban('regex', re.compile(r'\bstd::regex\b'), r'.*\.(cpp|hpp)$', r'^$',
        'it recurses on long input: RE2 or a loop'),
    Ban('sleep', re.compile(r'this_thread::sleep|\b(?:usleep|nanosleep)\s*\('),
        r'^(engine|providers|sql|server|tests)/.*\.(cpp|hpp)$', r'^$',
        'wait for what you wait for, with a deadline'),
)
UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)\b')
MACHINE_PATH = re.compile(r'(?<![\w./-])/(?:work|home/\w+|root|Users/\w+)/[\w.]|\.\./shared/')

SIZE_WARN = {'.cpp': 300, '.hpp': 120}
SIZE_MAX = 450
FUNCTION_WARN, FUNCTION_MAX = 60, 80
LINE_MAX = 100


def files(root, endings):
    """Paths relative to `root`, sorted, of the project's own files with these endings."""
    for folder, names, file_names in os.walk(root):
        names[:] = sorted(set(n for n in names if not n.startswith('build')) - SKIPPED_FOLDERS)
        for name in sorted(file_names):
            if name.endswith(endings):
                yield pathlib.Path(folder, name).relative_to(root).as_posix()


def read(root, path):
    return pathlib.Path(root, path).read_text(encoding='utf-8', errors='replace')


def excused(line, rule):
    return f'style-ok({rule})' in line


def longest_match(table, path):
    folders = [folder for folder in table if path.startswith(folder + '/')]
    return max(folders, key=len, default=None)


def layers(root):
    """Includes go down only, are rooted at the repository, and keep the outside world out."""
    for path in files(root, CODE):
        layer = longest_match(LAYERS, path)
        if layer is None:
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include or excused(line, 'layers'):
                continue
            quote, target = include.groups()
            if quote == '"' and not any(target.startswith(f + '/') for f in LAYERS[layer]):
                yield Violation(path, number, f'{layer} must not include "{target}"')
            elif quote == '<':
                for scope, banned in OUTSIDE.items():
                    if path.startswith(scope + '/') and target.startswith(banned):
                        yield Violation(path, number, f'{scope} must not include <{target}>')


def banned(root):
    """Words that the code must not hold, and what to write instead."""
    for path in files(root, CODE):
        source = read(root, path)
        raw_lines = source.splitlines()
        for number, line in enumerate(coroutine_lint.blank_out(source).splitlines(), 1):
            for ban in BANS:
                hit = ban.pattern.search(line)
                if (hit and re.match(ban.where, path) and not re.match(ban.except_in, path)
                        and not excused(raw_lines[number - 1], ban.name)):
                    yield Violation(path, number, f'{hit.group(0).strip()}: {ban.message}')


def unfinished(root):
    """No notes to oneself: what is left to do belongs in an issue."""
    for path in files(root, TEXT):
        for number, line in enumerate(read(root, path).splitlines(), 1):
            if UNFINISHED.search(line) and not excused(line, 'unfinished'):
                yield Violation(path, number, 'what is left to do belongs in an issue')


def machine_paths(root):
    """Nothing in the project names a folder of the machine that it was written on."""
    for path in files(root, TEXT):
        for number, line in enumerate(read(root, path).splitlines(), 1):
            if MACHINE_PATH.search(line) and not excused(line, 'machine-paths'):
                yield Violation(path, number, 'a path of one machine')


def coroutines(root):
    """No statement that GCC 12 compiles wrongly."""
    for path in files(root, CODE):
        source = read(root, path)
        if 'co_await' in source:
            raw_lines = source.splitlines()
            for line, message in coroutine_lint.lint(source):
                if not excused(raw_lines[line - 1], 'coroutines'):
                    yield Violation(path, line, message)


def functions(source):
    """(line, length) of each function whose definition begins in the first column."""
    start = None
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith('}'):
            if start is not None:
                yield start, number - start + 1
            start = None
        elif re.match(r'(?:namespace|class|struct|enum|union|extern|template|#|/|\s|$)', line):
            continue
        elif start is None and '(' in line and not line.rstrip().endswith(';'):
            start = number


def sizes(root):
    """Files, functions and lines that are too long to be read at once."""
    for path in files(root, CODE + ('.py', '.sh')):
        source = read(root, path)
        lines = source.splitlines()
        if len(lines) > SIZE_MAX:
            yield Violation(path, len(lines), f'{len(lines)} lines; at most {SIZE_MAX}')
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX and 'http' not in line and not excused(line, 'sizes'):
                yield Violation(path, number, f'{len(line)} characters; at most {LINE_MAX}')
        if path.endswith('.cpp'):
            for number, length in functions(source):
                if length > FUNCTION_MAX and not excused(lines[number - 1], 'sizes'):
                    yield Violation(path, number, f'{length} lines; at most {FUNCTION_MAX}')


def size_warnings(root):
    """What is longer than it should be, though not too long: printed, never a failure."""
    for path in files(root, CODE):
        source = read(root, path)
        count = source.count('\n')
        if count > SIZE_WARN[path[-4:]] and not path.startswith('tests/'):
            yield Violation(path, count, f'{count} lines; better at most {SIZE_WARN[path[-4:]]}')
        if path.endswith('.cpp') and not path.startswith('tests/'):
            for number, length in functions(source):
                if FUNCTION_WARN < length <= FUNCTION_MAX:
                    yield Violation(path, number, f'{length} lines; better at most 60')


def markdown(root):
    """One main title in each document, on its first line."""
    for path in files(root, ('.md',)):
        titles, fenced = [], False
        for number, line in enumerate(read(root, path).splitlines(), 1):
            if line.lstrip().startswith('```'):
                fenced = not fenced
            if not fenced and line.startswith('# '):
                titles.append(number)
        if len(titles) != 1:
            yield Violation(path, (titles + [1, 1])[1], f'{len(titles)} main titles; exactly one')


def built(root):
    """Every source is listed in the CMakeLists.txt of its folder or of one above it."""
    listed = {}
    for path in files(root, ('CMakeLists.txt',)):
        folder = pathlib.PurePosixPath(path).parent
        text = re.sub(r'#[^\n]*', '', read(root, path))
        for name in re.findall(r'[\w./-]+\.cpp', text):
            rooted = name.startswith('/')  # ${PROJECT_SOURCE_DIR}/server/main.cpp
            place = pathlib.PurePosixPath() if rooted else folder
            listed.setdefault(place, set()).add(name.lstrip('/'))
        for suffix in re.findall(r'\$\{\w+\}([\w-]+\.cpp)', text):  # kind(crash): ${name}_test.cpp
            for word in re.findall(r'\(([\w-]+)', text):
                listed.setdefault(folder, set()).add(word + suffix)
    for path in files(root, ('.cpp',)):
        source = pathlib.PurePosixPath(path)
        if not any(source.relative_to(folder).as_posix() in listed.get(folder, ())
                   for folder in source.parents):
            yield Violation(path, 1, 'no CMakeLists.txt lists it: it is never built')


def pragma_once(root):
    """Every header begins with #pragma once."""
    for path in files(root, ('.hpp',)):
        if not read(root, path).startswith('#pragma once'):
            yield Violation(path, 1, 'a header begins with #pragma once')


RULES = (layers, banned, unfinished, machine_paths, coroutines, sizes, markdown, built, pragma_once)

"""Goal: the rules of the house hold, and each rule still catches what it is there for.

Method: every rule runs over the whole repository, and over a small planted one that breaks it.
"""

import json
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'scripts'))
import coroutine_lint  # noqa: E402
import count_tests  # noqa: E402
import rules  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


class House(unittest.TestCase):
    """The repository itself."""


def add_house_test(rule):
    def test(self):
        found = [f'{v.path}:{v.line}: {v.message}' for v in rule(ROOT)]
        if found:
            self.fail(f'{rule.__name__}: {rule.__doc__}\n' + '\n'.join(found))
    test.__doc__ = rule.__doc__
    setattr(House, f'test_{rule.__name__}', test)


for each in rules.RULES:
    add_house_test(each)


class Planted(unittest.TestCase):
    """Each rule finds a planted violation, and nothing in the text beside it that is right."""

    def found(self, rule, planted):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in planted.items():
                file = pathlib.Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding='utf-8')
            return [(v.path, v.line) for v in rule(pathlib.Path(folder))]

    def test_layers(self):
        self.assertEqual(self.found(rules.layers, {
            'engine/base/a.hpp': '#include "engine/base/b.hpp"\n#include "engine/model/c.hpp"\n',
            'engine/schedule/s.cpp': '#include <vector>\n#include <boost/asio/post.hpp>\n',
            'engine/runtime/r.cpp': '#include "engine/base/s.hpp"\n#include "sql/journal.hpp"\n',
            'providers/p.cpp': '#include "engine/runtime/engine.hpp"\n',
            'sql/j.cpp': '#include "server/node.hpp"\n',
            'server/n.cpp': '#include "sql/journal.hpp"\n#include "node.hpp"\n',
        }), [('engine/base/a.hpp', 2), ('engine/runtime/r.cpp', 2), ('engine/schedule/s.cpp', 2),
             ('providers/p.cpp', 1), ('server/n.cpp', 2), ('sql/j.cpp', 1)])

    def test_banned(self):
        self.assertEqual(self.found(rules.banned, {
            'engine/model/a.cpp': '// std::mutex is not for us\nstd::mutex lock;\n',
            'engine/async/shard.cpp': 'std::thread thread;\n',
            'server/b.cpp': 'co_spawn(io, run(), asio::detached);\nauto s = "detached";\n',
            'server/c.hpp': '#pragma once\nusing namespace std;\n',
            'tests/d_test.cpp': 'std::this_thread::sleep_for(1s);\n'
                                'std::this_thread::sleep_for(1s);  // style-ok(sleep): why\n',
            'sql/e.cpp': 'asio::experimental::channel<void()> c;\n',
        }), [('engine/model/a.cpp', 2), ('server/b.cpp', 1), ('server/c.hpp', 2), ('sql/e.cpp', 1),
             ('tests/d_test.cpp', 1)])

    def test_unfinished(self):
        self.assertEqual(self.found(rules.unfinished, {
            'a.cpp': '// TO' 'DO: later\nint todo = 1;\n'}), [('a.cpp', 1)])

    def test_machine_paths(self):
        self.assertEqual(self.found(rules.machine_paths, {
            'docs/a.md': '# A\nSee /ro' 'ot/notes.txt\n/usr/bin/python3 and $HOME/work/x\n',
        }), [('docs/a.md', 2)])

    def test_coroutines(self):
        self.assertEqual(self.found(rules.coroutines, {
            'a.cpp': 'Async<> f() {\n  co_await g(Options{.n = 1});\n}\n'}), [('a.cpp', 2)])

    def test_sizes(self):
        long_function = 'int f() {\n' + '  g();\n' * 90 + '}\n'
        self.assertEqual(self.found(rules.sizes, {
            'a.cpp': 'int a;\n' * 451, 'b.cpp': '//' + 'x' * 99 + '\n', 'c.cpp': long_function,
            'd.cpp': 'int f() {\n' + '  g();\n' * 20 + '}\n',
        }), [('a.cpp', 451), ('b.cpp', 1), ('c.cpp', 1)])

    def test_size_warnings(self):
        self.assertEqual(self.found(rules.size_warnings, {
            'a.hpp': '#pragma once\n' * 121, 'b.cpp': 'int f() {\n' + '  g();\n' * 60 + '}\n',
        }), [('a.hpp', 121), ('b.cpp', 1)])

    def test_markdown(self):
        self.assertEqual(self.found(rules.markdown, {
            'a.md': '# One\n```\n# a comment\n```\n', 'b.md': '# One\n\n# Two\n', 'c.md': 'text\n',
        }), [('b.md', 3), ('c.md', 1)])

    def test_built(self):
        self.assertEqual(self.found(rules.built, {
            'x/CMakeLists.txt': 'add_library(x a.cpp y/b.cpp ${PROJECT_SOURCE_DIR}/d.cpp) # c.cpp',
            'x/a.cpp': '', 'x/y/b.cpp': '', 'x/c.cpp': '', 'd.cpp': '',
            'z/CMakeLists.txt': 'kind(crash)  # ${name}_test.cpp\nadd(${name}_test.cpp)\n',
            'z/crash_test.cpp': '', 'z/other_test.cpp': '',
        }), [('x/c.cpp', 1), ('z/other_test.cpp', 1)])

    def test_pragma_once(self):
        self.assertEqual(self.found(rules.pragma_once, {
            'a.hpp': '// text\n', 'b.hpp': '#pragma once\n'}), [('a.hpp', 1)])


BAD_COROUTINES = (
    'co_await f(Options{.name = s});',
    'co_await f({.n = 2});',
    'co_await f({"a", "b"});',
    'co_await g([x = std::move(v)] { use(x); });',
    'co_await g([x] { use(x); });',
    'co_await g([=] { use(x); });',
    'co_await g([&a, b] { use(a, b); });',
    'co_await co_spawn(ex, [s = text]() -> Async<> { co_return; }, use_async);',
    'co_spawn(make_strand(co_await asio::this_coro::executor), [k = std::move(s)] {}, token);',
    'use(Options{.n = 1}, co_await make());',
    'v.push_back({co_await make(), 3});',
    'co_await Operation{}.run();',
    'auto text = flag ? co_await f() : std::string();',
    'auto row = co_await load(flag ? a : b);',
    'CO_TRY(auto row, co_await load(Key{.id = 1}));',
    'if (auto r = co_await f(Options{.n = 1}); !r) g();',
)
GOOD_COROUTINES = (
    'Options options{.name = s}; co_await f(std::move(options));',
    'auto work = f(Options{.n = 1}); co_await std::move(work);',
    'co_await g([&] { use(x); });',
    'co_await g([this, &x] { use(x); });',
    'auto [ec, n] = co_await socket.async_read_some(buffer, use_tuple);',
    'if (auto item = co_await box.pop()) { use(Item{1}); }',
    'while (auto item = co_await box.pop()) { auto a = flag ? 1 : 2; }',
    'for (auto& row : co_await rows()) { rows_.push_back({1, 2}); }',
    'co_return Options{.n = 1};',
    'auto x = flag ? 1 : 2; co_await f(x);',
    'switch (co_await next()) { case Kind::a: break; }',
    '// co_await f(Options{.n = 1});',
    'auto text = "co_await f(Options{})";',
    'co_await f(std::string_view("a?b:c"));',
    'Async<> f() { int n{}; co_await g(n); }',
    'auto state = co_await asio::this_coro::cancellation_state;',
    'struct Row { int n{}; }; co_await f();',
    'co_await f(items[0], map[key]);',
)


class CoroutineLint(unittest.TestCase):
    """Shapes that crash with GCC 12, and their neighbours that do not."""

    def test_bad_shapes_are_found(self):
        for text in BAD_COROUTINES:
            with self.subTest(text):
                self.assertTrue(list(coroutine_lint.lint('Async<> run() {\n' + text + '\n}\n')))

    def test_good_shapes_are_left_alone(self):
        for text in GOOD_COROUTINES:
            with self.subTest(text):
                found = list(coroutine_lint.lint('Async<> run() {\n' + text + '\n}\n'))
                self.assertEqual(found, [])

    def test_line_is_where_the_statement_begins(self):
        source = 'Async<> f() {\n  int a = 1;\n\n  // why\n  co_await g(\n      O{.n = a});\n}\n'
        self.assertEqual([line for line, _ in coroutine_lint.lint(source)], [5])


class CountTests(unittest.TestCase):
    """The last line of test.sh: nothing passes by dying."""

    def count(self, reports, junit):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for stem, text in reports.items():
                (folder / f'{stem}.json').write_text(text, encoding='utf-8')
            cases = ''.join(f'<testcase name="{n}" status="{s}"/>' for n, s in junit.items())
            (folder / 'ctest.xml').write_text(f'<testsuite>{cases}</testsuite>', encoding='utf-8')
            return count_tests.count_folder(folder)

    def test_adds_up_cases(self):
        skipped = '[{"testsuite": [{"result": "SKIPPED"}, {"result": "COMPLETED"}]}]'
        self.assertEqual(self.count(
            {'a': '{"tests": 5, "failures": 2}',
             'b': '{"tests": 2, "failures": 0, "testsuites": ' + skipped + '}'},
            {'a': 'fail', 'b': 'run'}), [4, 2, 1])

    def test_counts_what_has_no_cases_as_one(self):
        self.assertEqual(self.count({}, {'script': 'run', 'other': 'fail'}), [1, 1, 0])

    def test_a_crash_is_a_failure(self):
        self.assertEqual(self.count({}, {'crashed': 'fail'}), [0, 1, 0])
        self.assertEqual(self.count({'cut': '{"tests": 3'}, {'cut': 'fail'}), [0, 1, 0])
        self.assertEqual(self.count({'late': '{"tests": 3}'}, {'late': 'fail'}), [3, 1, 0])


def main():
    for warning in rules.size_warnings(ROOT):
        print(f'note: {warning.path}:{warning.line}: {warning.message}')
    program = unittest.main(exit=False, verbosity=1)
    outcome = program.result
    bad = len(outcome.failures) + len(outcome.errors)
    target = os.environ.get('GTEST_OUTPUT', '')
    if target.startswith('json:') and target.endswith('/'):  # counted with the others by test.sh
        report = {'tests': max(outcome.testsRun, bad), 'failures': bad}
        pathlib.Path(target[5:], 'style.json').write_text(json.dumps(report), encoding='utf-8')
    return 0 if outcome.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())

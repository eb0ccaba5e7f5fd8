"""Adds up what the tests of one run said; prints `N passed, N failed` as the last line.

The folder holds a JSON file in GoogleTest's format for each executable that finished, and ctest's
JUnit file. An executable that ended badly without a failed case to show for it (a crash, a hang,
a sanitizer's report at exit) counts as one failed case, so that nothing passes by dying.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree


def count_cases(report):
    """(passed, failed, skipped) of one GoogleTest report."""
    failed = report.get('failures', 0) + report.get('errors', 0)
    skipped = report.get('disabled', 0)
    for suite in report.get('testsuites', []):
        for case in suite.get('testsuite', []):
            skipped += case.get('result') == 'SKIPPED'
    return report.get('tests', 0) - failed - skipped, failed, skipped


def count_folder(folder):
    totals = [0, 0, 0]
    failed_of = {}
    for path in sorted(folder.glob('*.json')):
        try:
            counts = count_cases(json.loads(path.read_text(encoding='utf-8')))
        except ValueError:
            continue  # cut off in the middle: its executable is counted below
        failed_of[path.stem] = counts[1]
        totals = [sum(pair) for pair in zip(totals, counts)]
    junit = folder / 'ctest.xml'
    if junit.exists():
        for case in xml.etree.ElementTree.parse(junit).getroot().iter('testcase'):
            ended_well = case.get('status') == 'run'
            name = case.get('name')
            if name not in failed_of:
                totals[0 if ended_well else 1] += 1
            elif not ended_well and failed_of[name] == 0:
                totals[1] += 1
                print(f'{name}: all its cases passed, and yet it ended badly')
    return totals


def main():
    passed, failed, skipped = count_folder(pathlib.Path(sys.argv[1]))
    if skipped:
        print(f'{skipped} skipped')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())

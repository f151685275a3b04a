#!/usr/bin/env python3
"""Checks the repository against tests/policy/rules.py and lists every violation. Exit 1 when there is one."""
import pathlib
import subprocess
import sys

from rules import RULES, Tree


def tracked_files(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.rstrip("\0").split("\0")
    # An unpacked archive has no git; hidden folders, builds and downloads are not part of it.
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return [str(path) for path in found if not path.parts[0].startswith((".deps", ".git", "build", "runs"))]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    tree = Tree(root, tracked_files(root))
    wrong = 0
    for rule in RULES:
        violations = list(rule(tree))
        wrong += len(violations)
        if violations:
            print(f"{rule.__name__.replace('_', ' ')}: {len(violations)} violations")
            print("\n".join("  " + violation for violation in violations))
    print(f"{len(RULES)} rules, {len(tree.files)} files, {wrong} violations")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Does what a page says: python3 page.py PAGE INSTALLED

Every fenced block stands below a comment that says what it is: <!-- run --> (shell), <!-- write FILE -->,
<!-- append FILE -->, <!-- in FILE --> (that file holds these lines), <!-- prints --> (the last run printed these lines,
among others; runs of blanks count as one). A block without such a comment is a fault: nobody would notice it go stale.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCES = pathlib.Path(__file__).resolve().parents[2]
KINDS = re.compile(r"<!-- (?:(run|prints)|(write|append|in) (\S+)) -->$")


class PageError(Exception):
    pass


def blocks(text):
    """(line number, kind, file, body) of every fenced block."""
    lines, found, i = text.splitlines(), [], 0
    while i < len(lines):
        if not lines[i].startswith("```"):
            i += 1
            continue
        begin = i
        marker = KINDS.match(lines[begin - 1])
        if not marker:
            raise PageError(f"line {begin + 1}: a block without a comment that says what it is")
        i = next((j for j in range(begin + 1, len(lines)) if lines[j] == "```"), len(lines))
        found.append((begin + 1, marker.group(1) or marker.group(2), marker.group(3), "\n".join(lines[begin + 1:i]) + "\n"))
        i += 1
    return found


class Reader:
    """Somebody who does in a shell what the page says."""

    def __init__(self, folder, prefix):
        self.place, self.printed = folder, ""
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ENGRAM_")}
        self.environment.pop("LD_LIBRARY_PATH", None)
        self.environment.update(
            PREFIX=str(prefix), PATH=f"{prefix}/bin:{os.environ['PATH']}", HOME=str(folder / "home"),
            XDG_DATA_HOME=str(folder / "home/.local/share"), ENGRAM_CACHE=str(folder / "cache"),
            MODEL=str(SOURCES / "tests/golden/losses/model"), CMAKE_GENERATOR="Ninja", OMP_WAIT_POLICY="passive")
        if shutil.which("ccache"):
            home = pathlib.Path(os.environ.get("HOME", "/"))
            self.environment.setdefault("CCACHE_DIR", str(home / ".cache/ccache"))
            # The scratch folder has another name every time; ccache is not to care.
            self.environment.update(CMAKE_CXX_COMPILER_LAUNCHER="ccache", CCACHE_BASEDIR=str(folder), CCACHE_NOHASHDIR="1")
        (folder / "home").mkdir()

    def run(self, _, body):
        script = f"set -euo pipefail\n{body}\npwd >&3\n"
        read, write = os.pipe()
        done = subprocess.run(["bash", "-c", f"exec 3>&{write}\n{script}"], cwd=self.place, env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[write])
        os.close(write)
        with os.fdopen(read) as ended:
            place = ended.read().strip()
        if done.returncode != 0:
            raise PageError(f"ended with {done.returncode}:\n{done.stdout}")
        self.place, self.printed = pathlib.Path(place), done.stdout

    def write(self, file, body):
        (self.place / file).write_text(body, encoding="utf-8")

    def append(self, file, body):
        with open(self.place / file, "a", encoding="utf-8") as out:
            out.write("\n" + body)

    def prints(self, _, body):
        printed = [" ".join(line.split()) for line in self.printed.splitlines()]
        for line in body.splitlines():
            if not any(" ".join(line.split()) in found for found in printed):
                raise PageError(f"'{line}' was not printed:\n{self.printed}")

    def in_file(self, file, body):
        if body not in (self.place / file).read_text(encoding="utf-8"):
            raise PageError(f"{file} does not hold these lines:\n{body}")


def main():
    page, tree = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve() / "a place with blanks"
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(pathlib.Path(folder).resolve(), tree)
        found = []
        try:
            found = blocks(page.read_text(encoding="utf-8"))
            for line, kind, file, body in found:
                try:
                    getattr(reader, "in_file" if kind == "in" else kind)(file, body)
                except PageError as error:
                    raise PageError(f"line {line}: {error}") from error
        except PageError as error:
            print(f"{page.name}, {error}")
            return 1
    print(f"{page.name}: {len(found)} blocks, as written")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Builds and runs the fuzzers (README.md).

    tests/fuzz/fuzz.py list                       what there is
    tests/fuzz/fuzz.py build                      build-fuzz/bin/fuzz_*
    tests/fuzz/fuzz.py replay [TARGET...]         every seed and every input that once found something
    tests/fuzz/fuzz.py smoke [TARGET...]          the same, and 60 seconds of fuzzing in all
    tests/fuzz/fuzz.py run [TARGET...]            each for --seconds; the corpus grows in build-fuzz/corpus

Exit code 0: nothing found; 1: something was, and lies in build-fuzz/findings; 77: there is no clang.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = Path(os.environ.get("ENGRAM_BUILD_FUZZ", ROOT / "build-fuzz"))
SMOKE_SECONDS = 60  # of all targets together
# A recipe runs Lua for at most half a second at full speed; under the sanitizers everything is slower.
LIMITS = ["-timeout=25", "-rss_limit_mb=2000", "-malloc_limit_mb=256"]
LONGEST = 16384  # bytes of an input
FIGURES = re.compile(r"^#(\d+)\s.*\bcov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
ENVIRONMENT = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:symbolize=1",
               "UBSAN_OPTIONS": "print_stacktrace=1"}


def targets():
    return sorted(file.stem for file in HERE.glob("*.cpp"))


def has_clang():
    runtime = subprocess.run(["clang++-14", "-print-runtime-dir"], capture_output=True, text=True) \
        if shutil.which("clang++-14") else None
    return runtime is not None and any(
        Path(folder).is_dir() and list(Path(folder).glob("libclang_rt.fuzzer-x86_64.a"))
        for folder in (runtime.stdout.strip(), Path(runtime.stdout.strip()).parent / "linux"))


def build(arguments):
    subprocess.run(["cmake", "--preset", "fuzz", "-B", str(BUILD)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(BUILD), "-j", str(arguments.jobs), "--", "--quiet"], check=True)
    return 0


class Outcome:
    """What one process of a target did: its exit code, executions, edges and features covered, size of the corpus."""

    def __init__(self, target, code, log):
        self.target, self.code, self.log = target, code, log
        text = log.read_text(errors="replace")
        last = FIGURES.findall(text)[-1:] or [("0", "0", "0", "0")]
        self.executions, self.edges, self.features, self.corpus = map(int, last[0])
        done = re.search(r"^Done (\d+) runs", text, re.MULTILINE)
        self.executions = int(done.group(1)) if done else self.executions
        self.found = re.findall(r"Test unit written to (\S+)", text)

    def line(self):
        result = "clean" if self.code == 0 else "FOUND: " + (", ".join(self.found) or f"exit code {self.code}")
        return (f"{self.target:18} {self.executions:>12,} executions {self.edges:>7,} edges {self.features:>7,} features "
                f"{self.corpus:>6,} inputs   {result}")


def committed(target):
    return [str(folder) for folder in (HERE / "seeds" / target, HERE / "found" / target) if folder.is_dir()]


def start(target, name, options, folders):
    log = BUILD / "logs" / f"{target}.{name}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    findings = BUILD / "findings" / target
    findings.mkdir(parents=True, exist_ok=True)
    dictionary = HERE / "dictionaries" / f"{target}.dict"
    options = [*LIMITS, f"-max_len={LONGEST}", f"-artifact_prefix={findings}/", "-print_final_stats=1", *options]
    if dictionary.exists():
        options.append(f"-dict={dictionary}")
    with open(log, "w") as output:
        process = subprocess.run([BUILD / "bin" / f"fuzz_{target}", *options, *folders], stdout=output,
                                 stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=BUILD,
                                 env={**os.environ, **ENVIRONMENT})
    return Outcome(target, process.returncode, log)


def replay(target):
    return start(target, "replay", ["-runs=0"], committed(target))


def fuzz(target, seconds, name):
    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    return start(target, name, [f"-max_total_time={seconds}"], [str(corpus), *committed(target)])


def report(outcomes):
    failed = 0
    for outcome in outcomes:
        print(outcome.line(), flush=True)
        if outcome.code != 0:
            failed += 1
            print("".join(outcome.log.read_text(errors="replace").splitlines(keepends=True)[-60:]), flush=True)
    print(f"{failed} of the targets found something" if failed else "nothing found", flush=True)
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["list", "build", "replay", "smoke", "run"])
    parser.add_argument("target", nargs="*", help="all of them, unless some are named")
    parser.add_argument("--seconds", type=int, default=600, help="of each target in `run`")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    arguments = parser.parse_intermixed_args()
    chosen = arguments.target or targets()
    unknown = set(chosen) - set(targets())
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(targets())}")
    if arguments.action == "list":
        return print("\n".join(chosen))
    if not has_clang():
        print("the fuzzers need clang-14 and libclang-rt-14-dev, which `.ci/bootstrap fuzz` installs: skipped")
        return 77
    if arguments.action == "build":
        return build(arguments)
    work = {"replay": replay,
            "smoke": lambda target: fuzz(target, max(1, SMOKE_SECONDS // len(chosen)), "smoke"),
            "run": lambda target: fuzz(target, arguments.seconds, "run")}[arguments.action]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        return report(pool.map(work, chosen))


if __name__ == "__main__":
    sys.exit(main())

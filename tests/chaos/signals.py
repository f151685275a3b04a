#!/usr/bin/env python3
"""SIGINT and SIGTERM in every loop: exit code 5, how long it takes, a whole checkpoint, and a resumed run that is exact.

Every case waits until the program says that it is inside the loop, sends the signal, and measures the time until the
process has gone, less the time that it was ready to run and other processes had the cores. A second signal ends the process
at once. Exit code 1: something did not hold.

  tests/chaos/signals.py            everything, a few minutes
  tests/chaos/signals.py --short    small files, some of the cases
"""

import argparse
import csv
import json
import random
import shutil
import signal
import sys
import threading
import time
from dataclasses import dataclass, field

from kills import KILL_AT
from subjects import EVERY, EWC, LORA, ROOT, SUBJECTS, Workshop, differences, kept, newest_state, recipe

sys.path.insert(0, str(ROOT / "tests/integration"))
from hub_server import Hub, Repository  # noqa: E402
from tiny import MODEL, write_rows  # noqa: E402

ALLOWED = 2.0  # seconds from the signal to the end of the process
INTERRUPTED = 5
BUSY = "for i = 1, 2000000 do busy = busy + i % 3 end"  # a tenth of a second of Lua

LARGE = recipe('{ "ewc", data = "past", samples = 1000000, lambda = 1 }, { "weight_interpolation" }', EVERY,
               "evaluations_in_first_epoch = 1,", epochs=1)
LARGE = (LARGE.replace("evaluations_in_first_epoch = 3, ", "").replace("new_test.csv", "large.csv")
         .replace("past.csv", "large_past.csv").replace('head = "from model"', 'head = { probe = "past" }'))
ACCUMULATED = (recipe(LORA, "", "accumulation = 65536,").replace("new_train.csv", "large.csv")
               .replace("evaluations_in_first_epoch = 3, ", "evaluations_in_first_epoch = 0, "))
SLOW = recipe(LORA, f"""schedule = function(s) local busy = 0; {BUSY} return 1 end,
  stop = function(h) local busy = 0; {BUSY} return false end,
  metrics = {{ slow = function(e) local busy = 0; {BUSY} return 1 end }},
  """ + EVERY, schedule="", epochs=1)


@dataclass
class Case:
    name: str
    arguments: list
    inside: object = None      # what a printed line holds when the loop has begun; None: the process handles signals
    delays: tuple = (0.0, 0.05)
    subject: str = ""          # whose undisturbed run the resumed one is compared with; "": nothing is resumed
    stdin: str = ""            # a file
    environment: dict = field(default_factory=dict)


class Queueing:
    """Adds up how long a process waits for a core, until it has gone: its first thread's share of /proc/PID/schedstat."""

    def __init__(self, process):
        self.file = f"/proc/{process.pid}/schedstat"
        self.before = self.after = self.read() or 0
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def read(self):
        try:
            with open(self.file, encoding="ascii") as numbers:
                return int(numbers.read().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return None

    def watch(self):
        while (now := self.read()) is not None and now >= self.after:
            self.after = now
            time.sleep(0.005)

    def seconds(self):
        self.thread.join()
        return self.after - self.before


def wait_for_handler(process):
    """Returns once the process catches SIGTERM: until its libraries are loaded, the system ends it, and nothing is there to lose."""
    caught = 0
    while process.poll() is None and not caught & 1 << (signal.SIGTERM - 1):
        time.sleep(0.001)
        with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as status:
            caught = int(next(line for line in status if line.startswith("SigCgt")).split()[1], 16)


class Signalled:
    """A process that gets a signal once it is inside, and how it ended."""

    def __init__(self, workshop, case, number, delay, twice=False):
        stdin = open(workshop.folder / case.stdin, "rb") if case.stdin else None
        process = workshop.start(*case.arguments, environment=case.environment, stdin=stdin)
        errors = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reader.start()
        self.lines = []
        self.sent = None
        if case.inside is None:
            wait_for_handler(process)
            self.send(process, number, delay, twice)
        for line in process.stdout:
            self.lines.append(line)
            if self.sent is None and case.inside is not None and case.inside.encode() in line:
                self.send(process, number, delay, twice)
        self.code = process.wait()
        self.seconds = time.monotonic() - self.sent - self.queueing.seconds() if self.sent else 0
        reader.join()
        self.errors = b"".join(errors).decode(errors="replace")
        for pipe in [process.stdout, process.stderr, stdin]:
            if pipe:
                pipe.close()

    def send(self, process, number, delay, twice):
        time.sleep(delay)
        self.queueing = Queueing(process)
        self.sent = time.monotonic()
        process.send_signal(number)
        if twice:
            time.sleep(0.002)
            process.send_signal(number)

    def trained(self):
        return any(line.startswith(b'{"event":"step"') for line in self.lines)


class Trial:
    def __init__(self, workshop):
        self.workshop = workshop
        self.references = {}
        self.faults = []
        self.sent = self.late = 0

    def reference(self, case):
        if case.subject not in self.references:
            self.workshop.clear()
            self.workshop.run(*self.workshop.begin(case.subject))
            self.references[case.subject] = kept(self.workshop.out)
        return self.references[case.subject]

    def resumed(self, case, what):
        """Ends the run as its owner would, and compares it."""
        out = self.workshop.out
        self.workshop.run(*(self.workshop.resume() if out.exists() else self.workshop.begin(case.subject)))
        for line in differences(self.reference(case), kept(out)):
            self.faults.append(f"{what}: {line}")

    def once(self, case, number, delay, twice=False):
        what = f"{case.name}, {signal.Signals(number).name}{' twice' if twice else ''} after {delay} s"
        if case.subject:
            self.reference(case)
        self.workshop.clear()
        ended = Signalled(self.workshop, case, number, delay, twice)
        if ended.sent is None or ended.code == 0:
            self.late += 1  # it was over before the signal came
            return None
        self.sent += 1
        if ended.code != INTERRUPTED:
            self.faults.append(f"{what}: exit code {ended.code} instead of {INTERRUPTED}: {ended.errors.strip()[-400:]}")
        if ended.seconds > ALLOWED:
            self.faults.append(f"{what}: it took {ended.seconds:.1f} s until the process had gone")
        runs = [events.parent for events in self.workshop.out.rglob("events.jsonl")]
        if ended.trained() and not twice and case.subject and not any(newest_state(run) for run in runs):
            self.faults.append(f"{what}: no training state was left")
        if case.subject:
            self.resumed(case, what)
        return ended.seconds

    def every(self, case):
        times = []
        for i, delay in enumerate(case.delays):
            for number in [signal.SIGTERM, signal.SIGINT][i % 2:i % 2 + 1] if i else [signal.SIGINT, signal.SIGTERM]:
                times.append(self.once(case, number, delay))
        times = [seconds for seconds in times if seconds is not None]
        longest = f"{max(times):6.2f} s" if times else "over before"
        print(f"  {longest:>11}  {case.name} ({len(times)} signals)", flush=True)
        return times


def write_large_files(workshop, rows):
    write_rows(workshop.folder / "large.csv", ["left", "right"], rows, 11)
    write_rows(workshop.folder / "large_past.csv", ["calm", "stormy", "windy"], rows // 4, 12)
    with open(workshop.folder / "large.csv", newline="", encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    (workshop.folder / "large.txt").write_text("\n".join(texts * 4) + "\n", encoding="utf-8")
    for name, text in [("large", LARGE), ("accumulated", ACCUMULATED), ("slow", SLOW)]:
        (workshop.folder / f"{name}.lua").write_text(text, encoding="utf-8")
        SUBJECTS[name] = [name]


def cases_of_runs(workshop):
    def case(name, subject, inside, delays=(0.0, 0.05)):
        return Case(name, [*workshop.begin(subject), "--json"], inside, delays, subject)
    return [
        case("a training step", "lora", '"step":7'),
        case("inside an accumulation", "accumulated", "scoring every set", (0.5, 1.0)),
        case("a stop rule's roll-back", "rollback", 'rolled back from', (0.0, 0.002)),
        case("Lua: schedule", "slow", '"event":"step","step":2', (0.02, 0.08)),
        case("Lua: metric and stop rule", "slow", "scoring every set", (0.05, 0.2)),
        case("grid between points", "grid", '"event":"finished"', (0.0, 0.01)),
        case("chain between links", "chain", '"event":"finished"', (0.0, 0.01)),
        case("starting", "large", None, (0.0, 0.02, 0.1, 0.3)),
        case("loading and tokenizing", "large", "reading and tokenizing", (0.0, 0.1, 0.3, 0.6, 1.2)),
        case("fitting a probe head", "large", "fitting a head"),
        case("scoring the untouched model", "large", "scoring the untouched model"),
        case("Fisher pass", "large", "rows of data.past"),
        case("evaluation", "large", "scoring every set", (0.0, 0.1)),
        case("after an evaluation", "large", '"kind":"during","step":12', (0.0, 0.01)),
        case("candidates after training", "large", '"kind":"candidate"', (0.0, 0.1)),
    ]


def begin_cases_of_commands(workshop):
    """Cases of commands that read what a run has made: it lies in `made`, which is never cleared away."""
    workshop.clear()
    workshop.run("run", "lora.lua", "--out", "out")
    made = workshop.folder / "made"
    workshop.run("merge", "out", "--into", "merged")
    shutil.copytree(workshop.folder / "merged", made / "merged")
    shutil.copytree(workshop.folder / "out/checkpoints/best", made / "adapter")


def signal_in_operations(trial, workshop, subject, generator, count):
    """Signals from within operations on files: the first lets a checkpoint be finished, two end it in the midst."""
    arguments = [*workshop.begin(subject), "--json"]
    log = workshop.folder / "operations"
    below = {"LD_PRELOAD": KILL_AT, "ENGRAM_KILL_BELOW": str(workshop.out) + "/checkpoints/"}
    workshop.clear()
    trial.reference(Case("", [], subject=subject))
    workshop.clear()
    log.unlink(missing_ok=True)
    workshop.run(*arguments, environment=below | {"ENGRAM_KILL_LOG": str(log)})
    operations = len(log.read_text().splitlines())
    for twice in [False, True]:
        times = []
        for _ in range(count):
            at = generator.randint(1, operations)
            workshop.clear()
            started = time.monotonic()
            environment = below | {"ENGRAM_KILL_AT": str(at), "ENGRAM_KILL_SIGNAL": "15" if not twice else "15 15",
                                   "ENGRAM_KILL_LOG": str(log)}
            log.unlink(missing_ok=True)
            process = workshop.start(*arguments, environment=environment)
            _, errors = process.communicate(timeout=120)
            what = f"{subject}, {'two signals' if twice else 'a signal'} at operation {at}"
            trial.sent += 1
            # The last operations of a run leave nothing to interrupt.
            if process.returncode not in ([INTERRUPTED] if twice else [INTERRUPTED, 0]):
                trial.faults.append(f"{what}: exit code {process.returncode}: {errors.decode()[-400:]}")
            times.append(time.monotonic() - started)
            trial.resumed(Case("", [], subject=subject), what)
        print(f"               writing checkpoints ({subject}): {count} times {'two signals' if twice else 'a signal'} "
              f"in the midst of an operation on a file", flush=True)


def signal_commands(trial, workshop, rows):
    begin_cases_of_commands(workshop)
    scored = ["--data", "large.csv", "--text", "text", "--label", "label"]
    adapter, merged = "made/adapter", "made/merged"
    cases = [
        Case("predict", ["predict", merged], "\t", (0.0, 0.05), stdin="large.txt"),
        Case("predict, a file", ["predict", merged, "--file", "large.csv", "--json"], "{", (0.0, 0.05)),
        Case("eval", ["eval", merged, *scored], None, (0.0, 0.3, 0.6)),
        Case("eval against the base", ["eval", adapter, *scored], None, (0.0, 0.3, 0.6)),
        Case("merge with scores", ["merge", adapter, "--into", "into", *scored], None, (0.0, 0.3, 0.6)),
    ]
    keep = workshop.clear
    workshop.clear = lambda: shutil.rmtree(workshop.folder / "into", ignore_errors=True)
    for case in cases:
        trial.every(case)
        if (workshop.folder / "into").exists():
            trial.faults.append(f"{case.name}: an interrupted merge left {sorted(p.name for p in workshop.folder.glob('into*'))}")
    workshop.clear = keep
    signal_pull(trial, workshop)


def signal_pull(trial, workshop):
    with Hub() as hub:
        files = {name: (MODEL / name).read_bytes() for name in ["config.json", "model.safetensors", "tokenizer.json"]}
        hub.repositories["org/name"] = Repository(files)
        hub.faults.slow = 0.1
        environment = {"HF_ENDPOINT": hub.address, "HF_HOME": str(workshop.folder / "hub")}
        case = Case("pull", ["pull", "org/name"], None, (0.0, 0.3, 0.7), environment=environment)
        trial.every(case)
        hub.faults.slow = 0
        workshop.run("pull", "org/name", environment=environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    with Workshop() as workshop:
        trial = Trial(workshop)
        write_large_files(workshop, 2000 if options.short else 40000)
        cases = [case for case in cases_of_runs(workshop) if options.only in case.name]
        if options.short:
            cases = [case for case in cases if case.subject != "large" or case.name == "evaluation"]
        print("longest time from the signal to the end of the process:")
        for case in cases:
            trial.every(case)
        generator = random.Random(options.seed)
        if not options.only:
            for subject in ["lora"] if options.short else ["lora", "full", "rollback"]:
                signal_in_operations(trial, workshop, subject, generator, 2 if options.short else 10)
        if not options.short and options.only in "commands":
            signal_commands(trial, workshop, 40000)
    for fault in trial.faults:
        print("  " + fault)
    print(f"signals sent: {trial.sent}; over before the signal came: {trial.late}; faults: {len(trial.faults)}")
    return 1 if trial.faults else 0


if __name__ == "__main__":
    sys.exit(main())

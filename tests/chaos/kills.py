#!/usr/bin/env python3
"""SIGKILL at many moments of a run's life, each followed by --resume, compared with the run that was left alone.

Moments are spread over time, over everything that the program prints, and over its operations on files (in the midst of
them: half a line written, a folder half removed). Every third resumed run is killed again. Exit code 1: a run was lost, or
came out different.

  tests/chaos/kills.py --count 200 --seed 1
"""

import argparse
import collections
import json
import os
import random
import re
import signal
import sys
import threading
import time
from pathlib import Path

from subjects import ROOT, SUBJECTS, Workshop, differences, kept, listing

SHARES = {"lora": 8, "full": 5, "rollback": 3, "grid": 2, "chain": 2}
KILL_AT = os.environ.get("ENGRAM_KILL_AT_LIBRARY", str(ROOT / "build/lib/libengram_chaos_kill_at.so"))
AGAIN = 1 / 3  # of the resumed runs are killed, too

# What an operation on a file belongs to: the first that is found in its path.
FILES = [("cache/passes", "keeping a Fisher pass"), ("cache/", "keeping rows and scores"),
         ("checkpoints/step", "writing a training state"), ("checkpoints/best", "writing the best checkpoint"),
         ("checkpoints/merged", "writing the merged result"), ("events.jsonl", "appending events"),
         ("metrics.csv", "appending metrics"), ("timing.jsonl", "appending timing"), ("result.json", "writing the result"),
         ("table.csv", "writing records of several runs"), ("grid.json", "writing records of several runs"),
         ("chain.json", "writing records of several runs"), ("", "writing the records of a run")]


def file_phase(operation):
    _, path = operation
    return next(phase for part, phase in FILES if part in path)


def file_class(operation):
    """Operations that differ only in numbers are of one class."""
    return re.sub(r"[0-9a-f]{64}|\d+", "#", " ".join(operation))


def line_phase(line):
    """Where a run is, from the last line that it printed."""
    if line is None:
        return "starting"
    event = json.loads(line)
    kind = event["event"]
    if kind == "phase":
        return re.sub(r"[\d,]+", "#", event["text"])
    if kind == "step":
        return "training"
    if kind == "evaluation":
        return {"baseline": "after the baseline", "during": "after an evaluation"}.get(event["kind"], "candidates after training")
    return {"finished": "after the last event"}.get(kind, f"after {kind}")


class Life:
    """One process, perhaps killed: by the clock, at a line that it prints, or at an operation on a file."""

    def __init__(self, workshop, arguments, moment=None):
        kind, at = moment or ("never", None)
        self.log = workshop.folder / "operations"
        self.log.unlink(missing_ok=True)
        environment = {"LD_PRELOAD": KILL_AT, "ENGRAM_KILL_BELOW": str(workshop.folder) + "/",
                       "ENGRAM_KILL_AT": str(at if kind == "operation" else 0), "ENGRAM_KILL_LOG": str(self.log)}
        started = time.monotonic()
        self.process = workshop.start(*arguments, "--json", environment=environment)
        self.lines = []
        self.errors = b""
        timer = threading.Timer(at, self.kill) if kind == "time" else None
        if timer:
            timer.start()
        reader = threading.Thread(target=self.read_errors)
        reader.start()
        for line in self.process.stdout:
            self.lines.append(line)
            if kind == "line" and len(self.lines) == at[0]:
                time.sleep(at[1])
                self.kill()
        self.code = self.process.wait()
        self.seconds = time.monotonic() - started
        reader.join()
        if timer:
            timer.cancel()
        for pipe in [self.process.stdout, self.process.stderr]:
            pipe.close()
        self.killed = self.code == -signal.SIGKILL

    def read_errors(self):
        self.errors = self.process.stderr.read()

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)

    def operations(self):
        if not self.log.exists():
            return []
        return [tuple(line.split("\t")[1:]) for line in self.log.read_text().splitlines()]

    def phase(self, kind):
        if kind == "operation":
            return file_phase(self.operations()[-1])
        whole = [line for line in self.lines if line.endswith(b"\n")]
        return line_phase(whole[-1] if whole else None)


class Reference:
    """A run that nobody disturbed, and the moments at which others of its kind can be killed."""

    def __init__(self, workshop, subject, generator):
        self.generator = generator
        workshop.clear()
        life = Life(workshop, workshop.begin(subject))
        if life.code != 0:
            raise SystemExit(f"the undisturbed run '{subject}' ended with {life.code}:\n{life.errors.decode()}")
        self.seconds = life.seconds
        self.files = kept(workshop.out)
        self.listing = listing(workshop.out)
        self.by_operation = self.classes(map(file_class, life.operations()))
        self.by_line = self.classes(map(line_phase, life.lines))

    def classes(self, names):
        """The numbers of the moments of each class; classes in random order."""
        found = collections.defaultdict(list)
        for number, name in enumerate(names, 1):
            found[name].append(number)
        groups = list(found.values())
        self.generator.shuffle(groups)
        return groups

    def moments(self, count):
        """By the clock spread evenly; by line and by operation one class after the other."""
        made = []
        for i in range(count):
            number, kind = i // 5, ["time", "operation", "line", "operation", "time"][i % 5]
            if kind == "time":
                made.append(("time", self.seconds * (i + self.generator.random()) / count))
            elif kind == "line":
                group = self.by_line[number % len(self.by_line)]
                made.append(("line", (self.generator.choice(group), self.generator.choice([0, 0.001, 0.004]))))
            else:
                group = self.by_operation[(2 * number + i % 5 // 3) % len(self.by_operation)]
                made.append(("operation", self.generator.choice(group)))
        return made

    def any_moment(self):
        return self.generator.choice([("time", self.seconds * self.generator.random()),
                                      ("operation", self.generator.choice(self.generator.choice(self.by_operation)))])


class Tally:
    def __init__(self):
        self.phases = collections.Counter()
        self.kills = self.again = self.nothing_begun = self.over_before = 0
        self.lost, self.different = [], []


def bring_to_an_end(workshop, subject, reference, tally):
    """Resumes until the run ends; returns what went wrong, or nothing."""
    for _ in range(20):
        if workshop.out.exists():
            arguments = workshop.resume()
        else:
            tally.nothing_begun += 1
            arguments = workshop.begin(subject)
        again = reference.any_moment() if reference.generator.random() < AGAIN else None
        life = Life(workshop, arguments, again)
        if life.killed:
            tally.again += 1
            tally.phases[life.phase(again[0] if again else "never")] += 1  # "never": somebody else killed it
        elif life.code == 0:
            return ""
        else:
            return f"{' '.join(arguments)} ended with {life.code}: {life.errors.decode(errors='replace').strip()}"
    return "killed twenty times in a row"


def one_case(workshop, subject, moment, reference, tally):
    workshop.clear()
    life = Life(workshop, workshop.begin(subject), moment)
    if not life.killed:
        tally.over_before += 1
        return False
    tally.kills += 1
    phase = life.phase(moment[0])
    tally.phases[phase] += 1
    case = f"{subject}, killed at {moment[0]} {moment[1]} ({phase})"
    lost = bring_to_an_end(workshop, subject, reference, tally)
    if lost:
        tally.lost.append(f"{case}: {lost}")
        return True
    told = differences(reference.files, kept(workshop.out))
    left = listing(workshop.out)
    told += [f"{name}: left lying" for name in sorted(left - reference.listing)]
    told += [f"{name}: missing" for name in sorted(reference.listing - left)]
    if told:
        tally.different.append(f"{case}:\n    " + "\n    ".join(told[:12]))
    return True


def shared_out(count):
    """How many kills each subject gets; every subject at least one."""
    whole = sum(SHARES.values())
    shares = {subject: max(1, count * share // whole) for subject, share in SHARES.items()}
    shares["lora"] += count - sum(shares.values())
    return shares


def report(tally, seconds):
    print(f"{tally.kills} runs were killed, and {tally.again} times one that went on; {seconds:.0f} s")
    for phase, count in tally.phases.most_common():
        print(f"  {count:5d}  {phase}")
    print(f"nothing had begun: {tally.nothing_begun}; over before the signal came, and killed at another moment: {tally.over_before}")
    for line in [*tally.lost, *tally.different]:
        print("  " + line)
    print(f"runs lost: {len(tally.lost)}; runs that came out different: {len(tally.different)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=SUBJECTS, help="one kind of run")
    options = parser.parse_args()
    generator = random.Random(options.seed)
    tally, started = Tally(), time.monotonic()
    shares = {options.only: options.count} if options.only else shared_out(options.count)
    if not Path(KILL_AT).exists():
        raise SystemExit(f"{KILL_AT} is missing: build the target engram_chaos_kill_at")
    with Workshop() as workshop:
        for subject, count in shares.items():
            reference = Reference(workshop, subject, generator)
            for moment in reference.moments(count):
                while not one_case(workshop, subject, moment, reference, tally):
                    moment = reference.any_moment()
            print(f"{subject}: {count} killed, {len(tally.lost)} lost and {len(tally.different)} different so far", flush=True)
    report(tally, time.monotonic() - started)
    return 1 if tally.lost or tally.different else 0


if __name__ == "__main__":
    sys.exit(main())

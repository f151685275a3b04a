#!/usr/bin/env python3
"""Many steps of a tiny run: resident memory, file descriptors and threads have to stay where they are.

The process is watched through /proc and its events.jsonl. Resident memory is anonymous memory (RssAnon): pages of mapped
files come and go with the machine's needs. It grows by a few KiB an evaluation, which is what history is by design. oneDNN
keeps what it has prepared for each number of tokens that a batch has had, up to 1,024 entries (4 MiB here); that fills slowly
and would hide a leak, so that the cache is off here (ONEDNN_PRIMITIVE_CACHE_CAPACITY in the environment sets another size).
Exit code 1: it grew by 1 % or more since step 1,000, or descriptors or threads became more.

  tests/chaos/long_run.py                 50,000 steps, and as many on a pseudo-terminal with its progress display
  tests/chaos/long_run.py --steps 3000    the short form
"""

import argparse
import os
import pty
import statistics
import subprocess
import sys
import threading
import time

from subjects import LORA, Workshop, recipe, write_rows

FIRST = 1000      # steps until caches of allocator and libraries are warm
ALLOWED = 0.01    # growth of resident memory from there to the end
EPOCH = 500       # steps, of 8 rows each

CALLBACKS = """schedule = function(s)
    s.state.rates = s.state.rates or {}
    local slot = "slot " .. s.step % 50
    s.state.rates[slot] = { step = s.step, factor = 1 - s.step / (2 * s.steps) }
    return { lr = s.state.rates[slot].factor * (0.9 + 0.1 * math.random()) }
  end,
  stop = function(h)
    h.state.last = { h.last.score, tostring(h.last.step) .. " steps" }
    return h.last.score > 1e9 and "never"
  end,
  metrics = { spread = function(e)
    local sum = 0
    for i = 1, e.count do sum = sum + e.probabilities[e.classes[1]][i] end
    return sum / e.count
  end },
  checkpoints = { every = "evaluation" },
"""


def long_recipe(steps):
    """Each epoch is scored and saved."""
    text = recipe(LORA, CALLBACKS, schedule="", epochs=steps / EPOCH)
    return text.replace("learning_rate = 5e-3", "learning_rate = 1e-4").replace("new_train.csv", "long_train.csv")


def facts(process):
    """Anonymous resident memory in KiB, the number of threads and of file descriptors; nothing when it has ended."""
    folder = f"/proc/{process.pid}"
    try:
        with open(folder + "/status", encoding="utf-8") as status:
            values = dict(line.split(":", 1) for line in status)
        return {"memory": int(values["RssAnon"].split()[0]), "resident": int(values["VmRSS"].split()[0]),
                "threads": int(values["Threads"]), "descriptors": len(os.listdir(folder + "/fd"))}
    except (OSError, KeyError):
        return None


class Steps:
    """How many steps events.jsonl tells of."""

    def __init__(self, file):
        self.path, self.file, self.rest, self.done = file, None, b"", 0

    def now(self):
        if self.file is None and self.path.exists():
            self.file = open(self.path, "rb")
        if self.file is not None:
            *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
            for line in lines:
                if line.startswith(b'{"event":"step","step":'):
                    self.done = int(line[23:line.index(b",", 23)])
        return self.done


def drain(descriptor, total):
    """Reads what is shown until the other side has gone."""
    while True:
        try:
            shown = os.read(descriptor, 65536)
        except OSError:  # a pseudo-terminal's end
            return
        if not shown:
            return
        total[0] += len(shown)


def start(workshop, terminal):
    arguments = ["run", "long.lua", "--out", "out"]
    cache = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": os.environ.get("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")}
    if not terminal:
        return workshop.start(*arguments, stdout=subprocess.DEVNULL, environment=cache), None
    ours, theirs = pty.openpty()
    process = workshop.start(*arguments, stdout=theirs, stderr=theirs, stdin=theirs,
                             environment=cache | {"TERM": "xterm"})
    os.close(theirs)
    return process, ours


def watch(workshop, steps, terminal):
    """(step, facts) over the life of one run."""
    workshop.clear()
    write_rows(workshop.folder / "long_train.csv", ["left", "right"], 8 * EPOCH, 21)
    (workshop.folder / "long.lua").write_text(long_recipe(steps), encoding="utf-8")
    process, screen = start(workshop, terminal)
    shown = [0]
    if terminal:
        threading.Thread(target=drain, args=(screen, shown), daemon=True).start()
    done, samples = Steps(workshop.out / "events.jsonl"), []
    while process.poll() is None:
        step, now = done.now(), facts(process)
        if now and step:
            samples.append((step, now))
        time.sleep(0.02 if steps < 10000 else 0.2)
    if process.returncode != 0:
        errors = process.stderr.read().decode() if process.stderr else ""
        raise SystemExit(f"the run ended with {process.returncode}\n{errors}")
    return samples, shown[0]


def growth(samples, first):
    """Of the memory's median over a tenth of the run, from the beginning to the end."""
    steady = [now["memory"] for step, now in samples if step >= first]
    tenth = max(1, len(steady) // 10)
    before, after = statistics.median(steady[:tenth]), statistics.median(steady[-tenth:])
    return before, after, after / before - 1


def judge(name, samples, shown, first):
    before, after, grown = growth(samples, first)
    steady = [now for step, now in samples if step >= first]
    threads = sorted({now["threads"] for now in steady})
    descriptors = sorted({now["descriptors"] for now in steady})
    peak = max(now["resident"] for now in steady)
    print(f"{name}: {samples[-1][0]} steps, {len(steady)} samples from step {first} on{f', {shown} bytes shown' if shown else ''}")
    print(f"  anonymous memory: {before:.0f} KiB, at the end {after:.0f} KiB: {100 * grown:+.2f} % (allowed: below "
          f"{100 * ALLOWED:g} %); largest resident: {peak} KiB")
    print(f"  threads: {threads}; file descriptors: {descriptors}")
    # A file is open while it is written, and a sample may meet it or not: what leaks is always open.
    half = len(steady) // 2
    kept = all(min(now[kind] for now in steady[half:]) <= min(now[kind] for now in steady[:half])
               for kind in ["threads", "descriptors"])
    return grown < ALLOWED and kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50000)
    parser.add_argument("--terminal-steps", type=int, default=None, help="steps on a pseudo-terminal (default: as many)")
    parser.add_argument("--curve", action="store_true", help="prints the memory along the run")
    options = parser.parse_args()
    on_terminal = options.steps if options.terminal_steps is None else options.terminal_steps
    fine = True
    with Workshop() as workshop:
        for name, steps, terminal in [("in a pipe", options.steps, False), ("on a terminal", on_terminal, True)]:
            if steps == 0:
                continue
            samples, shown = watch(workshop, steps, terminal)
            if options.curve:
                for step, now in samples[::max(1, len(samples) // 40)]:
                    print(f"  {step:7d} {now['memory']:9d} {now['resident']:9d} {now['threads']:3d} {now['descriptors']:3d}")
            fine = judge(name, samples, shown, min(FIRST, steps // 2)) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

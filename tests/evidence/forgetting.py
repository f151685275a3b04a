#!/usr/bin/env python3
"""The forgetting experiment: every method against careless fine-tuning at matched new-task accuracy.

    tests/evidence/forgetting.py ENGRAM DATA WORK REPORT [--pairs N] [--seeds N] [--jobs N] [--report-only]

ENGRAM: the program; DATA: the public data sets; WORK: where parts, models and runs are kept. A run that is finished is
not repeated, so the command may be interrupted and called again. REPORT is written with what is there after every
method; --report-only runs nothing and stops at the first run that is missing. --jobs: runs at a time, of one thread
each where there are several (small models gain more from that than from threads).
"""
import argparse
import json
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import measure
import parts
import recipes
import report

MATCH = 1.0  # points below the best careless accuracy at which drops are compared
EVALUATIONS = {"validation": 4, "test": 2}  # inside the first epoch; after that one an epoch
ENOUGH = 10.0  # points of the original task that careless fine-tuning has to lose


class Laboratory:
    def __init__(self, options):
        self.engram = str(Path(options.engram).resolve())
        self.data = Path(options.data).resolve()
        self.work = Path(options.work).resolve()
        self.report_file = Path(options.report)
        self.seeds = list(range(1, options.seeds + 1))
        self.pairs = list(recipes.PAIRS)[: options.pairs]
        self.report_only = options.report_only
        self.threads = 1 if options.jobs > 1 else 0
        self.pool = ThreadPoolExecutor(options.jobs)
        self.busy = defaultdict(threading.Lock)  # by run: methods that share one do not run it twice at a time
        self.findings = {}
        parts.make(self.data, self.work / "parts")

    def run(self, name, text):
        """Runs a recipe unless it has run; the run folder."""
        with self.busy[name]:
            return self.run_once(name, text)

    def run_once(self, name, text):
        folder = self.work / "runs" / name
        result = folder / "result.json"
        if result.exists() and json.loads(result.read_text())["ending"] == "all steps":
            return folder
        if self.report_only:
            self.publish()
            sys.exit(f"{name} has not been run yet")
        shutil.rmtree(folder, ignore_errors=True)
        recipe = self.work / "recipes" / f"{name}.lua"
        recipe.parent.mkdir(parents=True, exist_ok=True)
        recipe.write_text(text)
        print(name, flush=True)
        done = subprocess.run([self.engram, "run", str(recipe), "--out", str(folder), "--quiet",
                               "--set", f"train.threads={self.threads}"], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        for checkpoint in (folder / "checkpoints").glob("step-*"):
            shutil.rmtree(checkpoint)  # moments and all: nothing goes on from them
        return folder

    def start(self, runs):
        """`tune` for each tuple of its arguments, as soon as there is room; collect() gives what it found."""
        return [self.pool.submit(self.tune, *run) for run in runs]

    def base(self, task):
        train, validation, epochs = recipes.BASES[task]
        minilm = next(Path(self.work.parent / "minilm").rglob("model.safetensors")).parent
        text = recipes.BASE.format(model=minilm, task=task, parts=self.work / "parts", train=train,
                                   validation=validation, epochs=epochs)
        return self.run(f"base-{task}", text) / "checkpoints/best"

    def tune(self, pair, part, method, strength, rate, seed, epochs=3):
        facts = recipes.PAIRS[pair]
        new, original = facts[part]
        text = recipes.RUN.format(
            model=self.base(facts["original_task"]), parts=self.work / "parts", train=facts["train"],
            rows=facts["rows"], new=new, original=original, original_train=facts["original_train"], original_task=facts["original_task"],
            new_task=facts["new_task"], strategies=recipes.strategies(method, strength, part), rate=rate, seed=seed,
            epochs=epochs, evaluations=EVALUATIONS[part])
        run = "careless" if method == recipes.SWEEP else method
        name = f"{pair}/{part}/{run} {strength} at {rate} for {epochs} seed {seed}".replace(" ", "_")
        return measure.summary(self.run(name.replace("%", "percent"), text), method == recipes.SWEEP)

    def careless_rate(self, pair):
        """The smallest rate at which careless fine-tuning loses enough by its best new-task accuracy, on validation."""
        tried = []
        for rate in recipes.CARELESS_RATES:
            found = self.tune(pair, "validation", "careless", "", rate, 1)
            drop = max(p[1] for p in found["points"])
            tried.append((rate, found["best"], drop))
            if drop >= ENOUGH:
                break
        self.findings[pair] = {"rates": tried, "rate": tried[-1][0], "rows": [], "settings": []}
        return tried[-1][0], tried[-1][1]

    def select(self, pair, method, chosen, bar):
        """The setting with the least drop at the bar on validation; failing that, the one that learnt most."""
        _, strengths, rates = recipes.METHODS[method]
        if not isinstance(rates, list):
            rates = [chosen[rates or "careless"][1]]
        settings = [(strength, own_rate) for own_rate in rates for strength in strengths]
        if len(settings) == 1:
            return settings[0]
        tried = []
        found = collect(self.start((pair, "validation", method, *setting, 1) for setting in settings))
        for setting, run in zip(settings, found):
            drop = measure.matched_drop(run["path"], bar)
            tried.append(((drop is None, drop if drop is not None else -run["best"]), *setting))
            self.findings[pair]["settings"].append((method, *setting, run["best"], drop))
        return min(tried)[1:]

    def compare(self, pair):
        rate, best = self.careless_rate(pair)
        chosen = {"careless": ("", rate), recipes.SWEEP: ("", rate)}
        for method in recipes.METHODS:
            chosen[method] = self.select(pair, method, chosen, best - MATCH)
            self.publish()
        careless = {}
        started = {method: self.start((pair, "test", method, *setting, seed) for seed in self.seeds)
                   for method, setting in chosen.items()}
        for method, (strength, own_rate) in chosen.items():
            runs = dict(zip(self.seeds, collect(started[method])))
            if method == "careless":
                careless = {seed: run["best"] for seed, run in runs.items()}
            drops = [measure.matched_drop(runs[seed]["path"], careless[seed] - MATCH) for seed in self.seeds]
            self.findings[pair]["rows"].append((method, strength, own_rate, runs, drops))
            self.publish()

    def article(self, pair):
        """Ten epochs at 5e-5 against two at 1e-5, on 2,000 rows."""
        regimes = ((10, "5e-5"), (2, "1e-5"))
        started = [self.start((pair, "test", "plain", "", rate, seed, epochs) for seed in self.seeds)
                   for epochs, rate in regimes]
        self.findings[pair]["article"] = [(*regime, collect(runs)) for regime, runs in zip(regimes, started)]
        self.publish()

    def publish(self):
        self.report_file.write_text(report.text(self.findings, self.seeds))


def collect(started):
    return [run.result() for run in started]


def main():
    parser = argparse.ArgumentParser()
    for name in ("engram", "data", "work", "report"):
        parser.add_argument(name)
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report-only", action="store_true")
    laboratory = Laboratory(parser.parse_args())
    for pair in laboratory.pairs:
        laboratory.compare(pair)
    laboratory.article(laboratory.pairs[0])


if __name__ == "__main__":
    main()

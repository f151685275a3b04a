"""What the chaos scripts do harm to: tiny runs that exercise much, and how two of them are compared."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("ENGRAM", str(ROOT / "build/bin/engram"))
os.environ.setdefault("ENGRAM_SOURCE", str(ROOT))
sys.path.insert(0, str(ROOT / "tests/integration"))

from resume_cases import EVERY, LINEAR, PAST, ROLL_BACK  # noqa: E402
from tiny import MODEL, RECIPE, write_rows  # noqa: E402

ENGRAM = os.environ["ENGRAM"]
# Without these, threads that wait for work spin, and a busy machine slows down everything that is timed.
CALM = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}

LORA = '{ "lora", rank = 4, alpha = 8, dropout = 0.1 }'
EWC = '{ "ewc", data = "past", samples = 32, lambda = 1 }'
REPLAY = '{ "replay", data = "past", share = 0.25 }'

# Callbacks that remember, and that draw random numbers: all of it has to come back.
STATEFUL = """schedule = function(s)
    s.state.seen = (s.state.seen or 0) + 1
    return { lr = (1 - s.step / s.steps) * (0.9 + 0.1 * math.random()) / (1 + 0.01 * s.state.seen) }
  end,
  stop = function(h)
    h.state.scores = h.state.scores or {}
    table.insert(h.state.scores, h.last.score)
    return #h.state.scores > 1000 and "never"
  end,
  metrics = { noisy = { function(e) return math.random() + e.count end, better = "smaller" } },
"""


def recipe(strategies, rest="", train="", schedule=LINEAR, epochs=2):
    """The recipe of the integration tests, with the original task's own rows for strategies. It always gets better."""
    text = RECIPE.replace("original = {", PAST, 1).replace(LINEAR, schedule)
    text = re.sub(r"  score = score.penalised.*\n", "  score = function(m) return -m.new.loss end,\n", text)
    text = text % {"model": MODEL, "strategies": strategies, "train": "evaluations_in_first_epoch = 3, " + train, "rest": rest}
    return text.replace("epochs = 2", f"epochs = {epochs}")


def second_link():
    """Trains a third task from the result of a first recipe."""
    return (recipe(LORA, EVERY, epochs=1)
            .replace('side = { kind = "classification" }',
                     'side = { kind = "classification", head = "from model" }, third = { kind = "classification" }')
            .replace('"new_train.csv", text = "text", label = "label", task = "side"',
                     '"third.csv", text = "text", label = "label", task = "third"')
            .replace("    original = {",
                     '    third = { "third.csv", text = "text", label = "label", task = "third", use = "evaluate" },\n'
                     "    original = {")
            .replace('task = "side", use = "evaluate" }', 'task = "side", use = "evaluate", role = "original" }')
            .replace("m.new.loss", "m.third.loss"))


def grid():
    body = recipe('{ "lora", rank = p.rank, alpha = 8, dropout = 0.1 }', EVERY, epochs=1)
    top, table = body.split("return {", 1)
    return (f'local engram = require "engram"\n{top}return engram.grid {{ over = {{ rank = {{ 2, 4 }} }},\n'
            f"recipe = function(p) return {{{table.rstrip()} end }}\n")


RECIPES = {
    "lora": recipe(f"{LORA}, {EWC}", STATEFUL + EVERY, schedule=""),
    "full": recipe(f'{EWC}, {REPLAY}, {{ "weight_interpolation" }}', EVERY),
    "rollback": recipe(LORA, ROLL_BACK + EVERY),
    "grid": grid(),
    "first": recipe(LORA, EVERY, epochs=1),
    "second": second_link(),
}
# By subject: the recipes of its command line. A folder of runs holds each of them in a folder of its own.
SUBJECTS = {"lora": ["lora"], "full": ["full"], "rollback": ["rollback"], "grid": ["grid"], "chain": ["first", "second"]}


class Workshop:
    """A folder with data, recipes and a program; every run there is `out`, so that paths in its files are equal."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="engram-chaos-")
        self.folder = Path(self.temporary.name).resolve()
        rows = [("new_train", ["left", "right"], 96), ("new_test", ["left", "right"], 32),
                ("original", ["calm", "stormy", "windy"], 32), ("past", ["calm", "stormy", "windy"], 40),
                ("third", ["few", "many"], 48)]
        for seed, (name, labels, count) in enumerate(rows, 1):
            write_rows(self.folder / f"{name}.csv", labels, count, seed)
        for name, text in RECIPES.items():
            (self.folder / f"{name}.lua").write_text(text, encoding="utf-8")
        self.out = self.folder / "out"
        self.cache = self.folder / "cache"
        self.environment = dict(os.environ, ENGRAM_CACHE=str(self.cache), **CALM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def clear(self):
        """Nothing has run here, and nothing is cached."""
        for folder in self.folder.glob("*/"):
            shutil.rmtree(folder)

    def without_run(self):
        """Nothing has run here, and caches are warm."""
        shutil.rmtree(self.out, ignore_errors=True)

    def start(self, *arguments, environment=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen([ENGRAM, *map(str, arguments)], cwd=self.folder,
                                env=dict(self.environment, **(environment or {})), **options)

    def run(self, *arguments, environment=None, expect=0):
        process = self.start(*arguments, environment=environment)
        told, errors = process.communicate(timeout=300)
        if process.returncode != expect:
            raise SystemExit(f"engram {' '.join(map(str, arguments))}: exit code {process.returncode}\n"
                             f"{told.decode(errors='replace')[-3000:]}\n{errors.decode(errors='replace')}")
        return told.decode()

    def begin(self, subject):
        return ["run", *(f"{name}.lua" for name in SUBJECTS[subject]), "--out", "out"]

    def resume(self):
        return ["run", "--resume", "out"]


def without_clock(file):
    """A file's bytes, less what the clock says: seconds and the length of timing.jsonl in a training state, and therefore its sum."""
    data = file.read_bytes()
    if file.name == "training_state.json":
        state = json.loads(data)
        del state["seconds"], state["log_bytes"]["timing.jsonl"]
        return json.dumps(state).encode()
    if file.name == "SHA256SUMS":
        return re.sub(rb"(?m)^.*training_state\.json\n", b"", data)
    return data


def newest_state(run):
    states = sorted((run / "checkpoints").glob("step-*"))
    states = [state for state in states if re.fullmatch(r"step-\d+", state.name)]
    return states[-1:]


def kept_of_run(run):
    files = [run / "events.jsonl", run / "metrics.csv"]
    for folder in [run / "checkpoints/best", run / "checkpoints/merged", *newest_state(run)]:
        files += sorted(folder.rglob("*"))
    return [file for file in files if file.is_file()]


def kept(out):
    """What has to be equal, by path: events, metrics, results' checkpoints and the newest state of every run, tables."""
    runs = [events.parent for events in sorted(out.rglob("events.jsonl"))]
    files = [file for run in runs for file in kept_of_run(run)] + sorted(out.glob("table.csv"))
    return {str(file.relative_to(out)): without_clock(file) for file in files}


def listing(out):
    """Every file of a folder but locks: nothing may be left lying."""
    return {str(file.relative_to(out)) for file in out.rglob("*") if file.name != ".lock"}


def differences(wanted, found):
    """One line for each file that is not the same."""
    told = []
    for name in sorted({*wanted, *found}):
        if name not in found or name not in wanted:
            told.append(f"{name}: {'missing' if name in wanted else 'not expected'}")
        elif wanted[name] != found[name]:
            told.append(f"{name}: {first_difference(wanted[name], found[name])}")
    return told


def first_difference(wanted, found):
    if b"\n" not in wanted:
        return f"sha256 {hashlib.sha256(wanted).hexdigest()[:12]} expected, {hashlib.sha256(found).hexdigest()[:12]} found"
    for number, (a, b) in enumerate(zip(wanted.splitlines(), found.splitlines()), 1):
        if a != b:
            return f"line {number}: {a[:160]!r} expected, {b[:160]!r} found"
    return f"{len(wanted.splitlines())} lines expected, {len(found.splitlines())} found"

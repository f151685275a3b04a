"""Every recipe in this folder is refused with exit code 3 and the words in its first line, within its limits.

The first line of a recipe: "-- plan, exit 3: words" (refused before anything is loaded), "-- run, exit 3: words" (fails
while the run is on, and its last checkpoint is whole), "-- run, nothing saved, exit 3: words".
"""

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from tiny import ENGRAM, MODEL, TinyCase  # noqa: E402

HEAD = re.compile(r"-- (plan|run|run, nothing saved), exit (\d): (.*)")
CPU_SECONDS = 8  # a runaway takes about one; the rest is the program's start and other work on the machine
MORE_MEMORY = 200_000  # KiB beyond what a recipe without any fault takes
LONGEST_OUTPUT = 60_000  # bytes


class Outcome:
    """One run of the program: code, text, processor seconds, largest memory in KiB."""

    def __init__(self, folder, environment, *arguments):
        with open(folder / "output.txt", "w+b") as output:
            process = subprocess.Popen([ENGRAM, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT)
            timer = time.monotonic() + 120
            while True:
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() > timer:
                    process.kill()
                time.sleep(0.02)
            process.returncode = self.code = os.waitstatus_to_exitcode(status)
            output.seek(0)
            self.bytes = output.read()
        self.text = " ".join(self.bytes.decode("utf-8").split())  # as one line, wherever it was broken
        self.seconds = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss


class Hostile(TinyCase):
    def setUp(self):
        super().setUp()
        os.symlink(MODEL, self.folder / "model")
        shutil.copy(HERE / "base.lua", self.folder)
        (self.folder / "helper.lua").write_text("return {}\n")
        (self.folder / "bytecode.lua").write_bytes(b"\x1bLJ\x02\x00")
        (self.folder / "binary.lua").write_bytes(bytes(range(256)))
        (self.folder / "large.lua").write_text("--" + "x" * 1_000_001)
        (self.folder / "directory.lua").mkdir()
        (self.folder / "each").mkdir()
        (self.folder / "each" / "secret.lua").write_text("return {}\n")  # beside the folders of the recipes
        os.symlink("/etc/passwd", self.folder / "link.lua")
        os.symlink("/dev/zero", self.folder / "device.lua")
        self.environment.update(OMP_WAIT_POLICY="passive", GOMP_SPINCOUNT="0")
        self.faults = []

    def place(self, name):
        """A folder of its own for one recipe, so that several run at once."""
        folder = self.folder / "each" / name
        folder.mkdir(parents=True)
        for entry in self.folder.iterdir():
            if entry.name != "each":
                os.symlink(entry, folder / entry.name) if entry.is_dir() else shutil.copy(
                    entry, folder / entry.name, follow_symlinks=False)
        shutil.copy(HERE / f"{name}.lua", folder)
        return folder

    def check(self, name, what, holds):
        if not holds:
            self.faults.append(f"{name}: {what}")

    def refused(self, name, outcome, words):
        self.check(name, f"exit {outcome.code}, not 3\n{outcome.text[:2000]}", outcome.code == 3)
        self.check(name, f"does not say '{words}':\n{outcome.text[:2000]}", words in outcome.text)
        self.check(name, f"took {outcome.seconds:.1f} s of the processor", outcome.seconds < CPU_SECONDS)
        self.check(name, f"took {outcome.memory} KiB", outcome.memory < self.usual[0] + MORE_MEMORY)
        self.check(name, f"wrote {len(outcome.bytes)} bytes", len(outcome.bytes) < LONGEST_OUTPUT)
        self.check(name, "wrote control characters", not re.search(rb"[\x00-\x08\x0b-\x1a\x7f]", outcome.bytes))

    def whole(self, name, folder, words):
        """The last checkpoint can be gone on from, to the same end."""
        again = Outcome(folder, self.environment, "run", "--resume", "out")
        self.check(name, f"does not go on from its checkpoint:\n{again.text[:2000]}", "going on from" in again.text)
        self.check(name, f"the resumed run ended otherwise:\n{again.text[:2000]}", again.code == 3 and words in again.text)

    def one(self, name):
        mode, code, words = HEAD.fullmatch((HERE / f"{name}.lua").read_text().splitlines()[0]).groups()
        folder = self.place(name)
        more = [] if mode == "plan" else ["--out", "out"]
        self.refused(name, Outcome(folder, self.environment, mode.split(",")[0], f"{name}.lua", *more), words)
        if mode == "run":
            self.whole(name, folder, words)

    def run_all(self, names):
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(self.one, name) for name in names]:
                done.result()
        self.assertFalse(self.faults, "\n" + "\n".join(self.faults))

    def usual_memory(self, command):
        (self.folder / "usual.lua").write_text("return require 'base' {}\n")
        outcome = Outcome(self.folder, self.environment, *command)
        self.assertEqual(outcome.code, 0, outcome.text)
        self.usual = [outcome.memory]

    def names(self, mode):
        recipes = sorted(HERE.glob("*.lua"))
        return [file.stem for file in recipes if file.read_text().startswith(f"-- {mode}") and file.name != "base.lua"]

    def test_hostile_recipes_are_refused_before_anything_is_loaded(self):
        self.usual_memory(["plan", "usual.lua"])
        names = self.names("plan")
        self.assertGreaterEqual(len(names), 40)
        self.run_all(names)

    def test_hostile_callbacks_end_the_run_and_leave_the_last_checkpoint_whole(self):
        self.usual_memory(["run", "usual.lua", "--out", "usual"])
        names = self.names("run")
        self.assertGreaterEqual(len(names), 10)
        self.run_all(names)

    def test_every_recipe_has_a_first_line_that_says_what_it_expects(self):
        for file in HERE.glob("*.lua"):
            if file.name != "base.lua":
                self.assertRegex(file.read_text().splitlines()[0], HEAD)

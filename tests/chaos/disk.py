#!/usr/bin/env python3
"""Disks that fail: full, read-only, broken, slow, gone. Each failure has to end with exit code 6 and the path and reason,
or leave no trace; `--resume` on a disk that works again has to end like the run that was never disturbed.

faulty_disk.c is compiled here and preloaded: it spoils the k-th call to the system that writes below the folder. All k are
tried (--every 1) but for those in the midst of many writes into one file, or each so many-th.

  tests/chaos/disk.py --every 1
"""

import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from subjects import EVERY, LINEAR, LORA, ROOT, Workshop, differences, kept, listing, recipe

# A run of few steps that writes everything a run can write: states, best checkpoints, caches of rows, scores and passes.
TINY = recipe(f'{LORA}, {{ "ewc", data = "past", samples = 16, lambda = 1 }}', EVERY, schedule=LINEAR, epochs=1,
              train="batch_size = 32,").replace("batch_size = 8, ", "").replace("evaluations_in_first_epoch = 3",
                                                                               "evaluations_in_first_epoch = 2")
# How the disk fails: the error, whether it lasts, what is told, and how many calls lie between those that are tried: what
# differs from the others in its number alone needs fewer.
FAILURES = [("full", True, "No space left on device", 1), ("EIO", False, "Input/output error", 1),
            ("ENOSPC", True, "No space left on device", 5), ("EROFS", True, "Read-only file system", 5),
            ("EDQUOT", True, "Disk quota exceeded", 10), ("short", False, None, 5)]
VANISHED = "was removed, moved or unmounted during the run"


class Disk:
    """A workshop whose disk can be made to fail, and what a run there leaves when it does not."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.library = workshop.folder / "faulty_disk.so"
        subprocess.run([os.environ.get("CC", "cc"), "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                        str(ROOT / "tests/chaos/faulty_disk.c"), "-o", str(self.library), "-ldl"], check=True)
        (workshop.folder / "tiny.lua").write_text(TINY, encoding="utf-8")
        self.begin = ["run", "tiny.lua", "--out", "out"]
        self.log = workshop.folder / "calls"
        workshop.clear()
        self.log.unlink(missing_ok=True)
        workshop.run(*self.begin, environment=self.faulty(0, "none", False, FAULTY_DISK_LOG=str(self.log)))
        self.calls = [line.split("\t")[1:] for line in self.log.read_text().splitlines()]
        # Not in the midst of the many writes of one file.
        self.moments = [at for at, call in enumerate(self.calls, 1)
                        if call[0] != "write" or [call] * 3 != self.calls[at - 2:at + 1]]
        self.kept, self.listing = kept(workshop.out), listing(workshop.out)
        self.faults = []

    def faulty(self, at, how, lasts, **more):
        """The environment of a process whose disk fails. Below the folder lie run, caches and temporary folders."""
        settings = {"LD_PRELOAD": str(self.library), "FAULTY_DISK_BELOW": f"{self.workshop.folder}/",
                    "FAULTY_DISK_AT": str(at), "FAULTY_DISK_HOW": how, **more}
        return settings | ({"FAULTY_DISK_EVER": "1"} if lasts else {})

    def run(self, *arguments, environment=None, during=None):
        """Exit code and what was told; `during` is called with each line that is printed."""
        process = self.workshop.start(*arguments, "--json", environment=environment, text=True)
        errors = []
        reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
        reader.start()
        for line in process.stdout:
            if during:
                during(line)
        reader.join()
        return process.wait(timeout=300), " ".join(errors[0].split())

    def fault(self, name, text):
        self.faults.append(f"{name}: {text}")
        print(f"FAULT {name}: {text}", flush=True)

    def checkpoints_are_whole(self, name):
        for sums in self.workshop.out.glob("checkpoints/*/SHA256SUMS"):
            if re.search(r"\.new-|\.tmp-", str(sums)):
                continue
            checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=sums.parent, capture_output=True,
                                     text=True, check=False)
            if checked.returncode != 0:
                self.fault(name, f"{sums.parent.name} is not whole: {checked.stdout} {checked.stderr}")

    def goes_on(self, name, environment=None):
        """The disk works again: the run ends as if nothing had been."""
        exists = (self.workshop.out / "manifest.json").exists()
        if self.workshop.out.exists() and not exists and any(self.workshop.out.iterdir()):
            self.fault(name, f"the folder is no run and not empty: {sorted(self.workshop.out.iterdir())}")
        arguments = self.workshop.resume() if exists else self.begin
        code, errors = self.run(*arguments, environment=environment)
        if code != 0:
            return self.fault(name, f"{' '.join(arguments)} ended with {code}: {errors}")
        self.is_like_undisturbed(name)
        return None

    def is_like_undisturbed(self, name):
        for difference in differences(self.kept, kept(self.workshop.out)):
            self.fault(name, difference)
        for file in sorted(listing(self.workshop.out) ^ self.listing):
            self.fault(name, f"{file}: {'left lying' if file not in self.listing else 'missing'}")
        for folder in self.workshop.folder.glob("out.new-*"):
            self.fault(name, f"{folder.name}: left lying")

    def strike(self, at, how, lasts, told):
        """One run whose disk fails at one call, and what comes after. Returns the exit code of the first."""
        name = f"{how}{' for ever' if lasts else ''} at call {at}, {' '.join(self.calls[at - 1])}"
        self.workshop.clear()
        code, errors = self.run(*self.begin, environment=self.faulty(at, how, lasts))
        if code == 0:
            self.is_like_undisturbed(name)
            return code
        if code != 6 or told is None or told not in errors:
            self.fault(name, f"exit code {code}: {errors}")
        elif str(self.workshop.folder) not in errors and "out" not in errors:
            self.fault(name, f"no path is told: {errors}")
        self.checkpoints_are_whole(name)
        self.goes_on(name)
        return code


def sweep(disk, every, failures):
    print(f"{len(disk.calls)} calls that write, {len(disk.moments)} moments", flush=True)
    for number, (how, lasts, told, apart) in enumerate(failures):
        codes = collections.Counter()
        for at in disk.moments[number % every::every * apart]:
            codes[disk.strike(at, how, lasts, told)] += 1
        print(f"{how}: {sum(codes.values())} runs, exit codes {dict(sorted(codes.items()))}", flush=True)


def slow(disk):
    """Every call takes 20 ms longer."""
    disk.workshop.clear()
    code, errors = disk.run(*disk.begin, environment=disk.faulty(0, "slow", False, FAULTY_DISK_WAIT="20"))
    if code != 0:
        disk.fault("slow disk", f"exit code {code}: {errors}")
    disk.is_like_undisturbed("slow disk")
    print("slow disk: done", flush=True)


def vanishing(disk, often):
    """The run's folder is removed, or moved away, at so many lines of each kind that the run prints."""
    lines = []
    disk.workshop.clear()
    disk.run(*disk.begin, during=lines.append)
    kinds = collections.Counter()
    for at, line in enumerate(lines[:-1]):
        kind = re.match(r'\{"event":"([^"]*)"', line).group(1)
        kinds[kind] += 1
        if kinds[kind] > often:
            continue
        for moved in [False, True]:
            name = f"folder {'moved' if moved else 'removed'} at line {at}, {kind}"
            away = disk.workshop.folder / "away"
            disk.workshop.clear()
            count = iter(range(len(lines)))

            def take(_, away=away, count=count, at=at, moved=moved):
                if next(count, -1) == at and disk.workshop.out.exists():
                    if moved:
                        disk.workshop.out.rename(away)
                    else:
                        shutil.rmtree(disk.workshop.out, ignore_errors=True)

            code, errors = disk.run(*disk.begin, during=take)
            if code == 0 and moved and not disk.workshop.out.exists():
                continue  # it was moved after the last file was written
            if code == 0 and disk.workshop.out.exists():
                continue  # the folder had not been made yet
            if code != 6 or (VANISHED not in errors and "No such file or directory" not in errors):
                disk.fault(name, f"exit code {code}: {errors}")
            if moved and away.exists():
                shutil.rmtree(disk.workshop.out, ignore_errors=True)
                away.rename(disk.workshop.out)
                disk.goes_on(name)
    print(f"vanishing folder: {dict(kinds)}", flush=True)


def small_disks(disk):
    """A real file system that is too small: a tmpfs, made larger before the run goes on. Its own namespace is needed."""
    place = disk.workshop.folder / "out"
    codes = collections.Counter()
    for kilobytes in [4, 16, 64, 128, 256, 512, 1024, 2048, 4096]:
        disk.workshop.clear()
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "small", str(place)], check=True)
        try:
            name = f"tmpfs of {kilobytes} kB"
            code, errors = disk.run(*disk.begin)
            codes[code] += 1
            if code not in (0, 6) or (code == 6 and "No space left on device" not in errors):
                disk.fault(name, f"exit code {code}: {errors}")
            disk.checkpoints_are_whole(name)
            if code == 6 and (place / "manifest.json").exists():
                subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
                code, errors = disk.run(*disk.workshop.resume())
                if code != 6 or "Read-only file system" not in errors:
                    disk.fault(f"{name}, read-only", f"exit code {code}: {errors}")
            subprocess.run(["mount", "-o", "remount,rw,size=64m", str(place)], check=True)
            disk.goes_on(name)
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)
    print(f"small disks: exit codes {dict(sorted(codes.items()))}", flush=True)


def in_own_namespace():
    """Runs small_disks() where mounting is allowed to anyone, and concerns nobody else. None: not on this system."""
    for command in [["unshare", "-rm"], ["unshare", "-m"]]:
        try:
            may = subprocess.run([*command, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if may.returncode == 0:
            return subprocess.run([*command, sys.executable, __file__, "--only", "small"], check=False).returncode
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="strike each so many-th call (default: all)")
    parser.add_argument("--failures", nargs="*", choices=[how for how, *_ in FAILURES], help="only these")
    parser.add_argument("--only", choices=["sweep", "slow", "vanishing", "small"], help="only this part")
    options = parser.parse_args()
    chosen = [one for one in FAILURES if not options.failures or one[0] in options.failures]
    failed = 0
    with Workshop() as workshop:
        disk = Disk(workshop)
        if options.only == "small":
            small_disks(disk)
        if options.only in (None, "sweep"):
            sweep(disk, options.every, chosen)
        if options.only in (None, "slow"):
            slow(disk)
        if options.only in (None, "vanishing"):
            vanishing(disk, often=2 if options.every == 1 else 1)
        failed += len(disk.faults)
    if options.only is None:
        small = in_own_namespace()
        if small is None:
            print("small disks: skipped, this system lets nobody mount a tmpfs in a namespace of their own")
        failed += small or 0
    print(f"{failed} faults" if failed else "no faults")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

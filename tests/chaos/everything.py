#!/usr/bin/env python3
"""`make chaos`: every script of this folder in its long form, and at the end what held. About an hour on two cores."""

import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = [["kills.py", "--count", "200"], ["signals.py"], ["disk.py"], ["resume.py"], ["long_run.py"], ["determinism.py"]]


def main():
    told = []
    for script, *arguments in SCRIPTS:
        print(f"\n== {script} {' '.join(arguments)}", flush=True)
        began = time.monotonic()
        code = subprocess.run([sys.executable, HERE / script, *arguments], env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
                              check=False).returncode
        told.append((script, code, time.monotonic() - began))
    print()
    for script, code, seconds in told:
        print(f"{'passed' if code == 0 else f'FAILED ({code})':>12}  {script}  ({seconds:.0f} s)")
    return max(code != 0 for _, code, _ in told)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Every shipped strategy, every pair that composes, and everything else that remembers: stopped, resumed, compared.

Which pairs compose is asked of `engram plan`. Each run goes through `engram verify-resume` at several steps, in the first
epoch and after it. Exit code 1: one of them did not end byte for byte like the run that was never stopped.

  tests/chaos/resume.py                     everything
  tests/chaos/resume.py --only lora         what has this in its name
"""

import argparse
import sys
import time

from subjects import Workshop

from resume_cases import CASES, PAIRS, STRATEGIES, text

STEPS = [1, 7, 19]


def subjects():
    """Name -> recipe, steps."""
    for name, entry in STRATEGIES.items():
        yield name, text(entry), STEPS
    for first, second in PAIRS:
        yield f"{first} + {second}", text(f"{STRATEGIES[first]}, {STRATEGIES[second]}"), STEPS
    for name, (source, steps) in CASES.items():
        yield name, source, steps


def outcome(workshop, source, steps):
    """"refused", "identical", or what is wrong."""
    file = workshop.folder / "subject.lua"
    file.write_text(source, encoding="utf-8")
    plan = workshop.start("plan", file)
    _, errors = plan.communicate(timeout=120)
    if plan.returncode == 3:
        return "refused" if b"strategy '" in errors else errors.decode()
    arguments = [word for step in steps for word in ("--at", step)]
    process = workshop.start("verify-resume", file, *arguments, "--json")
    told, errors = process.communicate(timeout=600)
    if process.returncode == 0:
        return "identical"
    return f"exit code {process.returncode}: {(told or errors).decode(errors='replace')[-2000:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a part of the name")
    options = parser.parse_args()
    began, counts = time.monotonic(), {"identical": 0, "refused": 0}
    resumes, wrong = 0, []
    with Workshop() as workshop:
        for name, source, steps in subjects():
            if options.only not in name:
                continue
            found = outcome(workshop, source, steps)
            print(f"  {name}: {found}", flush=True)
            if found not in counts or (found == "refused" and " + " not in name):
                wrong.append(name)
                continue
            counts[found] += 1
            resumes += len(steps) if found == "identical" else 0
    print(f"resume: {counts['identical']} recipes stopped and resumed {resumes} times, all identical but {len(wrong)}; "
          f"{counts['refused']} pairs do not compose; {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""docs/evidence.md from what the runs found."""
from measure import mean_and_range
from recipes import METHODS, PAIRS, SWEEP

INTRODUCTION = """# Evidence: what each method keeps

Written by `make evidence` (tests/evidence), which may be interrupted and called again. MiniLM-L6 is fine-tuned on the
original task, then on the new one, with a fresh head for the new task and the original head kept and frozen. Settings
are selected on validation parts cut from training with seed 1; the tables report test parts over {seeds} seeds, as mean
(smallest to largest).

**Drop at matched accuracy**: points of accuracy lost on the original task where the run first reaches the best careless
accuracy of the same seed minus one point, linearly interpolated between evaluations. A method that never gets there has
none. Evaluations: before the first step, in the first epoch (two on test parts, four on validation parts), then one an
epoch. Weight interpolation is swept over the careless runs' own start and end. A test part of 1,000 rows has a
standard error of about one point, one of 500 rows of about 1.3.
"""


def careless_table(found):
    lines = ["Careless full fine-tuning on validation, seed 1; the first rate that loses ten points is taken:", "",
             "| rate | best accuracy, new | largest drop, original |", "|---|---|---|"]
    lines += [f"| {rate} | {best:.1f} % | {drop:.1f} points |" for rate, best, drop in found["rates"]]
    return lines


def method_table(found):
    lines = ["| method | setting | best accuracy, new (%) | drop at matched accuracy (points) | drop at the end (points) |",
             "|---|---|---|---|---|"]
    for method, strength, rate, runs, drops in found["rows"]:
        setting = f"rate {rate}" + (f", strength {strength}" if strength else "")
        best = mean_and_range([run["best"] for run in runs.values()])
        end = mean_and_range([run["end"][1] for run in runs.values()])
        lines.append(f"| {method} | {setting} | {best} | {mean_and_range(drops)} | {end} |")
    return lines


def verdict(found):
    """How many methods halve the careless drop on the mean over seeds that all reach the bar."""
    def mean_drop(drops):
        return None if None in drops else sum(drops) / len(drops)
    careless = mean_drop(found["rows"][0][4])
    halved = [row[0] for row in found["rows"][1:]
              if mean_drop(row[4]) is not None and mean_drop(row[4]) <= careless / 2]
    names = ", ".join(halved) if halved else "none"
    return [f"At half the careless drop ({careless:.1f} points) or less, all seeds reaching the bar: {names}."]


def article_table(found):
    lines = ["Ten epochs at 5e-5 against two at 1e-5, full fine-tuning, 2,000 rows:", "",
             "| epochs, rate | accuracy at the end, new (%) | drop at the end, original (points) |", "|---|---|---|"]
    for epochs, rate, runs in found["article"]:
        new = mean_and_range([run["points"][-1][0] for run in runs])
        drop = mean_and_range([run["points"][-1][1] for run in runs])
        lines.append(f"| {epochs} epochs, {rate} | {new} | {drop} |")
    return lines


def settings_table(found):
    lines = ["Settings tried on validation (seed 1):", "", "| method | setting | best accuracy, new | drop at matched accuracy |",
             "|---|---|---|---|"]
    for method, strength, rate, best, drop in found["settings"]:
        setting = f"rate {rate}" + (f", strength {strength}" if strength else "")
        lines.append(f"| {method} | {setting} | {best:.1f} % | {'not reached' if drop is None else f'{drop:.1f} points'} |")
    return lines


def missing(findings):
    """What has not been run yet, so that half a report does not pass for a whole one."""
    lines = []
    for pair in PAIRS:
        done = [row[0] for row in findings.get(pair, {"rows": []})["rows"]]
        left = [method for method in ["careless", SWEEP, *METHODS] if method not in done]
        if left:
            lines.append(f"**Not run yet**, {pair}: {', '.join(left)}.")
    if not any("article" in found for found in findings.values()):
        lines.append("**Not run yet**: ten epochs against two.")
    return "\n\n".join(lines)


def text(findings, seeds):
    lines = [INTRODUCTION.format(seeds=len(seeds))]
    if missing(findings):
        lines += [missing(findings), ""]
    for pair, found in findings.items():
        lines += [f"## {pair}", ""] + careless_table(found) + [""]
        if found["rows"]:
            lines += method_table(found) + [""]
        if len(found["rows"]) > 1:
            lines += verdict(found) + [""]
        if "article" in found:
            lines += article_table(found) + [""]
        if found["settings"]:
            lines += settings_table(found) + [""]
    return "\n".join(lines).rstrip() + "\n"

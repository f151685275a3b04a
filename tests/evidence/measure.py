"""What a finished run says: its trajectory, and the drop at a matched score on the new task."""
import json
from statistics import mean


def trajectory(run):
    """[(new accuracy, drop of the original task in points)] of every evaluation and every candidate, in order; the
    untouched model's original accuracy."""
    points, candidates, baseline = [], [], None
    for line in (run / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event.get("event") != "evaluation":
            continue
        new = 100 * event["metrics"]["new"]["accuracy"]
        original = 100 * event["metrics"]["original"]["accuracy"]
        if event["kind"] == "baseline":
            baseline = original
        elif event["kind"] == "candidate":
            candidates.append((new, baseline - original))
        else:
            points.append((new, baseline - original))
    return points, candidates, baseline


def matched_drop(points, bar):
    """The drop where the new task's accuracy first reaches `bar`, linearly interpolated; None: it never does."""
    for (before, drop_before), (after, drop_after) in zip(points, points[1:]):
        if after < bar:
            continue
        share = (bar - before) / (after - before) if before < bar else 0
        return drop_before + share * (drop_after - drop_before)
    return None


def summary(run, of_sweep):
    """Of the run itself, or of the sweep after it: from the start weights (alpha 0) to the trained ones."""
    points, candidates, baseline = trajectory(run)
    path = candidates if of_sweep else points
    return {"path": path, "points": points, "baseline": baseline, "best": max(p[0] for p in path), "end": path[-1]}


def mean_and_range(values):
    known = [value for value in values if value is not None]
    if not known:
        return "not reached"
    text = f"{mean(known):.1f} ({min(known):.1f} to {max(known):.1f})"
    return text if len(known) == len(values) else f"{text}; {len(known)} of {len(values)} seeds"

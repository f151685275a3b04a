#!/usr/bin/env python3
"""The small data of the planned recipes in this folder: python3 rows.py"""
import csv
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent


def write(name, labels, count, seed, more=()):
    """Texts of the tiny model's words, whose label is the range that they come from."""
    generator = random.Random(seed)
    with open(HERE / name, "w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["text", "label"])
        for _ in range(count):
            kind = generator.randrange(len(labels))
            words = [f"w{5 + 30 * kind + generator.randrange(30)}" for _ in range(generator.randint(4, 12))]
            rows.writerow([" ".join(words), labels[kind]])
        rows.writerows(more)


write("train.csv", ["left", "right"], 60, 1, [["w40 w41 w42 w43", "right"]])
write("new.csv", ["left", "right"], 20, 2, [["W40 w41  w42 w43", "right"]])
write("original.csv", ["calm", "stormy", "windy"], 40, 3)

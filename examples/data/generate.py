#!/usr/bin/env python3
"""Writes the two small data sets of the demo, always the same ones: python3 examples/data/generate.py [FOLDER]

Original task: topics of messages to a town library (topics.py), as CSV. New task: their tone (tones.py), as JSON Lines.
Every row is put together from phrases written for this project. No text occurs twice, within a file or across files, and
the last two phrases of every label occur in test rows only, so that a model has to understand more than it was shown.
"""

import csv
import json
import random
import re
import sys
from pathlib import Path

import tones
import topics
from words import SLOTS

TRAIN_PER_TOPIC, TEST_PER_TOPIC = 150, 50
TRAIN_PER_TONE, TEST_PER_TONE = 300, 100
SHORTEST, LONGEST = 8, 25  # words of a message
TEST_ONLY = 2  # phrases of each label, counted from the end
SEED = 20


def fill(phrase, rng, slots):
    """Replaces names in braces until none is left."""
    while match := re.search(r"\{(\w+)\}", phrase):
        choices = slots[match.group(1)]
        phrase = phrase[: match.start()] + rng.choice(choices) + phrase[match.end() :]
    return phrase


def capital(text):
    return text[0].upper() + text[1:]


def lower(text):
    """The first letter in lower case, unless the word is always written with a capital."""
    first = text.split()[0].rstrip(",;")
    return text if first == "I" or first.startswith("I'") else text[0].lower() + text[1:]


def phrases(table, label, part):
    return table[label] if part == "test" else table[label][:-TEST_ONLY]


def topic_message(topic, part, rng):
    other = rng.choice([name for name in topics.REQUESTS if name != topic])
    request = capital(fill(rng.choice(phrases(topics.REQUESTS, topic, part)), rng, SLOTS))
    aside = capital(fill(rng.choice(topics.ASIDES[other]), rng, SLOTS))
    parts = {"request": [request], "request_lower": [lower(request)], "aside": [aside], "aside_lower": [lower(aside)],
             "noun": topics.NOUNS[other]}
    return fill(rng.choice(topics.FRAMES), rng, parts)


def tone_message(name, part, rng):
    matter = capital(fill(rng.choice(tones.MATTERS), rng, SLOTS))
    tone = fill(rng.choice(phrases(tones.TONES, name, part)), rng, SLOTS)
    parts = {"matter": [matter], "matter_lower": [lower(matter)], "tone": [lower(tone)], "Tone": [capital(tone)]}
    return fill(rng.choice(tones.FRAMES), rng, parts)


def rows(part, labels, make, per_label, rng, seen):
    """(text, label) pairs of the part "train" or "test", as many of each label, shuffled; texts in `seen` are skipped."""
    result = []
    for label in labels:
        wanted = len(result) + per_label
        while len(result) < wanted:
            text = make(label, part, rng)
            if text not in seen and SHORTEST <= len(text.split()) <= LONGEST:
                seen.add(text)
                result.append((text, label))
    rng.shuffle(result)
    return result


def write_csv(file, table):
    with open(file, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["message", "topic"])
        writer.writerows(table)


def write_json_lines(file, table):
    with open(file, "w", encoding="utf-8") as stream:
        for text, tone in table:
            stream.write(json.dumps({"message": text, "tone": tone}) + "\n")


def main(folder):
    rng = random.Random(SEED)
    seen = set()
    for part, per_label in (("train", TRAIN_PER_TOPIC), ("test", TEST_PER_TOPIC)):
        table = rows(part, list(topics.REQUESTS), topic_message, per_label, rng, seen)
        write_csv(folder / f"topics_{part}.csv", table)
    for part, per_label in (("train", TRAIN_PER_TONE), ("test", TEST_PER_TONE)):
        table = rows(part, list(tones.TONES), tone_message, per_label, rng, seen)
        write_json_lines(folder / f"tones_{part}.jsonl", table)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)

"""Fixed parts of the public data sets: base training, new-task training, validation (cut from training), test.

Rows are chosen with a fixed seed and written as files that engram reads; the originals are never changed.
"""
import csv
import random
from pathlib import Path

# Rows of each part. Test parts are seeded choices of the published test files (all of TREC's 500, sst2's 872).
AG_TRAIN, AG_NEW, AG_VALIDATION, AG_TEST = 4000, 2000, 500, 1000
SST2_TRAIN, SST2_VALIDATION = 3000, 500
TREC_TRAIN, TREC_VALIDATION = 2000, 500


def chosen(rows, counts, seed):
    """Disjoint seeded choices of the given sizes."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    parts, begin = [], 0
    for count in counts:
        parts.append([rows[i] for i in order[begin:begin + count]])
        begin += count
    return parts


def read_ag(file):
    with open(file, newline="", encoding="utf-8") as handle:
        return list(csv.reader(handle))


def read_sst2(file):
    """(sentence, label) rows: the files have a header; train and dev say which column is which."""
    with open(file, encoding="utf-8") as handle:
        header = handle.readline().rstrip("\n").split("\t")
        text, label = header.index("sentence"), header.index("label")
        rows = [line.rstrip("\n").split("\t") for line in handle]
    return [[row[text], row[label]] for row in rows]


def read_trec(file):
    """(text, coarse label) rows of the ISO-8859-1 label lines."""
    lines = Path(file).read_text(encoding="iso-8859-1").splitlines()
    return [[line.split(" ", 1)[1], line.split(":", 1)[0]] for line in lines]


def write(file, rows):
    with open(file, "w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "label"])
        writer.writerows(rows)


def ag_rows(rows):
    return [[row[1] + " " + row[2], row[0]] for row in rows]


def make(data, out):
    """Writes every part below `out`; does nothing where they stand already."""
    out.mkdir(parents=True, exist_ok=True)
    done = out / "complete"
    if done.exists():
        return
    train, new, validation = chosen(ag_rows(read_ag(data / "ag_news/train.csv")), [AG_TRAIN, AG_NEW, AG_VALIDATION], 1)
    write(out / "ag_train.csv", train)
    write(out / "ag_new.csv", new)
    write(out / "ag_validation.csv", validation)
    write(out / "ag_test.csv", chosen(ag_rows(read_ag(data / "ag_news/test.csv")), [AG_TEST], 2)[0])
    train, validation = chosen(read_sst2(data / "sst2/train.tsv"), [SST2_TRAIN, SST2_VALIDATION], 3)
    write(out / "sst2_train.csv", train)
    write(out / "sst2_validation.csv", validation)
    write(out / "sst2_test.csv", read_sst2(data / "sst2/test.tsv"))
    train, validation = chosen(read_trec(data / "trec6/TREC.train"), [TREC_TRAIN, TREC_VALIDATION], 4)
    write(out / "trec_train.csv", train)
    write(out / "trec_validation.csv", validation)
    write(out / "trec_test.csv", read_trec(data / "trec6/TREC.test"))
    done.touch()

"""Writes data_rows.parquet: columns of several types, a dictionary, nulls. Run with pyarrow:
    PYTHONPATH=.deps/arrow python3.11 tests/golden/data_parquet.py
"""
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

table = pa.table({
    "sentence": pa.array(["a first row", "ein zweiter für uns", "the third"]),
    "large": pa.array(["x", "y", "z"], pa.large_string()),
    "number": pa.array([1, 0, 1], pa.int64()),
    "flag": pa.array([True, False, True]),
    "score": pa.array([0.5, 2.0, 1e-05]),
    "word": pa.array(["red", "blue", "red"]).dictionary_encode(),
    "gap": pa.array(["here", None, "there"]),
    "list": pa.array([[1], [2], [3]]),
})
pq.write_table(table, pathlib.Path(__file__).with_name("data_rows.parquet"), row_group_size=2)

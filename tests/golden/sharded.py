"""Writes tests/golden/model/sharded: the model of tests/golden/model/gelu as transformers saves it in shards.

    .deps/peers/bin/python tests/golden/sharded.py

Weights, config and so logits are those of gelu, whose expected.json holds for this folder too.
"""

import pathlib

import transformers
from transformers import BertForSequenceClassification

HERE = pathlib.Path(__file__).parent / "model"


def main():
    transformers.logging.set_verbosity_error()
    model = BertForSequenceClassification.from_pretrained(HERE / "gelu")
    model.save_pretrained(HERE / "sharded", max_shard_size="10KB")


if __name__ == "__main__":
    main()

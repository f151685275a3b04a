"""Fine-tunes MiniLM on ag_news with transformers: the original task of the trec6 proof, for engram and the peer alike.

    python ag_news_base.py DATA_FOLDER OUTPUT_FOLDER

Without dropout and in batches of like length, which makes it several times faster on a small CPU.
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import AutoTokenizer, BertForSequenceClassification

from common import AG_NEWS_LABELS, MINILM, Encoded, Settings, accuracy, batches_of_like_length, read_ag_news, train


def main(data_folder, output_folder):
    torch.manual_seed(42)
    tokenizer = AutoTokenizer.from_pretrained(MINILM)
    names = dict(enumerate(AG_NEWS_LABELS))
    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = BertForSequenceClassification.from_pretrained(
        MINILM, num_labels=len(names), id2label=names, label2id={name: i for i, name in names.items()}, **no_dropout
    )
    data = Path(data_folder) / "ag_news"
    training = Encoded(read_ag_news(data / "train.csv"), AG_NEWS_LABELS, tokenizer, 96)
    test = Encoded(read_ag_news(data / "test.csv"), AG_NEWS_LABELS, tokenizer, 96)

    def report(step, steps, loss):
        if step % 25 == 0:
            print(f"step {step} of {steps}, loss {loss:.4f}", flush=True)

    started = time.perf_counter()
    settings = Settings(learning_rate=5e-5, epochs=2, batch_size=32, warmup=0.1, weight_decay=0.01)
    train(model, training, settings, report, batches_of_like_length(training, settings.batch_size, settings.seed))
    seconds = time.perf_counter() - started
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.1  # for what is trained from it
    model.save_pretrained(output_folder)
    tokenizer.save_pretrained(output_folder)
    print(json.dumps({"ag_news_test_accuracy": accuracy(model, test), "training_seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The peer's side of the trec6 proof: LoRA with transformers + peft on a model that was fine-tuned on ag_news.

    python trec6_after_ag_news.py BASE_FOLDER DATA_FOLDER RESULT.json [SEED ...]

Prints and writes, per seed: trec6 test accuracy, ag_news test accuracy of the untouched original head before and after,
wall time of training alone, and peak resident memory of the process so far.
"""

import copy
import json
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoTokenizer, BertForSequenceClassification

from common import (AG_NEWS_LABELS, TREC_LABELS, Encoded, Settings, accuracy, peak_rss_mb, read_ag_news, read_trec,
                    train)

MAX_LENGTH = 128


def recipe(seed):
    return Settings(learning_rate=2e-4, epochs=3, batch_size=16, warmup=0.1, seed=seed)


def lora_model(base_folder, seed):
    """The base with a fresh, seeded head of six labels and peft's LoRA on query and value."""
    torch.manual_seed(seed)
    model = BertForSequenceClassification.from_pretrained(base_folder, num_labels=len(TREC_LABELS),
                                                          ignore_mismatched_sizes=True)
    config = LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=32, lora_dropout=0.1, target_modules=["query", "value"])
    return get_peft_model(model, config)


def original_accuracy(original, adapted, test):
    """The original head read over the adapted trunk."""
    judge = copy.copy(original)
    judge._modules = dict(original._modules, bert=adapted.base_model.model.bert)
    return accuracy(judge, test)


def run(seed, base_folder, training, test, original, original_test, before):
    model = lora_model(base_folder, seed)
    evaluations = []

    def report(step, steps, loss):
        if (step + 1) % (steps // 3) == 0:
            evaluations.append({"step": step + 1, "loss": loss, "trec6": accuracy(model, test)})
            print(f"seed {seed} step {step + 1} of {steps}: {evaluations[-1]}", flush=True)

    started = time.perf_counter()
    train(model, training, recipe(seed), report)
    return {
        "seed": seed,
        "trec6_accuracy": accuracy(model, test),
        "ag_news_before": before,
        "ag_news_after": original_accuracy(original, model, original_test),
        "seconds_with_three_trec6_evaluations": round(time.perf_counter() - started, 1),
        "peak_rss_mb": round(peak_rss_mb()),
        "evaluations": evaluations,
    }


def main(base_folder, data_folder, result_file, *seeds):
    data = Path(data_folder)
    tokenizer = AutoTokenizer.from_pretrained(base_folder)
    training = Encoded(read_trec(data / "trec6/TREC.train"), TREC_LABELS, tokenizer, MAX_LENGTH)
    test = Encoded(read_trec(data / "trec6/TREC.test"), TREC_LABELS, tokenizer, MAX_LENGTH)
    original_test = Encoded(read_ag_news(data / "ag_news/test.csv"), AG_NEWS_LABELS, tokenizer, MAX_LENGTH)
    original = BertForSequenceClassification.from_pretrained(base_folder)
    before = accuracy(original, original_test)
    print(f"ag_news before: {before:.2f}", flush=True)
    results = []
    for seed in map(int, seeds or ("1", "2", "3")):
        results.append(run(seed, base_folder, training, test, original, original_test, before))
        print(json.dumps(results[-1]), flush=True)
        Path(result_file).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

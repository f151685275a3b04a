"""The demo's three runs with transformers + peft: how well both tasks are learnt and what each way costs the original one.

    python demo_tasks.py [key=value ...]     for instance careless.learning_rate=5e-4 lora.epochs=2
"""

import copy
import json
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoTokenizer, BertForSequenceClassification

from common import MINILM, ROOT, Encoded, Settings, accuracy, read_table, train
from hf_trainer import quiet

RUNS = {
    "original": Settings(learning_rate=2e-4, epochs=2, batch_size=16, warmup=0.1),
    "careless": Settings(learning_rate=2e-4, epochs=2, batch_size=16),
    "lora": Settings(learning_rate=6e-4, epochs=2, batch_size=16, warmup=0.1),
}


def load(name, label, tokenizer):
    """Training and test rows of one of the demo's tasks, and its labels."""
    ending = {"topics": "csv", "tones": "jsonl"}[name]
    files = [ROOT / f"examples/data/{name}_{part}.{ending}" for part in ("train", "test")]
    rows = [read_table(file, "message", label) for file in files]
    labels = sorted(set(rows[0].labels))
    return [Encoded(part, labels, tokenizer, 48) for part in rows], labels


def with_fresh_head(model, labels):
    """A copy of the model with a new head of that many labels; the old head stays with the old model."""
    result = copy.deepcopy(model)
    result.num_labels = result.config.num_labels = len(labels)
    result.classifier = torch.nn.Linear(result.config.hidden_size, len(labels))
    torch.nn.init.normal_(result.classifier.weight, std=result.config.initializer_range)
    torch.nn.init.zeros_(result.classifier.bias)
    return result


def original_accuracy(bert, original, test):
    """Accuracy of the original head over another trunk (pooler included)."""
    judge = copy.deepcopy(original)
    judge.bert = bert
    return accuracy(judge, test)


def second_stage(original, settings, data, topics_test, labels, lora):
    torch.manual_seed(settings.seed)
    model = with_fresh_head(original, labels)
    if lora:
        config = LoraConfig(task_type="SEQ_CLS", r=8, lora_alpha=32, lora_dropout=0.1, target_modules=["query", "value"])
        model = get_peft_model(model, config)
    bert = model.base_model.model.bert if lora else model.bert

    def report(step, steps, loss):
        if (step + 1) % max(1, steps // 6) == 0:
            print(f"  step {step + 1:4d}  loss {loss:.3f}  new {accuracy(model, data[1]):.1f}  "
                  f"original {original_accuracy(bert, original, topics_test):.1f}", flush=True)

    train(model, data[0], settings, report)


def main(overrides):
    quiet()
    for override in overrides:
        key, value = override.split("=")
        run, name = key.split(".")
        setattr(RUNS[run], name, type(getattr(RUNS[run], name))(float(value)))
    tokenizer = AutoTokenizer.from_pretrained(MINILM)
    (topics_train, topics_test), topics = load("topics", "topic", tokenizer)
    tones_data, tones = load("tones", "tone", tokenizer)
    torch.manual_seed(42)
    original = BertForSequenceClassification.from_pretrained(MINILM, num_labels=len(topics))
    seconds = {}
    started = time.perf_counter()
    train(original, topics_train, RUNS["original"])
    seconds["original"] = time.perf_counter() - started
    print(f"original task: {accuracy(original, topics_test):.1f} %")
    for name in ("careless", "lora"):
        started = time.perf_counter()
        print(f"{name}: {RUNS[name]}")
        second_stage(original, RUNS[name], tones_data, topics_test, tones, lora=name == "lora")
        seconds[name] = time.perf_counter() - started
    print(json.dumps({name: round(value, 1) for name, value in seconds.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])

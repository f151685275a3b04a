"""Time from process start to the first completed optimizer step of the trec6 recipe, with the real Trainer and peft.

    python first_step.py BASE_FOLDER DATA_FOLDER

Run it twice: the second run has the files in the page cache. Tokenizing is in it, because the plain script of a user
tokenizes; evaluations are not.
"""

import json
import sys
import tempfile
import time
from pathlib import Path


def process_age():
    """Seconds since this process started, from the kernel's record."""
    ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / 100


def main(base_folder, data_folder):
    import torch
    from transformers import AutoTokenizer, Trainer, TrainerCallback, TrainingArguments

    from common import TREC_LABELS, Encoded, peak_rss_mb, read_trec
    from hf_trainer import RowNumbers
    from trec6_after_ag_news import MAX_LENGTH, lora_model, recipe

    imported = process_age()
    tokenizer = AutoTokenizer.from_pretrained(base_folder)
    training = Encoded(read_trec(Path(data_folder) / "trec6/TREC.train"), TREC_LABELS, tokenizer, MAX_LENGTH)
    tokenized = process_age()
    model = lora_model(base_folder, 1)
    settings = recipe(1)
    ages = []

    class Watch(TrainerCallback):
        def on_step_end(self, arguments, state, control, **_):
            ages.append(process_age())
            control.should_training_stop = len(ages) == 30
            return control

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, use_cpu=True, num_train_epochs=settings.epochs, learning_rate=settings.learning_rate,
            per_device_train_batch_size=settings.batch_size, warmup_steps=settings.warmup, seed=settings.seed,
            report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
            remove_unused_columns=False, dataloader_pin_memory=False)
        Trainer(model=model, args=arguments, train_dataset=RowNumbers(len(training)), data_collator=training.batch,
                callbacks=[Watch()]).train()
    print(json.dumps({
        "imports_s": round(imported, 2), "tokenized_s": round(tokenized, 2), "first_step_s": round(ages[0], 2),
        "median_step_s": round(sorted(b - a for a, b in zip(ages, ages[1:]))[len(ages) // 2], 3),
        "peak_rss_mb": round(peak_rss_mb()), "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main(*sys.argv[1:])

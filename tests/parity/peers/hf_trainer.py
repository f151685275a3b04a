"""The real Hugging Face Trainer over the same data and settings as common.train, recording the loss of every step."""

import math
import tempfile
import warnings

import torch
from transformers import PrinterCallback, Trainer, TrainingArguments
from transformers.utils import logging


def quiet():
    """Only errors and our own lines on the terminal."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    warnings.simplefilter("ignore")


class RecordingTrainer(Trainer):
    """Keeps every loss and gradient norm in full precision; the Trainer's own log rounds."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.losses = []

    def compute_loss(self, model, inputs, *args, **kwargs):
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        self.losses.append(loss.item())
        return loss


class RowNumbers(torch.utils.data.Dataset):
    """Example i is the number i; the collator turns numbers into a batch."""

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, row):
        return row


def train_with_trainer(model, data, settings):
    """Trains in place at gradient accumulation 1 and returns the loss of every step."""
    per_epoch = math.ceil(len(data) / settings.batch_size)
    steps = settings.max_steps or math.ceil(settings.epochs * per_epoch)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, use_cpu=True, max_steps=steps, per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate, weight_decay=settings.weight_decay, max_grad_norm=settings.clip,
            lr_scheduler_type="linear", warmup_steps=math.ceil(steps * settings.warmup), seed=settings.seed,
            report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True,
            remove_unused_columns=False, dataloader_pin_memory=False,
        )
        trainer = RecordingTrainer(model=model, args=arguments, train_dataset=RowNumbers(len(data)),
                                   data_collator=data.batch)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return trainer.losses

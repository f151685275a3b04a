#!/usr/bin/env python3
"""Writes tests/fuzz/seeds and tests/fuzz/dictionaries: small inputs of every target that its parser accepts, some that
it refuses, and the words of its format."""

import json
import shutil
import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
HEX = "0123456789abcdef"
COMMIT = HEX + HEX + HEX[:8]


def seed(target, name, content):
    file = HERE / "seeds" / target / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


def dictionary(target, words):
    file = HERE / "dictionaries" / f"{target}.dict"
    file.parent.mkdir(parents=True, exist_ok=True)
    quoted = ("".join(c if " " <= c <= "~" and c not in '"\\' else "".join(f"\\x{b:02x}" for b in c.encode())
                      for c in word) for word in words)
    file.write_text("".join(f'"{word}"\n' for word in quoted))


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def of_safetensors():
    def tensor(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    seed("safetensors", "every_dtype", (GOLDEN / "model/safetensors/every_dtype.safetensors").read_bytes())
    seed("safetensors", "two", safetensors({"__metadata__": {"format": "pt"}, "a": tensor("F32", [2], 0, 8),
                                            "b": tensor("BF16", [1, 2], 8, 12)}, bytes(12)))
    seed("safetensors", "empty", safetensors({}))
    seed("safetensors", "empty_tensor", safetensors({"a": tensor("F32", [0, 3], 0, 0), "b": tensor("U8", [], 0, 1)}, b"x"))
    seed("safetensors", "overlap", safetensors({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)))
    seed("safetensors", "negative", safetensors({"a": tensor("U8", [-1], 0, 4)}, bytes(4)))
    seed("safetensors", "product", safetensors({"a": tensor("F32", [2**40, 2**40], 0, 4)}, bytes(4)))
    seed("safetensors", "deep", safetensors(b"{" + b'"a":[' * 30))
    seed("safetensors", "length", struct.pack("<Q", 2**63) + b"{}")
    dictionary("safetensors", ["__metadata__", '"dtype":', '"shape":', '"data_offsets":', '"F32"', '"BF16"', '"I64"', "[]",
                               "{}", "18446744073709551615", "-1", "1e3"])


def of_models():
    seed("safetensors_index", "sharded", (GOLDEN / "model/sharded/model.safetensors.index.json").read_text()[:16000])
    seed("safetensors_index", "small", '{"metadata":{"total_size":8.0},"weight_map":{"a":"m-1.safetensors"}}')
    for name in ("../x.safetensors", "/etc/x.safetensors", "a\\\\b.safetensors", ".safetensors", "a\\u0000.safetensors"):
        seed("safetensors_index", f"path_{len(name)}", '{"weight_map":{"a":"%s"}}' % name)
    dictionary("safetensors_index", ['"weight_map":', '"metadata":', '"total_size":', ".safetensors", "../", "\\u0000"])
    for name in ("gelu", "deep", "sharded"):
        seed("bert_config", name, (GOLDEN / f"model/{name}/config.json").read_text())
    seed("bert_config", "labels", '{"model_type":"bert","num_labels":2,"id2label":{"0":"a","1":"b"},'
                                  '"label2id":{"a":0,"b":1},"classifier_dropout":null}')
    seed("bert_config", "count", '{"model_type":"bert","num_labels":3}')
    keys = ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
            "max_position_embeddings", "type_vocab_size", "num_labels", "id2label", "label2id", "architectures",
            "problem_type", "hidden_act", "pruned_heads", "is_decoder", "layer_norm_eps", "classifier_dropout",
            "hidden_dropout_prob"]
    dictionary("bert_config", [f'"{key}":' for key in keys] + ['"model_type":"bert"', "2147483648", "-1", "1e400", "null"])
    seed("heads_file", "two", '{"format":1,"primary":"new","others":[{"task":"old","labels":["a","b"]}]}')
    seed("heads_file", "none", '{"format":1,"others":[]}')
    dictionary("heads_file", ['"format":1', '"primary":', '"others":', '"task":', '"labels":'])


def of_adapters():
    for folder in sorted((GOLDEN / "peft_adapters").iterdir()):
        file = folder / "adapter_config.json"
        if file.is_file():
            seed("adapter_config", folder.name, file.read_text())
    keys = ["peft_type", "base_model_name_or_path", "revision", "target_modules", "modules_to_save", "rank_pattern",
            "alpha_pattern", "layers_to_transform", "num_virtual_tokens", "use_dora", "bias", "init_lora_weights",
            "auto_mapping", "base_model_class", "task_type"]
    dictionary("adapter_config", [f'"{key}":' for key in keys] +
               ['"LORA"', '"PREFIX_TUNING"', '"PROMPT_TUNING"', "(.*)", "{2,9}", "[a-z]", "\\\\d", "(?=a)"])
    seed("provenance", "whole", json.dumps({
        "format": 1, "base": "org/name", "base_tensors_sha256": HEX * 4, "tokenizer_sha256": HEX * 4, "task": "new",
        "labels": ["a", "b"], "pairs": False, "max_length": 128, "adapter": None, "recipe": {"name": "r"},
        "data": {"train": {"rows": 3}}, "plugins": {}, "strategies": [{"id": "lora"}], "made": None}))
    dictionary("provenance", ['"format":1', '"labels":', '"max_length":', '"made":', "null", "1000000"])


def of_data():
    csv = 'text,label,id\n"a, b",x,1\nc d,"y",2\n\n"e\n""f""",x:z,3\n'
    lines = '{"text": "a b", "label": "x", "id": 1}\n{"text": "c", "label": 2}\n'
    for header in (4, 0):
        seed("table", f"csv_{header}", bytes([header, 0, 1 + (3 << 4)]) + csv.encode())
        seed("table", f"tsv_{header}", bytes([header + 1, 0, 2 + (4 << 4)]) + csv.replace(",", "\t").encode())
    seed("table", "json", bytes([2, 0, 1 + (3 << 4)]) + lines.encode())
    seed("table", "labels", bytes([3, 64, 0]) + b"ABBR:exp What is x ?\nNUM one two\n")
    seed("table", "latin", bytes([4 + 32, 0, 1 + (3 << 4)]) + csv.replace("c", "\u00e9").encode("latin-1"))
    seed("table", "bom", bytes([4, 0, 1 + (3 << 4)]) + b"\xef\xbb\xbf" + csv.encode())
    seed("table", "utf16", bytes([4, 0, 1]) + csv.encode("utf-16"))
    for target in ("table", "guess", "row_stream"):
        dictionary(target, ["text", "label", '""', "\r\n", "\xef\xbb\xbf", '{"text":', '"label":', "\t", "null", "\\u0000"])
    for place, content in enumerate((csv, csv.replace(",", "\t"), lines, "one line\nanother\n", "ABBR:exp What ?\nNUM one\n")):
        seed("guess", f"format_{place}", bytes([place]) + content.encode())
    seed("row_stream", "lines", bytes([0, 0]) + b"one\n\ntwo\r\nthree")
    seed("row_stream", "pairs", bytes([4, 0]) + b"one\ttwo\nthree\tfour\n")
    seed("row_stream", "csv", bytes([1 + 8 + 32 + 128, 0]) + csv.encode())
    seed("row_stream", "tsv", bytes([2 + 64, 4 + 32]) + b"a\tb\nc\td\n")
    seed("row_stream", "json", bytes([3 + 32 + 128, 0]) + lines.encode())


def of_recipes():
    for file in sorted((HERE.parent.parent / "examples").rglob("*.lua"))[:12]:
        seed("recipe", file.stem, file.read_text())
    for name in ("base", "error_object", "getfenv", "require_dots", "returns_cycle", "returns_metatable", "returns_odd_keys",
                 "score_changes_metrics", "string_metatable", "grid_of_grids", "tostring_recursion"):
        seed("recipe", f"hostile_{name}", (HERE.parent / "hostile" / f"{name}.lua").read_text())
    seed("recipe", "grid", 'local engram = require "engram"\nreturn engram.grid({ rate = { 1e-3, 1e-4 } }, function(p)\n'
                           '  return { model = "m", train = { epochs = p.rate } }\nend)\n')
    dictionary("recipe", ["function", "return", "local", "require", '"engram"', "pcall", "string.rep", "string.format",
                          "table.concat", "setmetatable", "strategies", "train", "checkpoints", "score", "stop",
                          "metrics", "data", "..", "{", "}", "for i=1,9 do", "end", "0x1p-1", "[==[", "%b()", "math.huge"])
    seed("overrides", "several", "train.epochs=3\nstrategies[2].rank=16\nmodel=other\ntrain.rates.default=1e-4\n")
    seed("overrides", "odd", "a[0]=1\nstrategies[99999999999999999999]=2\ntrain..x=\n=\ntrain.epochs=nan\n[1]=2\n")
    dictionary("overrides", ["train.", "strategies[1]", "data.new.", "epochs", "rates.default", "inf", "nan", "true", "=",
                             "checkpoints.", "keep_last", "spikes", "1e400", "0x10"])


def of_runs():
    point = {"step": 4.0, "epoch": 0.5}
    row = {"set": "new", "role": "new", "metric": "accuracy", "unit": "share", "baseline": 0.5, "now": 0.75,
           "change": 0.25, "drop": None, "retained": None, "better": "larger"}
    result = {"recipe": "r", "run_folder": "runs/r-001", "strategies": ["lora"], "ending": "all steps", "reason": "",
              "steps_done": 4, "steps": 4, "parameters": 10, "trainable": 2, "original_waived": False, "rows": [row],
              "last_rows": [row], "crossover": {"marginal": point, "level": None},
              "chosen": {"step": 4, "epoch": 0.5, "score": 0.75, "among": 2, "folder": "best", "label": "best"},
              "seconds": {"training": 1.5, "evaluation": 0.5, "preparing": 0.1, "total": 2.1}, "peak_bytes": 100}
    seed("result", "whole", json.dumps(result))
    recipe = {"recipe_file": "/r.lua", "recipe_sha256": HEX * 4, "overrides": [["train.epochs", "2"]]}
    seed("run_documents", "run", "\0" + json.dumps({**recipe, "recipe_folder": "/", "point": None,
                                                    "chain": {"starts_from": "/runs/a", "followed": True}}))
    seed("run_documents", "grid", "\1" + json.dumps(recipe))
    seed("run_documents", "chain", "\2" + json.dumps({"links": [{**recipe, "folder": "1-r"}]}))
    seed("run_documents", "chain_out", "\2" + json.dumps({"links": [{**recipe, "folder": "../r"}]}))
    dictionary("run_documents", ['"recipe_file":', '"recipe_sha256":', '"overrides":', '"links":', '"folder":', '"chain":',
                                 '"starts_from":', '"followed":', '"point":', '"recipe_folder":', "../", "null"])
    state = {"format": 3, "step": 4, "evaluated_step": 4, "accepted": True, "rate_cut": 0.5, "spikes": 0, "seconds": 1.5,
             "what": "last", "log_bytes": {"events.jsonl": 10}, "script": {"schedule": {}, "stop": [1], "random": "1 2"},
             "strategies": [{"strategy": "ewc", "numbers": {"a": 1.5, "b": "inf"}, "texts": {"c": "d"}}],
             "history": {"baseline": {"new": {"accuracy": 0.5}}, "best": 0, "evaluations": [
                 {"step": 0, "epoch": 0, "score": 0.5, "metrics": {"new": {"accuracy": 0.5, "loss": "nan"}}}]},
             "stopped": {"within_budget": True, "reason": "r"}}
    seed("training_record", "whole", json.dumps(state))
    dictionary("training_record", [f'"{key}":' for key in state] +
               ['"best":1', '"nan"', '"-inf"', "null", "-1", "18446744073709551615"])
    seed("checksums", "two", f"{HEX * 4}  a.json\n{HEX * 4} *b.safetensors\n")
    seed("checksums", "out", f"{HEX * 4}  ../a.json\n")
    dictionary("checksums", [HEX * 4, "  ", " *", "../", "\n"])
    dictionary("result", [f'"{key}":' for key in result] + ["null", "1e400", '"stop rule"', '"interrupted"'])


def of_hub():
    seed("hub_listing", "whole", json.dumps({"sha": COMMIT, "siblings": [
        {"rfilename": "config.json", "size": 5, "blobId": COMMIT},
        {"rfilename": "onnx/model.safetensors", "size": 9, "lfs": {"sha256": HEX * 4, "size": 9}}]}))
    seed("hub_listing", "out", '{"sha":"%s","siblings":[{"rfilename":"../../x","size":1,"blobId":"%s"}]}' % (COMMIT, COMMIT))
    dictionary("hub_listing", ['"rfilename":', '"siblings":', '"sha":', '"lfs":', '"blobId":', '"size":', "../", "/", COMMIT])
    for name, text in (("main", "org/name\n" + COMMIT), ("revision", "name@v1/x\nno commit"), ("commit", "a/b@" + COMMIT + "\n"),
                       ("out", "a/b@../x\n" + COMMIT), ("dots", "../..@main")):
        seed("hub_reference", name, text)


def library(names=(b"engram_abi_sdk_0_2_torch_2_11",), strings=None):
    """A shared library of section headers alone, which is all that is looked at before loading."""
    table = strings if strings is not None else b"\0" + b"".join(name + b"\0" for name in names)
    symbols, at = struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0), 1
    for name in names:
        symbols += struct.pack("<IBBHQQ", at, 0x11, 0, 1, 0, 1)
        at += len(name) + 1
    sections = [(0, 0, 0, 0, 0), (11, 64, len(symbols), 2, 24), (3, 64 + len(symbols), len(table), 0, 0)]
    start = 64 + len(symbols) + len(table)
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, start, 0, 64, 0, 0, 64,
                                                             len(sections), 2)
    return header + symbols + table + b"".join(
        struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, offset, size, link, 0, 1, entry)
        for kind, offset, size, link, entry in sections)


def of_plugins():
    seed("plugin_file", "sound", library())
    seed("plugin_file", "no_tag", library((b"other", b"engram_abi")))
    seed("plugin_file", "no_end", library(strings=b"\0engram_abi_" + b"x" * 40))
    seed("plugin_file", "cut", library()[:150])
    dictionary("plugin_file", ["\x7fELF", "engram_abi_", "\x0b\0\0\0", "\x03\0\0\0"])


def of_tokenizers():
    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "token", "##izer", "text"])}
    special = [{"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for word, number in list(words.items())[:4]]
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special,
             "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                            "lowercase": True},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, "decoder": None,
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                       "max_input_chars_per_word": 100, "vocab": words}}
    seed("tokenizer", "word_piece", json.dumps(whole))
    seed("tokenizer", "word_piece_text", json.dumps(whole) + "\0the tokenizer [SEP] text \u00e9\u4e2d")
    for name, model in (("bpe", {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}),
                        ("word_level", {"type": "WordLevel", "vocab": {"a": 0, "[UNK]": 1}, "unk_token": "[UNK]"}),
                        ("unigram", {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.0]]})):
        seed("tokenizer", name, json.dumps({"version": "1.0", "added_tokens": [], "normalizer": None, "pre_tokenizer": None,
                                            "post_processor": None, "decoder": None, "model": model}) + "\0ab a")
    seed("tokenizer", "template", json.dumps({**whole, "post_processor": {
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                                                 {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}}}))
    seed("tokenizer", "sequence", json.dumps({**whole, "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFD"}, {"type": "Replace", "pattern": {"Regex": "a+"}, "content": "b"}, {"type": "StripAccents"}]},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": "t"}, "behavior": "Isolated", "invert": False}}))
    dictionary("tokenizer", [f'"type":"{name}"' for name in
                             ("BPE", "Unigram", "WordLevel", "WordPiece", "Sequence", "Metaspace", "ByteLevel", "Precompiled",
                              "TemplateProcessing", "RobertaProcessing", "Split", "Digits", "Replace", "Prepend", "Strip")] +
               ['"precompiled_charsmap":', '"Regex":', '"vocab":', '"merges":', '"added_tokens":', '"id":', "4294967295", "null"])


def main():
    for folder in ("seeds", "dictionaries"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    for write in (of_safetensors, of_models, of_adapters, of_data, of_recipes, of_runs, of_hub, of_plugins, of_tokenizers):
        write()


if __name__ == "__main__":
    main()

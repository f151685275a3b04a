"""What `engram plan` says before a run, how quickly, and what of it a run repeats."""

import ctypes
import json
import mmap
import resource
import shutil
import struct
import time

from tiny import LORA, MODEL, TinyCase

CARELESS = "score = function(m) return m.new.accuracy end, --"  # in place of the guarded score


class Plan(TinyCase):
    def careless(self):
        recipe = self.recipe(strategies="", train="")
        recipe.write_text(recipe.read_text().replace("score = score.penalised", CARELESS))
        return recipe

    def test_advice_is_given_by_plan_and_by_run_and_recorded(self):
        recipe = self.careless()
        planned = json.loads(self.engram("plan", recipe, "--json").stdout)
        names = {advice["name"] for advice in planned["advice"]}
        self.assertLessEqual({"new_task_alone", "over_training", "one_rate", "rate_too_high"}, names)
        said = self.engram("run", recipe, "--out", "out").stdout
        self.assertIn("[new_task_alone]", said)
        recorded = [event for event in self.events("out") if event["event"] == "advice"]
        self.assertEqual([dict(advice, event="advice") for advice in planned["advice"]], recorded)
        self.assertIn("[new_task_alone]", (self.folder / "out/plan.txt").read_text())

    def test_strict_refuses_a_plan_and_a_run_alike(self):
        recipe = self.careless()
        for command in ["plan", "run"]:
            text = " ".join(self.engram(command, recipe, "--strict", expect=3).stderr.split())
            self.assertIn('neither score nor stop reads a metric of original', text)
            self.assertIn('if it is meant so, waive = { "over_training" }', text)
        self.assertFalse((self.folder / "runs").exists())

    def test_strict_lets_a_recipe_without_advice_pass(self):
        waived = 'waive = { "rate_too_high", "batch_and_rate", "small_original", "shared_rows", "over_training", "under_training" },'
        recipe = self.recipe(strategies=LORA.replace("rank = 4", "rank = 8"), rest=waived)
        self.assertIn("advice\n  none", self.engram("plan", recipe, "--strict").stdout)

    def test_an_override_is_named_as_the_place_of_advice(self):
        text = self.engram("plan", self.recipe(), "--set", "train.learning_rate=0.5").stdout
        self.assertIn("train.learning_rate (--set train.learning_rate)", text)

    def test_a_recipe_from_standard_input_is_planned(self):
        text = self.recipe(strategies="").read_text()
        self.assertIn("strategies (stdin:", self.engram("plan", "-", stdin=text).stdout)

    def test_rows_are_read_and_all_their_faults_told_at_once(self):
        with open(self.folder / "new_test.csv", "a", encoding="utf-8") as out:
            out.write("w5 w6,lefft\n")
        with open(self.folder / "original.csv", "a", encoding="utf-8") as out:
            out.write(" ,windy\nw5\n")
        text = " ".join(self.engram("plan", self.recipe(), expect=3).stderr.split())
        self.assertIn("new_test.csv:34", text)
        self.assertIn("'lefft' is no label of task 'side'; did you mean 'left'?", text)
        self.assertIn("original.csv:34, column 'text': the text is empty", text)
        self.assertIn("original.csv:35", text)

    def test_shared_rows_are_counted_with_their_lines(self):
        rows = (self.folder / "new_train.csv").read_text().splitlines()
        with open(self.folder / "new_test.csv", "a", encoding="utf-8") as out:
            out.write("\n".join(rows[3:5]) + "\n")
        text = " ".join(self.engram("plan", self.recipe()).stdout.split())
        self.assertIn("2 of its 34 rows are also trained on as data.train", text)
        self.assertIn("(new_test.csv:34 = new_train.csv:4, new_test.csv:35 = new_train.csv:5)", text)

    def test_json_and_text_tell_the_same_rates(self):
        recipe = self.recipe(strategies='{ "discriminative_lr", decay = 0.5 }')
        planned = json.loads(self.engram("plan", recipe, "--json").stdout)
        rates = planned["rates"]
        self.assertEqual(rates["steps"][0], 0)
        self.assertEqual(len({group["scale"] for group in rates["groups"]}), 4)
        text = self.engram("plan", recipe).stdout
        for group in rates["groups"]:
            self.assertIn(f"{group['parameters']:,}", text)
            for rate in group["rates"]:
                self.assertIn(f"{rate:.4g}", text)
        self.assertIn("train.accumulation", planned["defaults"])
        self.assertNotIn("train.learning_rate", planned["defaults"])

    def test_what_is_written_is_no_default_be_it_the_same(self):
        recipe = self.recipe(train="seed = 17, clip = 1,", rest="""
          metrics = { rare = function(e) return e.count end,
                      off = { function(e) return e.count end, better = "smaller" } },""")
        planned = json.loads(self.engram("plan", recipe, "--json").stdout)
        for setting in ["train.seed", "train.clip", "data.train.use"]:
            self.assertNotIn(setting, planned["defaults"])
        self.assertIn("train.beta1", planned["defaults"])
        text = " ".join(self.engram("plan", recipe).stdout.split())
        self.assertIn('metrics.rare = { better = "larger" }, metrics.off = { better = "smaller" }', text)
        self.assertNotIn("as by default", text)

    def test_a_rule_that_remembers_and_one_that_looks_back_are_seen_to_read(self):
        rules = {"new.macro_f1": "h.state.best = math.max(h.state.best or 0, h.last.new.macro_f1) return false",
                 "original.loss": "return h.evaluations > 99 and h.history[1].original.loss > 3 "
                                  "or h.history[1].original.loss > 99"}
        for metric, body in rules.items():
            recipe = self.recipe(rest=f"stop = function(h) {body} end,")
            self.assertEqual(json.loads(self.engram("plan", recipe, "--json").stdout)["metrics"]["stop_reads"], [metric])

    def test_a_metric_that_score_reads_is_shown_during_the_run(self):
        recipe = self.recipe(rest="")
        self.assertNotIn("macro F1", self.engram("run", recipe).stdout.split("the checkpoint that is kept")[0])
        recipe.write_text(recipe.read_text().replace("new.accuracy", "new.macro_f1"))
        self.assertIn("macro F1", self.engram("run", recipe).stdout.split("the checkpoint that is kept")[0])
        lines = self.engram("run", recipe, "--json").stdout.splitlines()
        for event in map(json.loads, lines):
            if event["event"] == "evaluation":
                self.assertIn("macro_f1", event["metrics"]["new"])


    def test_every_point_of_a_grid_is_planned_and_advice_names_lines_of_its_recipe(self):
        text = self.recipe(strategies='{ "lora", rank = p.rank }').read_text()
        start = "return require('engram').grid { over = { rank = { 1, 64, 8 } }, recipe = function(p) return {"
        text = text.replace("return {", start, 1)
        recipe = self.folder / "grid.lua"
        recipe.write_text(text + "end }\n")
        refused = " ".join(self.engram("plan", recipe, expect=3).stderr.split())
        self.assertIn("point rank=64: strategy 'lora', plan: rank 64 is larger than the smaller side", refused)
        recipe.write_text(recipe.read_text().replace("64", "4"))
        planned = self.engram("plan", recipe).stdout
        self.assertIn("\nrecipe grid, point rank=1\n", planned)
        self.assertRegex(planned, "grid of 3 points\n  rank=1  24 steps, 322 trainable, . pieces of advice\n  rank=4")
        line = text[:text.index("p.rank")].count("\n") + 1
        self.assertIn(f"strategies[1].rank ({recipe}:{line}): rank 1 at", " ".join(planned.split()))


def bert_tensors(hidden, layers, vocabulary, wide):
    """Names and shapes of a BERT classifier in transformers' words."""
    yield "bert.embeddings.word_embeddings.weight", [vocabulary, hidden]
    yield "bert.embeddings.position_embeddings.weight", [512, hidden]
    yield "bert.embeddings.token_type_embeddings.weight", [2, hidden]
    yield "bert.embeddings.LayerNorm.weight", [hidden]
    yield "bert.embeddings.LayerNorm.bias", [hidden]
    for layer in range(layers):
        start = f"bert.encoder.layer.{layer}."
        shapes = {f"attention.self.{name}": (hidden, hidden) for name in ["query", "key", "value"]}
        shapes |= {"attention.output.dense": (hidden, hidden), "intermediate.dense": (wide, hidden),
                   "output.dense": (hidden, wide)}
        for name, shape in shapes.items():
            yield f"{start}{name}.weight", list(shape)
            yield f"{start}{name}.bias", [shape[0]]
        for name in ["attention.output.LayerNorm", "output.LayerNorm"]:
            yield f"{start}{name}.weight", [hidden]
            yield f"{start}{name}.bias", [hidden]
    yield "bert.pooler.dense.weight", [hidden, hidden]
    yield "bert.pooler.dense.bias", [hidden]
    yield "classifier.weight", [3, hidden]
    yield "classifier.bias", [3]


def write_sparse_model(folder, hidden, layers, wide):
    """A folder whose weights are a header and a hole of the right size. Returns the number of parameters."""
    config = json.loads((MODEL / "config.json").read_text())
    config.update(hidden_size=hidden, num_hidden_layers=layers, intermediate_size=wide,
                  num_attention_heads=hidden // 128, max_position_embeddings=512)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(MODEL / "tokenizer.json", folder)
    header, at = {}, 0
    for name, shape in bert_tensors(hidden, layers, config["vocab_size"], wide):
        size = 4
        for side in shape:
            size *= side
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        out.truncate(8 + len(text) + at)
    return at // 4


def pages_in_memory(file):
    """How much of a file the system holds, in bytes: what has been read of a file that nobody has written."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    size = file.stat().st_size
    pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
    with open(file, "rb") as opened:
        address = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, opened.fileno(), 0)
    held = ctypes.create_string_buffer(pages)
    try:
        if libc.mincore(address, size, held) != 0:
            raise OSError(ctypes.get_errno(), "mincore")
    finally:
        libc.munmap(address, size)
    return sum(byte & 1 for byte in held.raw[:pages]) * mmap.PAGESIZE


class SevenBillion(TinyCase):
    SECONDS = 0.5     # of the processor, best of three
    START = 0.28      # what loading the program and LibTorch takes of them; more is a busy machine's fault

    def best_of_three(self, *arguments):
        """Processor seconds, clock seconds, output."""
        used, waited = [], []
        for _ in range(3):
            before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
            text = self.engram(*arguments).stdout
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            waited.append(time.monotonic() - start)
            used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return min(used), min(waited), text

    def test_a_plan_reads_no_weights_and_is_quick(self):
        parameters = write_sparse_model(self.folder / "large", hidden=4096, layers=34, wide=16384)
        self.assertGreater(parameters, 6_800_000_000)
        weights = self.folder / "large/model.safetensors"
        started, _, _ = self.best_of_three("plugins", "list")
        used, waited, text = self.best_of_three("plan", self.recipe(), "--set", "model=large")
        self.assertIn("34 blocks, 4096 wide", text)
        print(f"\nplan of {parameters:,} parameters: {used:.2f} s of the processor, {waited:.2f} s in all; "
              f"the start alone {started:.2f} s")
        self.assertLess(used, self.SECONDS + max(0, started - self.START))
        self.assertLess(pages_in_memory(weights), 16_000_000)
        self.assertLess(weights.stat().st_blocks * 512, 16_000_000)
        self.assertGreater(weights.stat().st_size, 27_000_000_000)

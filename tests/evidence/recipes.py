"""Recipes of the evidence: bases, careless fine-tuning, and every method at one strength."""

HEAD = '''local schedule = require "engram.schedule"
local score    = require "engram.score"

'''

BASE = HEAD + '''return {{
  model = "{model}",
  tasks = {{ {task} = {{ kind = "classification" }} }},
  data = {{
    train      = {{ "{parts}/{train}", text = "text", label = "label", task = "{task}", use = "train" }},
    validation = {{ "{parts}/{validation}", text = "text", label = "label", task = "{task}", use = "evaluate" }},
  }},
  waive    = {{ "original" }},
  train    = {{ epochs = {epochs}, batch_size = 32, learning_rate = 5e-5, max_length = 64, evaluations_in_first_epoch = 1, seed = 1 }},
  schedule = schedule.linear {{ warmup = 0.1 }},
}}
'''

RUN = HEAD + '''return {{
  model = "{model}",
  tasks = {{
    {original_task} = {{ kind = "classification", head = "from model" }},
    {new_task} = {{ kind = "classification" }},
  }},
  data = {{
    train          = {{ "{parts}/{train}", text = "text", label = "label", rows = {rows}, task = "{new_task}", use = "train" }},
    new            = {{ "{parts}/{new}", text = "text", label = "label", task = "{new_task}", use = "evaluate" }},
    original       = {{ "{parts}/{original}", text = "text", label = "label", task = "{original_task}", use = "evaluate", role = "original" }},
    original_train = {{ "{parts}/{original_train}", text = "text", label = "label", task = "{original_task}", use = "strategies" }},
  }},
  strategies = {{{strategies}}},
  train    = {{ epochs = {epochs}, batch_size = 32, learning_rate = {rate}, max_length = 64, evaluations_in_first_epoch = {evaluations}, seed = {seed} }},
  schedule = schedule.linear {{ warmup = 0.1 }},
  score    = score.penalised {{ gain = "new.accuracy", guard = "original.accuracy", tolerance = 0.01, weight = 1 }},
}}
'''

# The two pairs: which parts play which role, and how many rows of the new task train. `test` and `validation` are (new
# task, original task).
PAIRS = {
    "trec6 after ag_news": dict(
        original_task="topics", new_task="questions", train="trec_train.csv", rows=2000, original_train="ag_train.csv",
        validation=("trec_validation.csv", "ag_validation.csv"), test=("trec_test.csv", "ag_test.csv")),
    "ag_news after sst2": dict(
        original_task="sentiment", new_task="topics", train="ag_new.csv", rows=1000, original_train="sst2_train.csv",
        validation=("ag_validation.csv", "sst2_validation.csv"), test=("ag_test.csv", "sst2_test.csv")),
}

# Base models: (training part, validation part, epochs), trained by engram from MiniLM.
BASES = {"topics": ("ag_train.csv", "ag_validation.csv", 2), "sentiment": ("sst2_train.csv", "sst2_validation.csv", 3)}

CARELESS_RATES = ["5e-5", "1e-4", "2e-4", "4e-4"]
LORA = '{{ "lora", rank = 8, alpha = 32, targets = {{ "query", "value" }}, dropout = 0.1 }}'
EWC = '{{ "ewc", data = "original_train", samples = 512, lambda = {strength} }}'

# name: (strategies, strengths tried on validation, rates tried on validation; None: the careless rate; the name of an
# earlier method: the rate selected for it)
METHODS = {
    "freezing + discriminative rates + EWC": (
        '{{ "freezing", keep = "last 4 blocks" }}, {{ "discriminative_lr", decay = 0.9 }}, ' + EWC,
        ["0.01", "0.1"], ["1e-4", "2e-4"]),
    "EWC": (EWC, ["0.01", "0.1", "1"], None),
    "LoRA": (LORA, [""], ["5e-4", "1e-3", "2e-3"]),
    "LoRA + EWC": (LORA + ", " + EWC, ["0.01", "0.1", "1"], "LoRA"),
    "replay 1 %": ('{{ "replay", data = "original_train", share = 0.01 }}', [""], None),
    "replay 10 %": ('{{ "replay", data = "original_train", share = 0.1 }}', [""], None),
    "L2-SP": ('{{ "l2_sp", strength = {strength} }}', ["0.01", "0.1", "1"], None),
    "distillation": ('{{ "distillation", weight = {strength} }}', ["1", "10"], None),
}

# The sweep after training leaves the run before it as it was, so one careless run serves for both.
SWEEP = "weight interpolation"
SWEPT = '{ "weight_interpolation", alphas = { 0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 } }'


def strategies(method, strength, part):
    if method in METHODS:
        return METHODS[method][0].format(strength=strength)
    return SWEPT if part == "test" and method in ("careless", SWEEP) else ""

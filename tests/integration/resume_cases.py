"""Recipes whose runs are stopped and resumed: every shipped strategy, and everything else that remembers."""

import itertools

from tiny import LORA, MODEL, RECIPE

LINEAR = "  schedule = schedule.linear { warmup = 0.1 },\n"
SCORE = [line for line in RECIPE.splitlines(keepends=True) if line.startswith("  score = ")][0]
PAST = 'past     = { "past.csv", text = "text", label = "label", task = "wind", use = "strategies" },\n    original = {'

# One entry for each shipped strategy, with something that it keeps between steps wherever it has that.
STRATEGIES = {
    "discriminative_lr": '{ "discriminative_lr", decay = 0.8 }',
    "distillation": '{ "distillation" }',
    "ewc": '{ "ewc", data = "past", samples = 16 }',
    "freezing": '{ "freezing", keep = "last 1 blocks" }',
    "l2_sp": '{ "l2_sp" }',
    "lora": LORA,
    "prefix_tuning": '{ "prefix_tuning", tokens = 2, mlp = true, mlp_hidden = 8 }',
    "prompt_tuning": '{ "prompt_tuning", tokens = 2 }',
    "replay": '{ "replay", data = "past", share = 0.25 }',
    "weight_interpolation": '{ "weight_interpolation", alphas = { 0, 0.5, 1 } }',
}
PAIRS = list(itertools.combinations(sorted(STRATEGIES), 2))

EVERY = 'checkpoints = { every = "evaluation" },\n'
COUNTING_SCHEDULE = """  schedule = function(s)
    s.state.seen = (s.state.seen or 0) + 1
    return { lr = (1 - s.step / s.steps) * (0.9 + 0.1 * math.random()) / (1 + 0.01 * s.state.seen) }
  end,
"""
COUNTING_STOP = """stop = function(h)
    h.state.scores = h.state.scores or { worst = math.huge }
    h.state.scores.worst = math.min(h.state.scores.worst, h.last.score)
    h.state.count = (h.state.count or 0) + 1
    return h.state.count == 4 and string.format("four evaluations, at worst %.17g", h.state.scores.worst)
  end,
"""
# Refuses two evaluations, and counts in h.state.
ROLL_BACK = """stop = function(h)
    h.state.cuts = h.state.cuts or 0
    if h.last.step > 3 and h.state.cuts < 2 then
      h.state.cuts = h.state.cuts + 1
      return { rollback = true, cut = 0.5, reason = "refused for the " .. h.state.cuts .. ". time" }
    end
  end,
"""
REFUSE = 'stop = function(h) return h.last.step > 12 and { rollback = true, reason = "enough" } end,\n'
NOISY = 'metrics = { noisy = { function(e) return math.random() + e.count end, better = "smaller" } },\n'
# Goes back from the end to the end of the first epoch, where the last state was saved.
LATE_ROLL_BACK = """stop = function(h)
    if h.last.step == 24 and not h.state.cut then
      h.state.cut = true
      return { rollback = true, cut = 0.5, reason = "once" }
    end
  end,
"""


def text(strategies, rest="", train="", schedule=LINEAR, score="  score = function(m) return -m.new.loss end,\n"):
    """A recipe whose score rises nearly always, so that the best checkpoint is written again and again."""
    return (RECIPE.replace("original = {", PAST, 1).replace(LINEAR, schedule).replace(SCORE, score)
            % {"model": MODEL, "strategies": strategies, "train": "evaluations_in_first_epoch = 3, " + train, "rest": rest})


PLATEAU = '  schedule = schedule.plateau { metric = "original.accuracy", patience = 0, cut = 0.5 },\n'

# Name -> recipe, steps to stop at. 96 rows in batches of 8 are 12 steps an epoch; evaluations come after 0, 3, 6, 9, 12, 24.
CASES = {
    "full fine-tuning, stopped in the middle of an epoch": (text(""), [5, 17]),
    "steps of several micro-batches": (text(LORA, train="accumulation = 3,"), [3]),
    "a schedule and a stop rule that count, draw random numbers and keep what they saw":
        (text(LORA, COUNTING_STOP + NOISY, schedule=COUNTING_SCHEDULE), [5, 7]),
    "a schedule that waits for a plateau": (text(LORA, EVERY, schedule=PLATEAU), [9]),
    "early stopping by patience": (text(LORA, "stop = stop.patience { evaluations = 1, min_delta = 10 },\n"), [2]),
    "roll-backs that cut the rate": (text(LORA, ROLL_BACK + EVERY), [3, 7]),
    "roll-backs past evaluations that were accepted": (text("", LATE_ROLL_BACK), [14, 20]),
    "a roll-back that ends the run": (text("", REFUSE), [11]),
    "own metrics that draw random numbers": (text(LORA, NOISY), [8]),
    "layers that thaw one after the other": (text('{ "freezing", every_epochs = 0.5 }'), [5, 13]),
    "passes before training and candidates after it":
        (text(", ".join([STRATEGIES["ewc"], STRATEGIES["weight_interpolation"]]), EVERY), [10]),
    "a prefix that a network makes": (text('{ "prefix_tuning", tokens = 2, mlp = true, mlp_hidden = 8 }'), [10]),
    "bf16": (text(LORA, train='precision = "bf16",'), [10]),
}

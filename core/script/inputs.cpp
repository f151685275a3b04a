#include "script/inputs.hpp"

namespace engram::script {
namespace {

InputTable schedule_input() {
  return {
      "engram.ScheduleInput",
      "What a schedule knows. It never sees the loss of a step: what it reads are finished evaluations.",
      {{"step", "integer",
        "Optimizer steps done before this one, from 0: a warm-up of s.step / 20 makes the first update one of "
        "rate 0, and (s.step + 1) / 20 does not."},
       {"steps", "integer", "Optimizer steps of the whole run."},
       {"epoch", "number", "Epochs done, with their fraction."},
       {"epochs", "number", "Epochs of the whole run."},
       {"evaluations", "integer", "How many evaluations there have been, step 0 included."},
       {"history", "engram.Evaluation[]", "The evaluations, oldest first."},
       {"state", "table<string|integer, any>",
        "A table of the schedule's own, empty at first, so that a count is read as (s.state.cuts or 0); kept between "
        "calls and in checkpoints: numbers, strings, booleans, plain tables."}}};
}

InputTable score_input() {
  return {"engram.ScoreInput",
          "The metrics of one evaluation, read as `m.<set>.<metric>`.",
          {{"baseline", "table<string, engram.SetMetrics>",
            "The untouched model's metrics, read as `m.baseline.<set>.<metric>`."},
           {"[string]", "engram.SetMetrics", "An evaluation set, by its name under data."}}};
}

InputTable stop_input() {
  return {"engram.StopInput",
          "The run so far.",
          {{"last", "engram.Evaluation", "The newest evaluation, which is also the last entry of h.history."},
           {"best", "engram.Evaluation", "The evaluation with the largest score, the first among equals."},
           {"baseline", "table<string, engram.SetMetrics>",
            "The untouched model's metrics, read as `h.baseline.<set>.<metric>`."},
           {"evaluations", "integer", "How many evaluations there have been, step 0 included."},
           {"history", "engram.Evaluation[]", "The evaluations, oldest first; the newest is h.history[#h.history]."},
           {"step", "integer", "Optimizer steps done; 0 at the first call."},
           {"steps", "integer", "Optimizer steps of the whole run."},
           {"seconds", "number", "Seconds since the run began, over all its sittings."},
           {"state", "table<string|integer, any>",
            "A table of the rule's own, empty at first, so that a count is read as (h.state.falls or 0); kept between "
            "calls "
            "and in checkpoints: numbers, strings, booleans, plain tables."}}};
}

InputTable evaluation() {
  return {"engram.Evaluation",
          "One evaluation of a run.",
          {{"step", "integer", "Optimizer steps done then."},
           {"epoch", "number", "Epochs done then, with their fraction."},
           {"score", "number", "What the recipe's score gave."},
           {"[string]", "engram.SetMetrics", "An evaluation set's metrics, by its name under data."}}};
}

InputTable metrics() {
  return {"engram.SetMetrics",
          "The metrics of one evaluation set; the recipe's own ones stand beside these.",
          {{"accuracy", "number", "The share of right predictions."},
           {"macro_f1", "number", "The mean of the classes' F1."},
           {"loss", "number", "The mean cross-entropy, in nats; less is better."},
           {"drift", "number",
            "Only with waive = { \"original\" }: how far pooled representations have moved, as the "
            "mean cosine distance to the untouched model's; less is better."},
           {"kl", "number",
            "Only with waive = { \"original\" }: the mean divergence of the predictions from the "
            "untouched model's, in nats; less is better."},
           {"[string]", "number", "A metric of the recipe's own."}}};
}

InputTable metric_input() {
  return {"engram.ScoredSet",
          "A scored evaluation set. Lists run over its rows, in the order of the file.",
          {{"set", "string", "The set's name under data."},
           {"role", "\"new\"|\"original\"", "Whether it measures learning or forgetting."},
           {"count", "integer", "How many rows it has."},
           {"classes", "string[]", "Label names in the order of class indices, which count from 1."},
           {"labels", "integer[]", "Each row's right class, as an index into classes."},
           {"predictions", "integer[]", "Each row's predicted class, as an index into classes."},
           {"probabilities", "table<string, number[]>", "Each row's probability of a class, by label name."},
           {"groups", "string[]?", "Each row's group; nil unless the set names a group column."},
           {"confusion", "table<string, table<string, integer>>",
            "How many rows of a label were predicted as what: confusion[label][predicted]."},
           {"counts", "engram.Counts", "How often each class occurs, is predicted, and is predicted rightly."}}};
}

InputTable counts() {
  return {"engram.Counts",
          "Numbers of rows by label name.",
          {{"labels", "table<string, integer>", "Rows that have this label."},
           {"predictions", "table<string, integer>", "Rows that were predicted as this."},
           {"right", "table<string, integer>", "Rows that have this label and were predicted as it."}}};
}

InputTable stop_decision() {
  return {"engram.StopDecision",
          "What a stopping rule may return instead of a reason.",
          {{"reason", "string", "Why; it stands in the report."},
           {"rollback", "boolean?", "The newest evaluation is refused: the result is the best one before it."},
           {"cut", "number?",
            "With rollback: the run goes on instead, from the last saved training state whose evaluation was not "
            "refused, at so much of its learning rate (0.5 halves it)."}}};
}

InputTable grid() {
  return {"engram.Grid",
          "A sweep, for engram.grid.",
          {{"over", "table<string, (number|string|boolean)[]>", "The values of each axis, by its name."},
           {"recipe", "fun(p: table<string, any>): engram.Recipe",
            "Called with each point: `p.<axis>` is its value there. It returns the point's recipe."}}};
}

}  // namespace

const std::vector<InputTable>& input_tables() {
  static const std::vector<InputTable> tables = {schedule_input(), score_input(),   stop_input(),
                                                 evaluation(),     metrics(),       metric_input(),
                                                 counts(),         stop_decision(), grid()};
  return tables;
}

const std::vector<FunctionKind>& function_kinds() {
  static const std::vector<FunctionKind> kinds = {
      {"engram.Schedule", "schedule", "s", "engram.ScheduleInput", "number|table<string, number>",
       "Called before each optimizer step. It returns the factor of train.learning_rate, from 0 on, or a table that "
       "also scales numbers of strategies; a factor of 1 leaves a number as the recipe sets it. `engram plan` lists "
       "the "
       "numbers that a run's strategies take from a schedule.",
       "schedule = function(s) return { lr = 1 - s.step / s.steps, [\"ewc.lambda\"] = math.min(1, s.step / 100) } "
       "end,"},
      {"engram.Score", "score", "m", "engram.ScoreInput", "number",
       "Called after each evaluation. It returns one finite number, larger is better: the checkpoint with the largest "
       "score is the result.",
       "score = function(m) return m.new.accuracy - 2 * math.max(0, m.baseline.original.accuracy - "
       "m.original.accuracy) end,"},
      {"engram.Stop", "stop", "h", "engram.StopInput", "false|nil|string|engram.StopDecision",
       "Called after each evaluation and its score, that of the untouched model at step 0 included. It returns false "
       "to "
       "go on, a reason to stop, or a table that also says which weights are the result.",
       "stop = function(h) return h.last.score < h.best.score - 0.02 and \"the score fell by two points\" end,"},
      {"engram.MetricFunction", "metrics", "e", "engram.ScoredSet", "number|table<string, number>",
       "Called with each evaluation set at each evaluation. It returns a number, or numbers by name: as the metric "
       "spread, { "
       "low = 1, high = 2 } becomes spread_low and spread_high. Sets of other tasks have other classes: for a set that "
       "a "
       "metric does not fit it returns {}, and that set goes without it. Which numbers a set has may depend on e.role, "
       "e.set and e.classes alone; a class without rows must not divide by zero.",
       "metrics = { recall = function(e) if e.role ~= \"new\" then return {} end return e.counts.right.angry / "
       "math.max(1, e.counts.labels.angry) end },"}};
  return kinds;
}

}  // namespace engram::script

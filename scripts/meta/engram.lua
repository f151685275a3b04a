---@meta _
-- Types for Lua editors (LuaCATS): recipes, what their functions get, the library, the strategies.
-- Written by `engram docs types` from the declarations that check recipes; `make docs` writes it anew.

---What a recipe returns.
---@class engram.Recipe
---@field model string The pretrained model: a folder in Hugging Face layout, or org/name[@revision] in the Hugging Face cache (see `engram pull`). A relative path starts at the recipe's folder, and a folder that is there wins. (a string that is not empty; compulsory)
---@field adapter? string An adapter to go on training from: a folder in PEFT's format, made by peft or engram, org/name in the Hugging Face cache, or a run that ended with one. The strategies must plan what it holds (sites, ranks, scales, virtual tokens), and the model must be the one it was trained on; the trained task's head begins as the adapter's, the optimizer afresh. A relative path starts at the recipe's folder. (a string that is not empty; without it: none: strategies begin afresh)
---@field tasks table<string, engram.Task> What is predicted, by task, and where each head comes from. (a table of tasks by name, such as { topics = { kind = "classification" } }; compulsory)
---@field data table<string, engram.DataSet> The data sets by name: their files, columns and use. At least one trains, one evaluates the new task, and one the original task. (a table of data sets by name, such as { train = { "train.csv", ... } }; compulsory)
---@field strategies? engram.Strategy[] The plugins that shape the training, in the order in which they apply. (a list of tables such as { "lora", rank = 8 }; without it: none: every weight trains)
---@field train engram.Train How long, at which rate, in what portions and where it trains. (a table with at least learning_rate; compulsory)
---@field checkpoints? engram.Checkpoints When a training state is saved, and how many are kept; the best is always kept. (a table; without it: two states, saved after each epoch)
---@field metrics? table<string, engram.MetricFunction|engram.Metric> Metrics of your own, by name: measured on every evaluation set, beside accuracy, macro_f1 and loss. (a table of functions by name, such as { recall = function(e) ... end }; without it: none)
---@field schedule? engram.Schedule The factor of train.learning_rate at each step, and the factors of strategies' numbers. (a function, or one made by engram.schedule; without it: constant: the rate as written)
---@field score? engram.Score One number for a checkpoint, larger is better: what the new task is worth against the original one. (a function, or one made by engram.score; without it: the new task's accuracy; compulsory once both tasks are evaluated)
---@field stop? engram.Stop Asked after each evaluation whether the run ends, and with which weights. (a function, or one made by engram.stop; without it: never: all epochs are trained)
---@field waive? ("original" | "adapter_base" | "new_task_alone" | "over_training" | "under_training" | "one_rate" | "rate_too_high" | "rate_too_low" | "batch_and_rate" | "warm_up" | "rank" | "embedding_decay" | "shared_rows" | "small_original" | "accuracy_only" | "cut_texts")[] What the run goes without: 'original', an evaluation set of the original task (drift of the representation and KL to the untouched model are measured instead); 'adapter_base', that the adapter was trained on this very model; and advice that has been considered and is not to be given again. (a list that may hold 'original', 'adapter_base' and short names of advice: original, adapter_base, new_task_alone, over_training, under_training, one_rate, rate_too_high, rate_too_low, batch_and_rate, warm_up, rank, embedding_decay, shared_rows, small_original, accuracy_only, cut_texts; without it: nothing)

---A recipe's tasks.<name>.
---@class engram.Task
---@field kind? "classification" The kind of task. ('classification'; without it: "classification")
---@field head? "fresh"|"from model"|engram.Probe Where the head comes from: a fresh one, the model folder's own, or a linear head fitted on a data set before the run. ('fresh', 'from model', { probe = "a data set" }; without it: "fresh")
---@field labels? string[] Label names in the order of class indices, two or more. (a list of strings; without it: those of the head, or of the training data, sorted)
---@field reference_score? number The accuracy that counts as having learnt the task, for the gained share and the crossover. (a number above 0 to 1; without it: 1)

---A recipe's tasks.<name>.head.
---@class engram.Probe
---@field probe string The data set on which the head is fitted: of the same task, and no evaluation set. (a string that is not empty; compulsory)

---A recipe's data.<name>.
---@class engram.DataSet
---@field [1] string The file; a relative path starts at the recipe's folder. (a file's name; compulsory)
---@field task string The task that the labels belong to: a name under tasks. (a string that is not empty; compulsory)
---@field use "train"|"evaluate"|"strategies" Whether its rows train, are scored, or are there for strategies and probes. ('train', 'evaluate', 'strategies'; compulsory)
---@field role? "new"|"original" Whether an evaluation set measures learning (new) or forgetting (original). ('new', 'original'; without it: "new")
---@field format? "by extension"|"csv"|"tsv"|"json lines"|"parquet"|"label lines" How the file is laid out; label lines: LABEL text on each line, without columns. ('by extension', 'csv', 'tsv', 'json lines', 'parquet', 'label lines'; without it: "by extension")
---@field text string|integer|(string|integer)[] The text: one column, or several that are joined by a space. Label lines have none. (a column's name, or its position counted from 1, or a list of them; compulsory)
---@field pair? string|integer|(string|integer)[] The second text of a sentence pair. (a column's name, or its position counted from 1, or a list of them; without it: none: single texts)
---@field label? string|integer The column of labels. (a column's name, or its position counted from 1; without it: compulsory where use is "train" or "evaluate")
---@field group? string|integer The column that says which part of the set a row belongs to: e.groups of own metrics. (a column's name, or its position counted from 1; without it: none: e.groups is nil)
---@field label_names? table<string|integer, string> Names for the label values of the file. (a table from label values to names, or a list of names from value 1 on; without it: the values are the names)
---@field header? boolean Whether the first row of CSV and TSV names the columns; without one, columns are positions. (true or false; without it: true)
---@field delimiter? string What stands between the values of a row. (a string of one character; without it: "," for CSV, a tab for TSV)
---@field quoting? boolean Whether " quotes values. (true or false; without it: true for CSV, false for TSV)
---@field encoding? "utf-8"|"iso-8859-1" How the characters of the file are written. ('utf-8', 'iso-8859-1'; without it: "utf-8")
---@field label_until? string Of a label, only what stands before this character is kept. (a string of one character; without it: all of it)
---@field rows? integer Only the first so many rows are read. (a whole number at least 1; without it: all)

---A recipe's train.
---@class engram.Train
---@field epochs? number Passes over the training data; a fraction is fine. (a number above 0; without it: 3)
---@field batch_size? integer Examples per micro-batch. (a whole number from 1 to 65536; without it: 16)
---@field accumulation? integer Micro-batches per optimizer step. (a whole number from 1 to 65536; without it: 1)
---@field learning_rate number The rate that the schedule scales: about 2e-5 for full fine-tuning, 5e-4 for LoRA. (a number above 0; compulsory)
---@field weight_decay? number Decoupled weight decay; biases and norms are left out. (a number at least 0; without it: 0)
---@field beta1? number AdamW's decay of the mean of gradients. (a number from 0 to below 1; without it: 0.9)
---@field beta2? number AdamW's decay of the mean of squared gradients. (a number from 0 to below 1; without it: 0.999)
---@field epsilon? number AdamW's epsilon, in the denominator of an update. (a number above 0; without it: 1e-08)
---@field clip? number The largest global norm of the gradient; 0 switches clipping off. (a number at least 0; without it: 1)
---@field max_length? integer Tokens per sequence, special tokens included; longer texts are cut, and counted. (a whole number from 3 to 1048576; without it: 128)
---@field precision? "fp32"|"bf16" Of the forward and backward pass; bf16: matrix products, with parameters and reductions in fp32. ('fp32', 'bf16'; without it: "fp32")
---@field device? "auto"|"cpu"|"cuda" Where it runs; auto takes a GPU where there is one. ('auto', 'cpu', 'cuda'; without it: "auto")
---@field threads? integer CPU threads; 0: every core that the process may use. (a whole number from 0 to 4096; without it: 0)
---@field seed? integer The seed of data order, dropout, fresh heads, strategies and math.random. (a whole number at least 0; without it: 42)
---@field dropout? number Replaces every dropout probability of the base model. (a number from 0 to below 1; without it: the model's own)
---@field evaluations_in_first_epoch? integer Evaluations spread over the first epoch, where most is forgotten, beside that of step 0 and the one that ends each epoch. (a whole number from 0 to 1000; without it: 4)
---@field evaluation_batch_size? integer Examples per batch when scoring; it changes the speed alone. (a whole number from 1 to 65536; without it: 32)
---@field spikes? engram.Spikes What becomes of a step whose gradient norm (before clipping) or loss is far above those before it, or is not finite. Its update is left out in any case, and events.jsonl names the step and its rows. (a table; without it: spikes are trained on, and what is not finite ends the run)

---A recipe's train.spikes.
---@class engram.Spikes
---@field action? "skip"|"cut"|"roll back" skip: nothing more; cut: the learning rate is cut from there on; roll back: training also goes back to the last training state that was saved at an evaluation (until there is one: cut). ('skip', 'cut', 'roll back'; without it: "skip")
---@field factor? number A spike is above so many times the mean of the steps before it. (a number above 1; without it: 10)
---@field window? integer Steps in that mean: the last so many that were no spikes. Until there are so many, only what is not finite is a spike. (a whole number from 1 to 65536; without it: 50)
---@field cut? number What the learning rate is multiplied with; unused by skip. (a number above 0 to below 1; without it: 0.5)
---@field most? integer Spikes in a run; one more ends it with exit code 6. (a whole number from 1 to 65536; without it: 10)

---A recipe's checkpoints.
---@class engram.Checkpoints
---@field every? "epoch"|"evaluation" When a training state is saved, besides the end of the run: where a run resumes, and where a stopping rule that cuts the rate goes back to. ('epoch', 'evaluation'; without it: "epoch")
---@field keep_last? integer Newest checkpoints kept, beside the best. (a whole number from 1 to 1000; without it: 2)

---A recipe's metrics.<name>.
---@class engram.Metric
---@field [1] engram.MetricFunction The function, called with the scored examples of each evaluation set: it returns a number, or numbers by name, which become name_key, or {} for a set that it does not fit. (a function of the scored examples, or { function, better = "smaller" }; compulsory)
---@field better? "larger"|"smaller" Whether larger or smaller values are better, for scores and stopping rules of the library. ('larger', 'smaller'; without it: "larger")

---What a schedule knows. It never sees the loss of a step: what it reads are finished evaluations.
---@class engram.ScheduleInput
---@field step integer Optimizer steps done before this one, from 0: a warm-up of s.step / 20 makes the first update one of rate 0, and (s.step + 1) / 20 does not.
---@field steps integer Optimizer steps of the whole run.
---@field epoch number Epochs done, with their fraction.
---@field epochs number Epochs of the whole run.
---@field evaluations integer How many evaluations there have been, step 0 included.
---@field history engram.Evaluation[] The evaluations, oldest first.
---@field state table<string|integer, any> A table of the schedule's own, empty at first, so that a count is read as (s.state.cuts or 0); kept between calls and in checkpoints: numbers, strings, booleans, plain tables.

---The metrics of one evaluation, read as `m.<set>.<metric>`.
---@class engram.ScoreInput
---@field baseline table<string, engram.SetMetrics> The untouched model's metrics, read as `m.baseline.<set>.<metric>`.
---@field [string] engram.SetMetrics An evaluation set, by its name under data.

---The run so far.
---@class engram.StopInput
---@field last engram.Evaluation The newest evaluation, which is also the last entry of h.history.
---@field best engram.Evaluation The evaluation with the largest score, the first among equals.
---@field baseline table<string, engram.SetMetrics> The untouched model's metrics, read as `h.baseline.<set>.<metric>`.
---@field evaluations integer How many evaluations there have been, step 0 included.
---@field history engram.Evaluation[] The evaluations, oldest first; the newest is h.history[#h.history].
---@field step integer Optimizer steps done; 0 at the first call.
---@field steps integer Optimizer steps of the whole run.
---@field seconds number Seconds since the run began, over all its sittings.
---@field state table<string|integer, any> A table of the rule's own, empty at first, so that a count is read as (h.state.falls or 0); kept between calls and in checkpoints: numbers, strings, booleans, plain tables.

---One evaluation of a run.
---@class engram.Evaluation
---@field step integer Optimizer steps done then.
---@field epoch number Epochs done then, with their fraction.
---@field score number What the recipe's score gave.
---@field [string] engram.SetMetrics An evaluation set's metrics, by its name under data.

---The metrics of one evaluation set; the recipe's own ones stand beside these.
---@class engram.SetMetrics
---@field accuracy number The share of right predictions.
---@field macro_f1 number The mean of the classes' F1.
---@field loss number The mean cross-entropy, in nats; less is better.
---@field drift number Only with waive = { "original" }: how far pooled representations have moved, as the mean cosine distance to the untouched model's; less is better.
---@field kl number Only with waive = { "original" }: the mean divergence of the predictions from the untouched model's, in nats; less is better.
---@field [string] number A metric of the recipe's own.

---A scored evaluation set. Lists run over its rows, in the order of the file.
---@class engram.ScoredSet
---@field set string The set's name under data.
---@field role "new"|"original" Whether it measures learning or forgetting.
---@field count integer How many rows it has.
---@field classes string[] Label names in the order of class indices, which count from 1.
---@field labels integer[] Each row's right class, as an index into classes.
---@field predictions integer[] Each row's predicted class, as an index into classes.
---@field probabilities table<string, number[]> Each row's probability of a class, by label name.
---@field groups? string[] Each row's group; nil unless the set names a group column.
---@field confusion table<string, table<string, integer>> How many rows of a label were predicted as what: confusion[label][predicted].
---@field counts engram.Counts How often each class occurs, is predicted, and is predicted rightly.

---Numbers of rows by label name.
---@class engram.Counts
---@field labels table<string, integer> Rows that have this label.
---@field predictions table<string, integer> Rows that were predicted as this.
---@field right table<string, integer> Rows that have this label and were predicted as it.

---What a stopping rule may return instead of a reason.
---@class engram.StopDecision
---@field reason string Why; it stands in the report.
---@field rollback? boolean The newest evaluation is refused: the result is the best one before it.
---@field cut? number With rollback: the run goes on instead, from the last saved training state whose evaluation was not refused, at so much of its learning rate (0.5 halves it).

---A sweep, for engram.grid.
---@class engram.Grid
---@field over table<string, (number|string|boolean)[]> The values of each axis, by its name.
---@field recipe fun(p: table<string, any>): engram.Recipe Called with each point: `p.<axis>` is its value there. It returns the point's recipe.

---Called before each optimizer step. It returns the factor of train.learning_rate, from 0 on, or a table that also scales numbers of strategies; a factor of 1 leaves a number as the recipe sets it. `engram plan` lists the numbers that a run's strategies take from a schedule.
---@alias engram.Schedule fun(s: engram.ScheduleInput): number|table<string, number>

---Called after each evaluation. It returns one finite number, larger is better: the checkpoint with the largest score is the result.
---@alias engram.Score fun(m: engram.ScoreInput): number

---Called after each evaluation and its score, that of the untouched model at step 0 included. It returns false to go on, a reason to stop, or a table that also says which weights are the result.
---@alias engram.Stop fun(h: engram.StopInput): false|nil|string|engram.StopDecision

---Called with each evaluation set at each evaluation. It returns a number, or numbers by name: as the metric spread, { low = 1, high = 2 } becomes spread_low and spread_high. Sets of other tasks have other classes: for a set that a metric does not fit it returns {}, and that set goes without it. Which numbers a set has may depend on e.role, e.set and e.classes alone; a class without rows must not divide by zero.
---@alias engram.MetricFunction fun(e: engram.ScoredSet): number|table<string, number>

---What `require "engram"` gives.
---@class engram.library
local engram = {}

---One recipe for each combination of values.
---@param grid engram.Grid
---@return engram.Grid
function engram.grid(grid) end

---Metrics of one's own, for the recipe's `metrics`: measured on every evaluation set beside accuracy, macro_f1 and loss, and read by scores and rules under the name that the recipe gives them.
---@class engram.library.metric
local metric = {}

---The mean of the classes' recalls (balanced accuracy): a rare class counts as much as a frequent one. Classes without rows are left out.
---```lua
---metric.macro_recall()
---```
---@return engram.MetricFunction|engram.Metric
function metric.macro_recall() end

---@class engram.metric.f_beta.Options
---@field class string The class's label name.
---@field beta? number The weight of recall against precision. (from 0 on; default 1)

---F of one class: with beta 2 recall counts twice as much as precision, with 0.5 half as much. Sets whose task does not have the class go without it.
---```lua
---metric.f_beta { class = "angry", beta = 2 }
---```
---@param options engram.metric.f_beta.Options
---@return engram.MetricFunction|engram.Metric
function metric.f_beta(options) end

---Matthews' correlation of labels and predictions, for any number of classes: 0 is guessing, 1 is perfect.
---```lua
---metric.matthews()
---```
---@return engram.MetricFunction|engram.Metric
function metric.matthews() end

---The accuracy of the group of rows with the lowest one. Groups come from `group = "column"` of the data set; a set without them is one group.
---```lua
---metric.worst_group_accuracy()
---```
---@return engram.MetricFunction|engram.Metric
function metric.worst_group_accuracy() end

---@class engram.metric.calibration_error.Options
---@field bins? integer How many bins. (from 1 to 1000; default 15)

---The expected calibration error: how far the model's confidence is from its accuracy, in equally wide bins of confidence (Guo et al. 2017). Less is better.
---```lua
---metric.calibration_error { bins = 15 }
---```
---@param options? engram.metric.calibration_error.Options
---@return engram.MetricFunction|engram.Metric
function metric.calibration_error(options) end

---How the learning rate, and numbers of strategies, change over a run. Most take `warmup`, the length of a linear rise from 0: the first update then has the rate 0. Lengths below 1 are shares of all steps (rounded up), from 1 on numbers of steps.
---@class engram.library.schedule
local schedule = {}

---@class engram.schedule.constant.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)

---The rate as written, after an optional warm-up.
---```lua
---schedule.constant { warmup = 100 }
---```
---@param options? engram.schedule.constant.Options
---@return engram.Schedule
function schedule.constant(options) end

---@class engram.schedule.linear.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field final? number The factor at the end. (from 0 on; default 0)

---Falls in a straight line, to 0 unless told otherwise.
---```lua
---schedule.linear { warmup = 0.1 }
---```
---@param options? engram.schedule.linear.Options
---@return engram.Schedule
function schedule.linear(options) end

---@class engram.schedule.cosine.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field cycles? number Number of waves; 0.5 falls once. (from 0 on; default 0.5)
---@field final? number The factor at the end. (from 0 on; default 0)

---Falls along half a cosine wave: slowly at first and at the end, quickly in between.
---```lua
---schedule.cosine { warmup = 0.06, final = 0.1 }
---```
---@param options? engram.schedule.cosine.Options
---@return engram.Schedule
function schedule.cosine(options) end

---@class engram.schedule.cosine_with_restarts.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field cycles? number How often it falls. (from 1 on; default 1)

---Falls along half a cosine wave to 0, jumps back to the full rate and falls again.
---```lua
---schedule.cosine_with_restarts { warmup = 0.06, cycles = 3 }
---```
---@param options? engram.schedule.cosine_with_restarts.Options
---@return engram.Schedule
function schedule.cosine_with_restarts(options) end

---@class engram.schedule.polynomial.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field power? number The power. (from 0 on; default 2)
---@field final? number The factor at the end. (from 0 on; default 0)

---Falls like a power of the share of steps that is left: power 1 is a straight line, 2 falls faster at first.
---```lua
---schedule.polynomial { power = 2, final = 0.01 }
---```
---@param options? engram.schedule.polynomial.Options
---@return engram.Schedule
function schedule.polynomial(options) end

---@class engram.schedule.inverse_sqrt.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field timescale? integer Steps over which it falls; left out: the warm-up's length, or 10,000 without one. (from 1 on)

---Falls like one over the square root of the step; needs no total number of steps.
---```lua
---schedule.inverse_sqrt { warmup = 100 }
---```
---@param options? engram.schedule.inverse_sqrt.Options
---@return engram.Schedule
function schedule.inverse_sqrt(options) end

---@class engram.schedule.warmup_stable_decay.Options
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field decay? number Length of the fall. (from 0 on; default 0.1)
---@field shape? "linear"|"cosine"|"1-sqrt" The curve of the fall. (default "cosine")
---@field final? number The factor at the end. (from 0 on; default 0)

---Rises, stays at the full rate for most of the run, and falls at its end.
---```lua
---schedule.warmup_stable_decay { warmup = 0.1, decay = 0.2, shape = "1-sqrt" }
---```
---@param options? engram.schedule.warmup_stable_decay.Options
---@return engram.Schedule
function schedule.warmup_stable_decay(options) end

---@class engram.schedule.slanted_triangular.Options
---@field cut? number Share of the steps that rise (cut_frac). (from 0 to 1; default 0.1)
---@field ratio? number How much smaller the lowest rate is. (from 1 on; default 32)

---A short rise and a long fall, both straight (ULMFiT, Howard and Ruder 2018).
---```lua
---schedule.slanted_triangular { cut = 0.1, ratio = 32 }
---```
---@param options? engram.schedule.slanted_triangular.Options
---@return engram.Schedule
function schedule.slanted_triangular(options) end

---@class engram.schedule.piecewise.Options
---@field points table Pairs of a place and the factor there, such as { 0.5, 0.1 }.
---@field unit? "share"|"steps"|"epochs" What places are counted in; share: 1 is the end of the run. (default "share")
---@field between? "lines"|"steps" Straight lines between points, or the last point's factor until the next. (default "lines")

---Goes through the points given, in straight lines or in steps; constant before the first and after the last.
---```lua
---schedule.piecewise { points = { { 0, 0.1 }, { 0.2, 1 }, { 1, 0 } } }
---```
---@param options engram.schedule.piecewise.Options
---@return engram.Schedule
function schedule.piecewise(options) end

---One schedule after the other. Each sees its own part as if it were the whole run: s.step from 0, s.steps its length. The last part may leave out its length.
---```lua
---schedule.sequence { { share = 0.3, schedule.constant() }, { schedule.cosine() } }
---```
---@param given table[]
---@return engram.Schedule
function schedule.sequence(given) end

---The product of several schedules' factors.
---```lua
---schedule.product { schedule.linear { warmup = 0.1 }, schedule.plateau { metric = "new.loss" } }
---```
---@param given engram.Schedule[]
---@return engram.Schedule
function schedule.product(given) end

---A schedule for each number: lr is the learning rate, "ewc.lambda" the setting of a strategy; each is a factor of what the recipe says.
---```lua
---schedule.each { lr = schedule.linear { warmup = 0.1 }, ["ewc.lambda"] = schedule.constant { warmup = 100 } }
---```
---@param given table<string, engram.Schedule>
---@return engram.Schedule
function schedule.each(given) end

---@class engram.schedule.plateau.Options
---@field metric? string What is watched; left out: the score.
---@field patience? integer Evaluations without improvement that are borne; the next one cuts. (from 0 on; default 10)
---@field cut? number What the rate is multiplied by. (from 0 to 1; default 0.1)
---@field threshold? number How much better than the best counts. (from 0 on; default 1e-04)
---@field threshold_mode? "relative"|"absolute" Whether the threshold is a share of the best or an amount. (default "relative")
---@field cooldown? integer Evaluations after a cut that do not count. (from 0 on; default 0)
---@field warmup? number Length of a linear rise from 0. (from 0 on; default 0)
---@field final? number The factor is never cut below it. (from 0 to 1; default 0)

---Cuts the rate when a metric has not improved for more than `patience` evaluations.
---```lua
---schedule.plateau { metric = "new.loss", patience = 2, cut = 0.5 }
---```
---@param options? engram.schedule.plateau.Options
---@return engram.Schedule
function schedule.plateau(options) end

---One number that weighs the new task against the original one; larger is better. The sign of metrics of which less is better (loss, kl, drift, and own ones declared so) is flipped, but for score.expression.
---@class engram.library.score
local score = {}

---@class engram.score.penalised.Options
---@field gain string What is to be gained.
---@field guard string What must not be lost against the untouched model.
---@field tolerance? number What may be lost at no cost. (from 0 on; default 0)
---@field weight? number What a lost point costs, in points gained. (from 0 on; default 1)

---gain - weight * max(0, lost - tolerance), where `lost` is what the guarded metric lost against the untouched model.
---```lua
---score.penalised { gain = "new.macro_f1", guard = "original.accuracy", tolerance = 0.01, weight = 2 }
---```
---@param options engram.score.penalised.Options
---@return engram.Score
function score.penalised(options) end

---The weighted mean of metrics.
---```lua
---score.weighted { ["new.accuracy"] = 2, ["original.accuracy"] = 1 }
---```
---@param given table<string, number>
---@return engram.Score
function score.weighted(given) end

---@class engram.score.harmonic.Options
---@field a string One metric.
---@field b string The other.

---The harmonic mean of two metrics: high only when both are. Metrics from 0 to 1, such as accuracy and macro_f1.
---```lua
---score.harmonic { a = "new.accuracy", b = "original.accuracy" }
---```
---@param options engram.score.harmonic.Options
---@return engram.Score
function score.harmonic(options) end

---The smallest of several metrics, so that the weakest one decides.
---```lua
---score.worst_case { "new.accuracy", "original.accuracy" }
---```
---@param given string[]
---@return engram.Score
function score.worst_case(given) end

---@class engram.score.constrained.Options
---@field gain string What is to be gained.
---@field guard string What must not be lost against the untouched model.
---@field lose_at_most number How much of the guarded metric may be lost. (from 0 on)

---The gain, as long as the guarded metric has lost no more than allowed against the untouched model; beyond it, -1000 less what is lost too much, so that the one nearest the limit is the best of those.
---```lua
---score.constrained { gain = "new.accuracy", guard = "original.accuracy", lose_at_most = 0.02 }
---```
---@param options engram.score.constrained.Options
---@return engram.Score
function score.constrained(options) end

---A formula over any set's metrics, as they are measured, and those of the untouched model (baseline.). + - * / ^, brackets, min, max, abs, sqrt.
---```lua
---score.expression "new.macro_f1 - 2 * max(0, baseline.original.accuracy - original.accuracy)"
---```
---@param given string
---@return engram.Score
function score.expression(given) end

---When a run ends before its last step. Rules are asked after each evaluation.
---@class engram.library.stop
local stop = {}

---Stops as soon as one of the rules does, with the reason of the first.
---```lua
---stop.any { stop.patience { evaluations = 3 }, stop.time { minutes = 30 } }
---```
---@param given engram.Stop[]
---@return engram.Stop
function stop.any(given) end

---Stops when all rules want to at the same evaluation; rolls back when one of them wants to.
---```lua
---stop.all { stop.steps { reach = 200 }, stop.patience { evaluations = 2 } }
---```
---@param given engram.Stop[]
---@return engram.Stop
function stop.all(given) end

---@class engram.stop.patience.Options
---@field evaluations integer How many evaluations without a rise. (from 1 on)
---@field min_delta? number What counts as a rise. (from 0 on; default 0)
---@field metric? string A metric to watch instead of the score.

---Stops when the score has not risen by more than min_delta above its best in so many evaluations in a row.
---```lua
---stop.patience { evaluations = 3, min_delta = 0.001 }
---```
---@param options engram.stop.patience.Options
---@return engram.Stop
function stop.patience(options) end

---@class engram.stop.minimum_improvement.Options
---@field least number The smallest gain worth going on for. (from 0 on)
---@field evaluations integer Over how many evaluations. (from 1 on)

---Stops when the score's best is less than `least` above what it was some evaluations ago, which ends a slow creep that patience would let run on.
---```lua
---stop.minimum_improvement { least = 0.005, evaluations = 3 }
---```
---@param options engram.stop.minimum_improvement.Options
---@return engram.Stop
function stop.minimum_improvement(options) end

---@class engram.stop.budget.Options
---@field metric string What must be kept.
---@field lose_at_most number How much of it may be lost. (from 0 on)
---@field cut? number Part of the rate to go on with. (from 0.001 to 0.999)
---@field tries? integer How often the rate is cut before the run ends; 3 unless told otherwise. (from 1 on)

---The forgetting budget: when a metric has lost more than allowed against the untouched model, the newest evaluation is refused and the run ends with the best one before it. With `cut` the run first goes on from the last saved state that kept the budget, at so much of its rate, up to `tries` times.
---```lua
---stop.budget { metric = "original.accuracy", lose_at_most = 0.03, cut = 0.5, tries = 3 }
---```
---@param options engram.stop.budget.Options
---@return engram.Stop
function stop.budget(options) end

---@class engram.stop.time.Options
---@field hours? number Hours. (from 0 on; default 0)
---@field minutes? number Minutes, added to the hours. (from 0 on; default 0)
---@field seconds? number Seconds, added to both. (from 0 on; default 0)

---Stops at the first evaluation after so much time, sittings before a resume included.
---```lua
---stop.time { minutes = 30 }
---```
---@param options? engram.stop.time.Options
---@return engram.Stop
function stop.time(options) end

---@class engram.stop.steps.Options
---@field reach integer The number of steps. (from 1 on)

---Stops at the first evaluation after so many optimizer steps.
---```lua
---stop.steps { reach = 500 }
---```
---@param options engram.stop.steps.Options
---@return engram.Stop
function stop.steps(options) end

---@class engram.stop.target.Options
---@field metric string What is watched.
---@field reach number The value wanted, as it is measured: of a loss, at most so much.

---Stops once a metric is as good as wanted.
---```lua
---stop.target { metric = "new.accuracy", reach = 0.95 }
---```
---@param options engram.stop.target.Options
---@return engram.Stop
function stop.target(options) end

---@class engram.stop.divergence.Options
---@field metric string What is watched.
---@field worse_by number How much worse than the best is too much. (from 0 on)

---Stops when a metric has become much worse than its best so far, the untouched model included. The newest evaluation is refused.
---```lua
---stop.divergence { metric = "new.loss", worse_by = 0.5 }
---```
---@param options engram.stop.divergence.Options
---@return engram.Stop
function stop.divergence(options) end

---@class engram.stop.after.Options
---@field evaluations integer The first evaluation at which it is asked. (from 1 on)
---@field rule function The rule.

---Asks a rule only from some evaluation on.
---```lua
---stop.after { evaluations = 4, rule = stop.patience { evaluations = 2 } }
---```
---@param options engram.stop.after.Options
---@return engram.Stop
function stop.after(options) end

---@class engram.stop.crossover.Options
---@field kind? "marginal"|"level" Which crossover. (default "marginal")
---@field new string What stands for the new task.
---@field original string What stands for the original task.
---@field new_floor? number What guessing reaches on the new task. (default 0)
---@field new_reference? number What counts as having learnt it. (default 1)
---@field original_floor? number What guessing reaches on the original task. (default 0)
---@field margin? number By how much, in shares, loss must exceed gain: what chance moves in small evaluation sets. (from 0 on; default 0)

---Stops where gain is paid for with loss. marginal: more was lost than learnt since the last evaluation; level: the retained share of the original task has fallen to the gained share of the new one.
---```lua
---stop.crossover { new = "new.accuracy", original = "original.accuracy", margin = 0.02 }
---```
---@param options engram.stop.crossover.Options
---@return engram.Stop
function stop.crossover(options) end

---A strategy of your own; `engram plugins docs NAME --format lua` writes its class.
---@class engram.strategy.own
---@field [1] string
---@field [string] any

---Lets lower blocks learn more slowly than upper ones, and sets the weight decay of each part.
---@class engram.strategy.discriminative_lr
---@field [1] "discriminative_lr"
---@field decay? number Block i of L learns at decay^(L - i) times the learning rate, embeddings at decay^(L + 1). (greater than 0 and at most 1; default 0.9)
---@field weight_decay? table<string, number> Weight decay by part: embeddings, blocks, pooler, head. Parts left out: train.weight_decay. (0 to 1000; default {})

---Keeps what the model says of its old tasks about new inputs; needs no data of theirs.
---@class engram.strategy.distillation
---@field [1] "distillation"
---@field weight? number Weight of the divergence beside the new task's loss; a schedule may scale it as distillation.weight. (0 to 1e+12; default 1)
---@field temperature? number Logits are divided by it, so that improbable classes count too. (0.01 to 1000; default 2)

---Holds weights near their old values, each as firmly as the original task needs it.
---@class engram.strategy.ewc
---@field [1] "ewc"
---@field data string The data set of the original task on which importance is measured.
---@field samples? integer Rows of it, a seeded choice; 0: all. (0 to 1e+09; default 500)
---@field lambda? number Strength of the pull, on importance of mean 1; a schedule may scale it as ewc.lambda. (0 to 1e+12; default 1)
---@field estimator? "automatic"|"exact"|"sampled"|"empirical"|"predicted"|"batched" How importance is estimated; automatic: exact up to 20 classes, sampled beyond. (default "automatic")
---@field batch_size? integer Rows measured at once; it changes the result of the batched estimator only. (1 to 65536; default 32)
---@field decay? number What the importance of earlier runs still counts, where the model brings it along. (0 to 1; default 1)
---@field embeddings? boolean Whether embeddings are held too. (default true)

---Freezes parts of the model, by depth or by name, and lets them go again step by step.
---@class engram.strategy.freezing
---@field [1] "freezing"
---@field keep? string Which blocks train: "last 4 blocks", with the pooler, or "first 2 blocks", with the embeddings. The rest of the model is frozen.
---@field embeddings? "frozen"|"trained" Whether the embeddings train, where keep says otherwise or nothing.
---@field freeze? string[]|string Patterns over parameter names: these never train, whatever keep says. (default {})
---@field train? string[]|string Patterns over parameter names: these train from the start, whatever keep and freeze say; without either, the rest of the model is frozen. (default {})
---@field every_epochs? number Gradual unfreezing: the next lower block starts to train after so many epochs, embeddings last. (greater than 0)
---@field every_steps? integer The same, counted in optimizer steps. (1 to 1e+09)

---Holds every weight near its old value, all equally firmly.
---@class engram.strategy.l2_sp
---@field [1] "l2_sp"
---@field strength? number Strength of the pull; a schedule may scale it as l2_sp.strength. (0 to 1e+12; default 0.1)

---Trains a low-rank update of chosen projections and leaves the model itself as it is.
---@class engram.strategy.lora
---@field [1] "lora"
---@field rank? integer Rank of the update: A is (rank, in), B is (out, rank). (1 to 512; default 8)
---@field alpha? number The update is scaled by alpha / rank. (greater than 0; default 32)
---@field dropout? number Dropout on the input of the update only. (at least 0 and less than 1; default 0.1)
---@field targets? string[]|string Names or dotted suffixes of linear sites; one string is a regular expression, or "all-linear". (default { "query", "value" })
---@field exclude? string[]|string Targets to leave out, written as targets are. (default {})
---@field layers? integer[] Only these blocks, counted from 0; empty: all. (0 to 1000; default {})
---@field rank_pattern? table<string, number> Other ranks for some targets, by the end of their names (a regular expression). (1 to 512; default {})
---@field alpha_pattern? table<string, number> Other alphas for some targets, likewise. (greater than 0; default {})
---@field rslora? boolean Scale by alpha / sqrt(rank) instead, so that high ranks learn as fast. (default false)
---@field dora? boolean Train the length of each row of the weight apart from its direction. (default false)
---@field init? "default"|"gaussian" First values of A: U(-1/sqrt(in), 1/sqrt(in)), or normal with deviation 1 / rank. (default "default")
---@field bias? "none"|"lora_only"|"all" Which biases of the model train too: none, those of the targets, or all. (default "none")

---Trains keys and values that stand before those of the text in every block.
---@class engram.strategy.prefix_tuning
---@field [1] "prefix_tuning"
---@field tokens? integer Virtual tokens; texts can be so many tokens shorter. (1 to 512; default 20)
---@field init? "random"|"activations" First values: random, or the keys and values of real tokens. (default "random")
---@field scale? number Standard deviation of random first values. (0 to 10; default 1)
---@field init_data? string For init = "activations": the data set with the real tokens.
---@field mlp? boolean Whether a two-layer network makes the keys and values while training. (default false)
---@field mlp_hidden? integer Hidden size of that network; left out: the width of the keys. (1 to 8192)

---Trains vectors that stand before the word embeddings of every text.
---@class engram.strategy.prompt_tuning
---@field [1] "prompt_tuning"
---@field tokens? integer Soft tokens; texts can be so many tokens shorter. (1 to 512; default 20)
---@field init? "random"|"vocabulary"|"text" First values: random, word embeddings of random tokens, or those of a text. (default "random")
---@field scale? number Standard deviation of random first values. (0 to 10; default 1)
---@field init_text? string For init = "text": cut or repeated to the number of tokens.

---Trains on some examples of the original task among those of the new one.
---@class engram.strategy.replay
---@field [1] "replay"
---@field data string The data set that is replayed, each example to its own task's head.
---@field share? number Share of replayed examples among all that a step sees. (greater than 0 and at most 0.9; default 0.1)
---@field rows? integer Only so many rows are ever replayed, a seeded choice; 0: all. (0 to 1e+09; default 0)

---After training, scores weights between the old and the new ones, and keeps the best.
---@class engram.strategy.weight_interpolation
---@field [1] "weight_interpolation"
---@field alphas? number[] Points that are scored: 0 is the model before training, 1 after it. (0 to 1; default { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 })

---One entry of a recipe's `strategies`.
---@alias engram.Strategy engram.strategy.discriminative_lr|engram.strategy.distillation|engram.strategy.ewc|engram.strategy.freezing|engram.strategy.l2_sp|engram.strategy.lora|engram.strategy.prefix_tuning|engram.strategy.prompt_tuning|engram.strategy.replay|engram.strategy.weight_interpolation|engram.strategy.own

---The clock and the date, and nothing else.
os = {}
---Seconds of CPU time.
---@return number
function os.clock() end
---The date and time, as Lua's os.date writes them.
---@param format? string
---@param time? number
---@return string|table
function os.date(format, time) end
---Refused in recipes: set train.seed.
---@deprecated
function math.randomseed() end
---Absent in recipes: memory is collected by itself
---@deprecated
function collectgarbage(...) end
---Absent in recipes: use require
---@deprecated
function dofile(...) end
---Absent in recipes: recipes share one fixed environment
---@deprecated
function getfenv(...) end
---Absent in recipes: recipes do not load code from strings
---@deprecated
function load(...) end
---Absent in recipes: use require
---@deprecated
function loadfile(...) end
---Absent in recipes: recipes do not load code from strings
---@deprecated
function loadstring(...) end
---Absent in recipes: use pairs, which walks in sorted order
---@deprecated
function next(...) end
---Absent in recipes: index with .
---@deprecated
function rawget(...) end
---Absent in recipes: assign with =
---@deprecated
function rawset(...) end
---Absent in recipes: recipes share one fixed environment
---@deprecated
function setfenv(...) end
---Absent in recipes: use pcall; tracebacks are added to every failure
---@deprecated
function xpcall(...) end

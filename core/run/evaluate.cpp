#include "run/evaluate.hpp"

#include <algorithm>

#include "base/whole_number.hpp"
#include "eval/metrics.hpp"
#include "model/known_ids.hpp"
#include "recipe/names.hpp"
#include "run/heads_in_use.hpp"
#include "run/recorded_sets.hpp"
#include "run/scored_data.hpp"
#include "run/whole_base.hpp"

namespace engram::run {
namespace {

// One set with its rows, ready to be scored by any model.
struct Loaded {
  model::Head head;
  data::Examples examples;
};

constexpr int64_t kLargestBatch = 65536;  // that a recipe may ask for

// As the run scored them, so that the numbers are those of its result.json.
eval::EvaluationSettings settings_of(const Opened& opened) {
  if (opened.manifest.is_null()) return {.probabilities = true};
  eval::EvaluationSettings settings{.probabilities = true};
  reading_manifest(opened.run, [&] {
    const Json& train = opened.manifest.at("recipe").at("train");
    const bool bf16 = train.at("precision") == recipe::name_of(recipe::kPrecisionNames, recipe::Precision::bf16);
    settings.batch_size = whole_number(train.at("evaluation_batch_size"));
    if (settings.batch_size < 1 || settings.batch_size > kLargestBatch) {
      throw DataError({.what = "recipe.train.evaluation_batch_size is " + std::to_string(settings.batch_size),
                       .where = (opened.run / "manifest.json").string(),
                       .allowed = "1 to " + std::to_string(kLargestBatch),
                       .fix = "put the manifest back that the run wrote"});
    }
    settings.precision = bf16 ? recipe::Precision::bf16 : recipe::Precision::fp32;
  });
  return settings;
}

eval::SetScores score_opened(Opened& opened, const Loaded& loaded, const eval::EvaluationSettings& settings) {
  std::optional<checkpoint::Attached> attached;
  if (opened.trained.adapter) attached.emplace(*opened.model, *opened.trained.adapter, loaded.head);
  return eval::evaluate(*opened.model, loaded.examples, settings);
}

Comparison with_majority(const Loaded& loaded) {
  std::map<int64_t, int64_t> counts;
  for (const int64_t label : loaded.examples.labels) ++counts[label];
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const size_t rows = loaded.examples.labels.size();
  Comparison comparison{.with = "always '" + loaded.head.labels.at(static_cast<size_t>(most->first)) + "'",
                        .answers = {.predictions = std::vector<int64_t>(rows, most->first), .losses = {}}};
  comparison.metrics = eval::classification_metrics(loaded.examples.labels, comparison.answers.predictions, {});
  comparison.metrics.erase("loss");
  return comparison;
}

// What stands in for the base of whatever was opened.
struct Base {
  model::Model* model = nullptr;  // null: there is none
  BaseHeads heads;
  std::filesystem::path folder;
  std::string trained_task;  // other tasks' heads were kept as they are; empty: not known
  WholeBase whole;           // holds `model` where what was opened is a whole model
};

// Before anything is attached: an adapter's head stays on a model that had none for its task.
Base find_base(const Opened& opened, const EvaluateRequest& request, Evaluated& evaluated) {
  Base base;
  if (opened.trained.provenance) base.trained_task = opened.trained.provenance->task;
  if (opened.trained.adapter) {
    base.model = opened.model.get();
    base.heads = heads_of_base(*opened.model, opened.base);
    base.folder = opened.base.folder;
    return base;
  }
  base.whole = base_of_whole_model(opened, request.open.base, request.open.other_base);
  evaluated.forced = base.whole.forced;
  evaluated.notes.insert(evaluated.notes.end(), base.whole.notes.begin(), base.whole.notes.end());
  base.model = base.whole.model.get();
  base.folder = base.whole.facts.folder;
  if (base.model != nullptr) {
    base.heads = heads_of_base(*base.model, base.whole.facts);
  } else {
    evaluated.notes.push_back("there is no base to compare with: " + base.whole.missing.what);
  }
  return base;
}

std::optional<Comparison> with_base(const Base& base, const Loaded& loaded, const eval::EvaluationSettings& settings) {
  if (base.model == nullptr) return {};
  Comparison comparison{.with = "the base"};
  std::optional<model::Head> head = base_head_for(base.heads, loaded.head);
  if (!head && !base.trained_task.empty() && loaded.head.task != base.trained_task) {
    head = loaded.head;
    comparison.with = "the base under the head that the run kept";
  }
  if (!head) return {};
  base.model->set_head(*head);
  eval::SetScores scores = eval::evaluate(*base.model, loaded.examples, settings);
  comparison.metrics = scores.metrics;
  comparison.answers = {.predictions = std::move(scores.predictions), .losses = std::move(scores.losses)};
  return comparison;
}

void settle(EvaluatedSet& set, Comparison comparison, const eval::Resampling& resampling) {
  const eval::Answers now{.predictions = set.scores.predictions, .losses = set.scores.losses};
  eval::Bootstrapped drawn = eval::bootstrap(set.labels, now, &comparison.answers, resampling);
  set.intervals = std::move(drawn.now);
  const eval::ChangedAnswers against_labels = eval::changed_answers(set.labels, set.labels, now.predictions);
  const auto rows = static_cast<int64_t>(set.labels.size());
  set.intervals["accuracy"] = eval::wilson_interval(rows - against_labels.worse, rows);
  comparison.differences = std::move(drawn.difference);
  comparison.changed = eval::changed_answers(set.labels, comparison.answers.predictions, now.predictions);
  comparison.p = eval::mcnemar_exact(comparison.changed);
  set.comparison = std::move(comparison);
}

std::vector<Loaded> load_sets(const std::vector<ScoredData>& data, const Opened& opened) {
  const std::vector<model::Head> heads = heads_of(opened);
  const data::Tokenizer tokenizer(opened.base.tokenizer_file);
  std::vector<Loaded> sets;
  Faults faults;
  for (const ScoredData& each : data) {
    try {
      const model::Head& head = head_for(each.set.task, heads, opened);
      sets.push_back({head, load_scored(each, head, heads, tokenizer, opened.trained.max_length)});
      model::require_known_ids(sets.back().examples.tokens, opened.model->view(), each.file.string());
    } catch (const DataError& error) {
      faults.add(error.faults());
    }
  }
  faults.raise<DataError>();
  return sets;
}

std::string words_without_base(const Base& base, const Loaded& loaded) {
  return base.folder.string() + " has no head for the task '" + loaded.head.task + "' (" +
         std::to_string(loaded.head.labels.size()) + " labels), so that the majority class stands in its place";
}

}  // namespace

Evaluated evaluate(const EvaluateRequest& request, at::Device device) {
  OpenRequest to_open = request.open;
  to_open.task.clear();
  to_open.base_of_whole = BaseOfWhole::left_to_caller;
  Opened opened = open(to_open, device);
  Faults faults;
  const std::vector<ScoredData> data = scored_data(opened, request.data, request.open.task, faults);
  faults.raise<DataError>();
  const std::vector<Loaded> loaded = load_sets(data, opened);
  Evaluated evaluated{.path = request.open.path,
                      .adapter = opened.trained.adapter ? opened.trained.adapter->peft_type : "",
                      .max_length = opened.trained.max_length,
                      .resampling = request.resampling,
                      .forced = opened.trained.forced,
                      .notes = opened.trained.notes};
  const Base base = find_base(opened, request, evaluated);
  evaluated.base = base.folder;
  const eval::EvaluationSettings settings = settings_of(opened);
  for (size_t i = 0; i < loaded.size(); ++i) {
    EvaluatedSet set{.name = data[i].set.name,
                     .file = data[i].file.string(),
                     .task = data[i].set.task,
                     .classes = loaded[i].head.labels,
                     .labels = loaded[i].examples.labels,
                     .truncated = loaded[i].examples.tokens.truncated,
                     .scores = score_opened(opened, loaded[i], settings)};
    std::optional<Comparison> comparison = with_base(base, loaded[i], settings);
    if (!comparison && base.model != nullptr) evaluated.notes.push_back(words_without_base(base, loaded[i]));
    settle(set, comparison ? std::move(*comparison) : with_majority(loaded[i]), request.resampling);
    evaluated.sets.push_back(std::move(set));
  }
  return evaluated;
}

}  // namespace engram::run

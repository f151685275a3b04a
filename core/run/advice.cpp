#include "run/advice.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <variant>

#include "advisor/advise.hpp"
#include "base/errors.hpp"
#include "run/rates.hpp"
#include "train/parameter_groups.hpp"

namespace engram::run {
namespace {

using advisor::Trained;

constexpr int64_t kSampledSteps = 200;
constexpr size_t kExamples = 3;
// A trunk of which less trains keeps nearly all of itself, as with biases alone.
constexpr double kTrainedTrunk = 0.01;

advisor::Guards guards_of(Preparation& prepared) {
  script::RecipeScript& script = prepared.script;
  const Json kept = script.state();
  std::set<std::string> score_reads, stop_reads;
  std::optional<RecipeError> runaway;  // takes seconds each time, and the run will tell of it
  const auto asked = [&](std::set<std::string>& reads, const auto& call) {
    script.watch_reads(&reads);
    if (runaway) throw RecipeError(*runaway);
    try {
      return call();
    } catch (const RecipeError& error) {
      if (script::ran_away(error)) runaway = error;
      throw;
    }
  };
  const auto afresh = [&](std::set<std::string>& reads, const auto& call) {
    script.restore(kept);
    return asked(reads, call);
  };
  const advisor::Rules rules = {
      .score = [&](const auto& now,
                   const auto& base) { return afresh(score_reads, [&] { return script.score(now, base); }); },
      .stop = [&](const auto& history) { return afresh(stop_reads, [&] { return script.stop(history); }); },
      .stop_next = [&](const auto& history) { return asked(stop_reads, [&] { return script.stop(history); }); }};
  std::vector<std::string> original;
  for (const recipe::DataSet& set : prepared.recipe().data) {
    const bool scored = set.use == recipe::DataUse::evaluate;
    if (scored && set.role == recipe::DataRole::original_task) original.push_back(set.name);
  }
  advisor::Guards guards = advisor::find_guards(rules, prepared.metric_names, original);
  script.watch_reads(nullptr);
  guards.score_reads.merge(score_reads);
  guards.stop_reads.merge(stop_reads);
  script.restore(kept);
  return guards;
}

// What trains beside heads, and how it is divided into rates.
struct TrunkFacts {
  int64_t trunk = 0;
  int64_t trained_trunk = 0;
  int64_t claimed = 0;
  bool all_from_start = true;
  bool one_scale = true;
  double scale = 0;  // of the first trained part of the trunk
  double weighted = 0;
};

TrunkFacts trunk_facts(const Preparation& prepared) {
  TrunkFacts facts;
  for (const sdk::Parameter& parameter : prepared.view.parameters) {
    if (parameter.role == sdk::Role::head) continue;
    const strategy::ResolvedTensor& tensor = *prepared.resolution.find(parameter.name);
    facts.trunk += tensor.count();
    facts.all_from_start = facts.all_from_start && tensor.trains_at(0, 0);
    if (!tensor.ever_trains()) continue;
    if (facts.trained_trunk == 0) facts.scale = tensor.rate_scale;
    facts.one_scale = facts.one_scale && tensor.rate_scale == facts.scale;
    facts.trained_trunk += tensor.count();
    facts.weighted += tensor.rate_scale * static_cast<double>(tensor.count());
  }
  for (const strategy::ResolvedTensor& tensor : prepared.resolution.tensors) {
    if (!tensor.claimed || !tensor.ever_trains()) continue;
    facts.claimed += tensor.count();
    facts.weighted += tensor.rate_scale * static_cast<double>(tensor.count());
  }
  return facts;
}

Trained trained(const Preparation& prepared, const TrunkFacts& facts) {
  const bool trunk = static_cast<double>(facts.trained_trunk) >= kTrainedTrunk * static_cast<double>(facts.trunk);
  if (facts.trained_trunk > facts.claimed && trunk) return Trained::trunk;
  if (!prepared.resolution.prefixes.empty() || prepared.resolution.prompt) return Trained::virtual_tokens;
  return prepared.resolution.adapters.empty() ? Trained::heads_only : Trained::adapters;
}

bool holds_on(const strategy::Resolution& resolution) {
  return !resolution.penalties.empty() || !resolution.mixes.empty() || !resolution.loss_terms.empty() ||
         !resolution.finishes.empty() || resolution.project.has_value();
}

advisor::TrainingFacts training_facts(Preparation& prepared) {
  const recipe::Train& train = prepared.recipe().train;
  const TrunkFacts trunk = trunk_facts(prepared);
  const int64_t moved = trunk.trained_trunk + trunk.claimed;
  advisor::TrainingFacts facts{.trained = trained(prepared, trunk),
                               .freezes = !trunk.all_from_start,
                               .held = holds_on(prepared.resolution),
                               .one_scale = trunk.one_scale,
                               .mean_scale = moved == 0 ? 1 : trunk.weighted / static_cast<double>(moved),
                               .epochs = train.epochs,
                               .learning_rate = train.learning_rate,
                               .epsilon = train.epsilon,
                               .batch_size = train.batch_size,
                               .accumulation = train.accumulation,
                               .rows = prepared.training_rows,
                               .steps = prepared.steps.total};
  double sum = 0;
  facts.peak_factor = 0;
  const auto results = schedule_at(prepared, spread_steps(prepared.steps, kSampledSteps));
  for (const recipe::ScheduleResult& result : results) {
    sum += result.rate_factor;
    facts.peak_factor = std::max(facts.peak_factor, result.rate_factor);
  }
  facts.first_factor = results.front().rate_factor;
  facts.mean_factor = sum / static_cast<double>(results.size());
  return facts;
}

std::string setting_of(const Preparation& prepared, const std::string& strategy, const std::string& option) {
  const std::vector<recipe::StrategyEntry>& entries = prepared.recipe().strategies;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].id == strategy) return "strategies[" + std::to_string(i + 1) + "]." + option;
  }
  return "strategies";
}

// The low-rank part of an adapter, or nullptr.
const sdk::LowRank* low_rank(const sdk::Adapt& adapt) {
  if (const auto* plain = std::get_if<sdk::LowRank>(&adapt.adapter)) return plain;
  const auto& custom = std::get<sdk::Custom>(adapt.adapter);
  return custom.low_rank.a.empty() ? nullptr : &custom.low_rank;
}

std::vector<advisor::LowRankSite> low_rank_sites(const Preparation& prepared) {
  std::vector<advisor::LowRankSite> sites;
  for (const strategy::ResolvedAdapter& adapter : prepared.resolution.adapters) {
    const sdk::LowRank* part = low_rank(adapter.adapt);
    if (part == nullptr) continue;
    const auto* a = prepared.resolution.find(adapter.strategy + "." + part->a);
    const auto* b = prepared.resolution.find(adapter.strategy + "." + part->b);
    sites.push_back({.site = adapter.adapt.site,
                     .rank = a->shape.front(),
                     .smaller_side = std::min(a->shape.back(), b->shape.front()),
                     .setting = setting_of(prepared, adapter.strategy, "rank")});
  }
  return sites;
}

std::vector<advisor::DecayedTable> decayed_tables(const Preparation& prepared) {
  std::vector<advisor::DecayedTable> tables;
  for (const sdk::EmbeddingSite& site : prepared.view.embedding_sites) {
    const strategy::ResolvedTensor* tensor = prepared.resolution.find(site.name + ".weight");
    if (tensor == nullptr || !tensor->ever_trains() || !train::decays(tensor->name)) continue;
    const double decay = tensor->weight_decay.value_or(prepared.recipe().train.weight_decay);
    if (decay <= 0 || site.vocabulary != prepared.view.vocabulary) continue;
    tables.push_back({.name = tensor->name,
                      .rows = site.vocabulary,
                      .weight_decay = decay,
                      .scale = tensor->rate_scale,
                      .setting = tensor->weight_decay ? "strategies" : "train.weight_decay"});
  }
  return tables;
}

std::string row_name(const SetFacts& set, int64_t line) {
  return std::filesystem::path(set.set->file).filename().string() + ":" + std::to_string(line);
}

advisor::SharedRows shared_rows(const SetFacts& evaluated, const SetFacts& used) {
  std::unordered_map<uint64_t, int64_t> lines;
  for (size_t i = 0; i < used.content.hashes.size(); ++i) lines.emplace(used.content.hashes[i], used.content.lines[i]);
  advisor::SharedRows shared{.evaluated = evaluated.set->name,
                             .used = used.set->name,
                             .trains = used.set->use == recipe::DataUse::train,
                             .of = evaluated.content.rows};
  for (size_t i = 0; i < evaluated.content.hashes.size(); ++i) {
    const auto found = lines.find(evaluated.content.hashes[i]);
    if (found == lines.end()) continue;
    ++shared.rows;
    if (shared.examples.size() == kExamples) continue;
    shared.examples.push_back(row_name(evaluated, evaluated.content.lines[i]) + " = " + row_name(used, found->second));
  }
  return shared;
}

int64_t rows_in_file(const SetFacts& set) {
  if (!set.set->rows) return set.rows.rows;
  recipe::DataSet whole = *set.set;
  whole.rows.reset();
  return data::count_rows(whole, set.file).rows;
}

advisor::EvaluationFacts evaluation_facts(const SetFacts& set) {
  advisor::EvaluationFacts facts{.name = set.set->name,
                                 .original = set.set->role == recipe::DataRole::original_task,
                                 .rows = set.rows.rows,
                                 .rows_in_file = rows_in_file(set)};
  int64_t most = 0;
  for (const auto& [label, count] : set.content.labels) {
    if (count <= most) continue;
    most = count;
    facts.frequent_label = label;
  }
  if (set.content.rows > 0) facts.frequent_share = static_cast<double>(most) / static_cast<double>(set.content.rows);
  return facts;
}

void add_rows(const Preparation& prepared, advisor::Facts& facts) {
  for (const SetFacts& set : prepared.sets) {
    facts.texts.push_back(
        {.name = set.set->name, .rows = set.content.rows, .cut = set.content.too_long, .words = set.content.words});
    if (set.set->use != recipe::DataUse::evaluate) continue;
    facts.evaluation.push_back(evaluation_facts(set));
    for (const SetFacts& used : prepared.sets) {
      if (used.set->use != recipe::DataUse::evaluate) facts.shared.push_back(shared_rows(set, used));
    }
  }
}

// An override's place is the command line, every other setting's the line that holds it or what it belongs to.
std::string place_of(const Preparation& prepared, const std::string& setting) {
  for (const auto& [path, value] : prepared.recipe().overrides) {
    if (path == setting) return "--set " + path;
  }
  return prepared.script.place(setting).text();
}

}  // namespace

advisor::Facts advice_facts(Preparation& prepared) {
  const recipe::Recipe& recipe = prepared.recipe();
  advisor::Facts facts{.training = training_facts(prepared),
                       .max_length = recipe.train.max_length,
                       .max_positions = prepared.view.max_positions,
                       .has_strategies = !recipe.strategies.empty(),
                       .guards = prepared.guards,
                       .low_rank = low_rank_sites(prepared),
                       .decayed_tables = decayed_tables(prepared),
                       .waived = recipe.waived_advice};
  add_rows(prepared, facts);
  return facts;
}

void give_advice(Preparation& prepared) {
  prepared.guards = guards_of(prepared);
  prepared.advice = advisor::advise(advice_facts(prepared));
  for (advisor::Advice& advice : prepared.advice) advice.place = place_of(prepared, advice.setting);
}

void refuse_advice(const std::vector<advisor::Advice>& advice) {
  Faults faults;
  for (const advisor::Advice& one : advice) {
    faults.add({.what = one.setting + ": " + one.reason,
                .where = one.place,
                .fix = one.change + "; or, if it is meant so, waive = { \"" + one.name + "\" }"});
  }
  faults.raise<RecipeError>();
}

}  // namespace engram::run

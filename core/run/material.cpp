#include "run/material.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/seeds.hpp"
#include "base/text.hpp"
#include "checkpoint/checksums.hpp"
#include "kernels/device.hpp"
#include "model/known_ids.hpp"
#include "model/tensors_hash.hpp"
#include "run/plan_warnings.hpp"
#include "train/probe.hpp"

namespace engram::run {
namespace {

data::Examples load_set(const Preparation& prepared, const SetFacts& facts, const data::Tokenizer& tokenizer) {
  return data::load_examples(*facts.set, facts.file, tokenizer, prepared.recipe().train.max_length,
                             prepared.task(facts.set->task).labels);
}

void append(data::Examples& all, data::Examples more) {
  if (all.size() == 0) {
    all = std::move(more);
    return;
  }
  const int64_t shift = all.tokens.offsets.back();
  all.tokens.ids.insert(all.tokens.ids.end(), more.tokens.ids.begin(), more.tokens.ids.end());
  all.tokens.type_ids.insert(all.tokens.type_ids.end(), more.tokens.type_ids.begin(), more.tokens.type_ids.end());
  for (size_t i = 1; i < more.tokens.offsets.size(); ++i) all.tokens.offsets.push_back(more.tokens.offsets[i] + shift);
  all.tokens.truncated += more.tokens.truncated;
  all.labels.insert(all.labels.end(), more.labels.begin(), more.labels.end());
  all.row_hashes.insert(all.row_hashes.end(), more.row_hashes.begin(), more.row_hashes.end());
  all.name += "+" + more.name;
  all.file_hash += "+" + more.file_hash;
  all.content_hash += "+" + more.content_hash;
}

int64_t count_shared(const data::Examples& examples, const data::Examples& with) {
  const std::unordered_set<uint64_t> hashes(with.row_hashes.begin(), with.row_hashes.end());
  const auto& rows = examples.row_hashes;
  return std::count_if(rows.begin(), rows.end(), [&](const uint64_t hash) { return hashes.contains(hash); });
}

std::string shared_text(int64_t shared, const data::Examples& examples, const std::string& name,
                        const std::string& purpose, const data::Examples& with) {
  return text::thousands(shared) + " of the " + text::thousands(examples.size()) + " rows of data." + name +
         " also stand in " + purpose + " (" + with.name + ")";
}

// Rows that are scored must not be among those that train, are mixed in, or are measured from. Advice has said so of
// files that were read whole before.
void warn_of_shared_rows(const Preparation& prepared, Material& material, const data::Examples& used,
                         const std::string& purpose) {
  const auto& sets = prepared.sets;
  if (std::all_of(sets.begin(), sets.end(), [](const SetFacts& set) { return set.content.whole; })) return;
  for (const EvaluationSet& set : material.evaluation) {
    const int64_t shared = count_shared(set.examples, used);
    if (shared == 0) continue;
    material.warnings.push_back(shared_text(shared, set.examples, set.set->name, purpose, used) +
                                ", so its scores are flattered");
  }
}

void warn_of_trained_rows(Material& material, const data::Examples& examples) {
  const int64_t shared = count_shared(examples, material.training);
  if (shared == 0) return;
  material.warnings.push_back(shared_text(shared, examples, examples.name, "the training data", material.training));
}

void warn_of_truncation(Material& material, const data::Examples& examples, int64_t max_length) {
  if (examples.tokens.truncated == 0) return;
  material.warnings.push_back(
      text::thousands(examples.tokens.truncated) + " of " + text::thousands(examples.size()) + " texts of data." +
      examples.name + " are longer than train.max_length = " + std::to_string(max_length) + " tokens and were cut");
}

void require_labels(const data::Examples& examples, const SetFacts& facts) {
  if (std::find(examples.labels.begin(), examples.labels.end(), -1) == examples.labels.end()) return;
  throw DataError({.what = "data." + examples.name + " has no labels, and a set that trains or evaluates needs them",
                   .where = facts.set->place.text(),
                   .fix = "name its label column: label = \"...\""});
}

void give_heads(const Preparation& prepared, const data::Tokenizer& tokenizer, Material& material,
                const std::function<void(const std::string&)>& phase) {
  const recipe::Recipe& recipe = prepared.recipe();
  for (const recipe::Task& task : recipe.tasks) {
    const TaskFacts& facts = prepared.task(task.name);
    if (task.head == recipe::HeadSource::fresh) {
      const uint64_t seed = derive_seed(static_cast<uint64_t>(recipe.train.seed), "head:" + task.name);
      material.model->add_fresh_head(task.name, facts.labels, kernels::make_generator(at::kCPU, seed));
    } else if (task.head == recipe::HeadSource::probe) {
      for (const SetFacts& set : prepared.sets) {
        if (set.set->name != task.probe_data) continue;
        const data::Examples examples = load_set(prepared, set, tokenizer);
        require_labels(examples, set);
        phase("fitting a head for " + task.name + " on " + text::thousands(examples.size()) + " rows of data." +
              set.set->name);
        // Training sets and those of strategies were compared before.
        if (set.set->use == recipe::DataUse::strategies && !material.strategy_sets.contains(set.set->name)) {
          warn_of_shared_rows(prepared, material, examples, "the data that a probe is fitted on");
        }
        material.model->set_head(
            train::fit_probe(*material.model, examples, facts.labels, recipe.train.evaluation_batch_size));
      }
    }
  }
}

// The folder's unnamed head is that of the task which takes its head from the model and finds none of its name.
std::string task_of_unnamed_head(const Preparation& prepared) {
  for (const recipe::Task& task : prepared.recipe().tasks) {
    const auto named = [&](const auto& head) { return head.task == task.name; };
    const auto& heads = prepared.folder.heads;
    if (task.head == recipe::HeadSource::from_model && std::none_of(heads.begin(), heads.end(), named))
      return task.name;
  }
  return "original";
}

void load_strategy_sets(const Preparation& prepared, const data::Tokenizer& tokenizer, Material& material) {
  for (const std::string& name : prepared.resolution.data_sets()) {
    for (const SetFacts& facts : prepared.sets) {
      if (facts.set->name != name) continue;
      data::Examples examples = load_set(prepared, facts, tokenizer);
      model::require_known_ids(examples.tokens, prepared.view, "data." + examples.name);
      if (facts.set->use == recipe::DataUse::strategies) {
        warn_of_truncation(material, examples, prepared.recipe().train.max_length);
        warn_of_shared_rows(prepared, material, examples, "the data that strategies use");
        warn_of_trained_rows(material, examples);
      }
      material.strategy_sets.emplace(name, std::move(examples));
    }
  }
}

}  // namespace

train::MixedData Material::mixed(const strategy::Resolution& resolution) const {
  train::MixedData mixed;
  for (const auto& owned : resolution.mixes) mixed[owned.claim.data] = &strategy_sets.at(owned.claim.data);
  return mixed;
}

std::function<std::vector<int64_t>(const std::string&)> tokenizer_of(const Preparation& prepared) {
  const auto tokenizer = std::make_shared<data::Tokenizer>(prepared.folder.tokenizer_file);
  return [tokenizer](const std::string& text) {
    // Long enough for any text: the strategy cuts or repeats it as it needs.
    constexpr int64_t kNoLimit = 1 << 20;
    const auto& ids = tokenizer->encode({text}, {}, kNoLimit).ids;
    return std::vector<int64_t>(ids.begin(), ids.end());
  };
}

Material load_material(const Preparation& prepared, at::Device device,
                       const std::function<void(const std::string&)>& phase) {
  const recipe::Recipe& recipe = prepared.recipe();
  Material material;
  phase("reading and tokenizing the data");
  const data::Tokenizer tokenizer(prepared.folder.tokenizer_file);
  for (const SetFacts& facts : prepared.sets) {
    if (facts.set->use == recipe::DataUse::strategies) continue;
    data::Examples examples = load_set(prepared, facts, tokenizer);
    require_labels(examples, facts);
    model::require_known_ids(examples.tokens, prepared.view, "data." + examples.name);
    warn_of_truncation(material, examples, recipe.train.max_length);
    if (facts.set->use == recipe::DataUse::train) {
      examples.groups.clear();  // nothing that trains reads them
      append(material.training, std::move(examples));
    } else {
      material.evaluation.push_back({facts.set, std::move(examples)});
    }
  }
  const auto planned = plan_warnings(prepared, train::count_steps(material.training.size(), recipe.train));
  material.warnings.insert(material.warnings.begin(), planned.begin(), planned.end());
  warn_of_shared_rows(prepared, material, material.training, "the training data");
  load_strategy_sets(prepared, tokenizer, material);

  phase("loading the model");
  checkpoint::verify_checksums(prepared.model_folder);
  material.tensors_hash = model::tensors_hash(prepared.model_folder);
  material.model_hash = material.tensors_hash + sha256_of_file(prepared.folder.folder / "config.json");
  if (prepared.start) {
    const BaseMatch match =
        match_base(*prepared.start, recipe, prepared.folder, material.tensors_hash, material.warnings);
    material.adapter = start_adapter_json(*prepared.start, match);
  }
  material.model = model::load_model(prepared.model_folder, task_of_unnamed_head(prepared));
  if (recipe.train.dropout) material.model->set_dropout(*recipe.train.dropout);
  material.model->move_to(device);
  give_heads(prepared, tokenizer, material, phase);
  return material;
}

}  // namespace engram::run

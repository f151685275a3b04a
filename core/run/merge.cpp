#include "run/merge.hpp"

#include <algorithm>
#include <functional>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "checkpoint/checksums.hpp"
#include "checkpoint/merged_folder.hpp"
#include "checkpoint/peft_names.hpp"
#include "checkpoint/swap.hpp"
#include "eval/evaluator.hpp"
#include "model/swapped_weights.hpp"
#include "model/tensors_hash.hpp"
#include "run/heads_in_use.hpp"
#include "run/merge_check.hpp"
#include "run/scored_data.hpp"
#include "run/whole_base.hpp"

namespace engram::run {
namespace {

namespace fs = std::filesystem;

// What is merged, and how the same is computed without merging.
struct Source {
  Opened opened;
  WholeBase whole;  // the base of a whole model
  model::FolderFacts base;
  BaseIdentity identity;          // of the base
  model::Model* model = nullptr;  // of the base
  checkpoint::MergedParameters parameters;
  std::vector<model::Head> trained_heads;
  std::vector<model::Head> heads;  // of the result
  // Runs its argument with what is merged on `model`: an adapter as an adapter.
  std::function<void(const std::function<void()>&)> under;
};

void refuse_occupied(const fs::path& into) {
  const auto refuse = [&](const std::string& what) {
    throw DataError({.what = what, .where = into.string(), .fix = "name a new folder with --into"});
  };
  if (into.empty()) refuse("--into is empty");
  if (fs::is_directory(into)) {
    if (!fs::is_empty(into)) refuse("is not empty, and nothing is ever overwritten");
  } else if (fs::exists(fs::symlink_status(into))) {
    refuse(fs::exists(into) ? "is a file" : "is a link to nothing");
  }
}

// A folder may not be written into the one that it is made from, which would then hold it too.
void refuse_inside(const fs::path& into, const fs::path& folder) {
  const fs::path target = fs::weakly_canonical(into), whole = fs::weakly_canonical(folder);
  const auto [end, rest] = std::mismatch(whole.begin(), whole.end(), target.begin(), target.end());
  if (end != whole.end()) return;
  throw DataError({.what = "lies in " + folder.string() + ", which is what it is made from",
                   .where = into.string(),
                   .fix = "name a folder elsewhere with --into"});
}

// The heads of the result and where each comes from.
void settle_heads(Source& source, const checkpoint::MergeAmount& amount, std::vector<std::string>& words) {
  const BaseHeads base = heads_of_base(*source.model, source.base);
  const auto& provenance = source.opened.trained.provenance;
  source.trained_heads = heads_of(source.opened);
  for (model::Head head : source.trained_heads) {
    const std::optional<model::Head> before = base_head_for(base, head);
    const bool same = before && at::equal(before->weight, head.weight) && at::equal(before->bias, head.bias);
    std::string word = !provenance || provenance->task == head.task ? "as trained" : "as the run kept it";
    if (same) {
      word = "the base's own";
    } else if (amount.interpolate != 1 && before) {
      head.weight = checkpoint::between(before->weight, head.weight, amount.interpolate);
      head.bias = checkpoint::between(before->bias, head.bias, amount.interpolate);
      word = "interpolated";
    } else if (amount.interpolate != 1) {
      word += ": the base has no head with its labels to interpolate with";
    }
    words.push_back(head.task + ": " + word);
    source.heads.push_back(std::move(head));
  }
  if (source.heads.empty()) {
    throw DataError(
        {.what = "has no head, so a merge of it could not be checked", .where = source.opened.folder().string()});
  }
}

Source open_adapter_source(Opened opened, const checkpoint::MergeAmount& amount) {
  Source source{.opened = std::move(opened)};
  source.base = source.opened.base;
  source.identity = base_identity(source.opened);
  source.model = source.opened.model.get();
  const checkpoint::Adapter& adapter = *source.opened.trained.adapter;
  source.parameters = checkpoint::merged_parameters(*source.model, adapter, amount);
  return source;
}

Source open_whole_source(Opened opened, const MergeRequest& request) {
  Source source{.opened = std::move(opened)};
  source.whole = base_of_whole_model(source.opened, request.open.base, request.open.other_base);
  if (source.whole.model == nullptr) throw DataError(source.whole.missing);
  source.base = source.whole.facts;
  source.identity = source.whole.identity;
  source.model = source.whole.model.get();
  source.parameters = checkpoint::merged_parameters(*source.model, *source.opened.model, request.amount);
  return source;
}

Source open_source(const MergeRequest& request, at::Device device) {
  OpenRequest to_open = request.open;
  to_open.base_of_whole = BaseOfWhole::left_to_caller;
  Opened opened = open(to_open, device);
  if (opened.trained.adapter) return open_adapter_source(std::move(opened), request.amount);
  if (request.amount.of_deltas() == 1 && request.dtype == "fp32") {
    throw DataError({.what = "is a whole model already, so there is nothing to merge",
                     .where = opened.base.folder.string(),
                     .fix = "use it as it is, or ask for a point between it and its base with --interpolate, or for "
                            "another --dtype"});
  }
  return open_whole_source(std::move(opened), request);
}

// After the source has its place: the functions look into it.
void settle_form(Source& source, const checkpoint::MergeAmount& amount) {
  if (source.opened.trained.adapter) {
    source.under = [&source, amount](const std::function<void()>& work) {
      const checkpoint::ScaledAdapter on(*source.model, *source.opened.trained.adapter, amount);
      work();
    };
  } else {
    source.under = [&source](const std::function<void()>& work) {
      const model::SwappedWeights on(*source.model, source.parameters.values);
      work();
    };
  }
}

// The sets that are scored before and after; empty, with a note that says why, when they are not what the run scored.
std::vector<data::Examples> sets_to_score(const Source& source, const MergeRequest& request,
                                          const data::Tokenizer& tokenizer, std::vector<std::string>& notes) {
  Faults faults;
  const std::vector<ScoredData> found = scored_data(source.opened, request.data, "", faults);
  if (request.data) faults.raise<DataError>();
  for (const Fault& fault : faults.list()) {
    notes.push_back("no set is scored again: " + fault.where + ": " + fault.what);
  }
  std::vector<data::Examples> sets;
  if (!faults.empty()) return sets;
  for (const ScoredData& each : found) {
    const model::Head& head = head_for(each.set.task, source.heads, source.opened);
    sets.push_back(load_scored(each, head, source.heads, tokenizer, source.opened.trained.max_length));
  }
  return sets;
}

Probes choose_probes(const Source& source, const MergeRequest& request, const std::vector<data::Examples>& sets,
                     const data::Tokenizer& tokenizer) {
  const Trained& trained = source.opened.trained;
  if (!request.probe.empty()) return probes_from(request.probe, trained.input, tokenizer, trained.max_length);
  if (!sets.empty()) return probes_of(sets, request.data ? request.data->file : "the evaluation texts of the run");
  return own_probes(tokenizer, trained.max_length);
}

std::vector<eval::SetScores> score(model::Model& model, const std::vector<model::Head>& heads,
                                   const std::vector<data::Examples>& sets) {
  for (const model::Head& head : heads) model.set_head(head);
  std::vector<eval::SetScores> scores;
  for (const data::Examples& set : sets) scores.push_back(eval::evaluate(model, set, {}));
  return scores;
}

// Scale 1 and no interpolation, with the heads that were trained. Empty where that is what is merged.
std::vector<eval::SetScores> score_as_trained(const Source& source, const checkpoint::MergeAmount& amount,
                                              const std::vector<data::Examples>& sets) {
  if (amount.scale == 1 && amount.interpolate == 1) return {};
  if (!source.opened.trained.adapter) return score(*source.opened.model, source.trained_heads, sets);
  const checkpoint::ScaledAdapter on(*source.model, *source.opened.trained.adapter, {});
  return score(*source.model, source.trained_heads, sets);
}

void compare_scores(const std::vector<data::Examples>& sets, const std::vector<eval::SetScores>& trained,
                    const std::vector<eval::SetScores>& computed, const std::vector<eval::SetScores>& after,
                    MergeReport& report) {
  const std::vector<eval::SetScores>& before = trained.empty() ? computed : trained;
  for (size_t i = 0; i < sets.size(); ++i) {
    for (const auto& [metric, value] : computed[i].metrics) {
      MergedScore score{
          .set = sets[i].name, .metric = metric, .computed = value, .as_stored = after[i].metrics.at(metric)};
      if (!trained.empty()) score.as_trained = trained[i].metrics.at(metric);
      report.scores.push_back(std::move(score));
    }
    int64_t& others = report.other_answers[sets[i].name];
    for (size_t row = 0; row < before[i].predictions.size(); ++row) {
      others += before[i].predictions[row] != after[i].predictions[row] ? 1 : 0;
    }
  }
}

checkpoint::Provenance provenance_of_merge(const Source& source, const MergeReport& report) {
  const Trained& trained = source.opened.trained;
  checkpoint::Provenance provenance = trained.provenance.value_or(
      checkpoint::Provenance{.pairs = trained.input == predict::Input::pair, .max_length = trained.max_length});
  const fs::path& folder = source.opened.folder();
  const std::string trained_on = provenance.base_tensors;
  provenance.base = fs::absolute(source.base.folder).lexically_normal().string();
  provenance.base_tensors = source.identity.tensors;
  provenance.tokenizer = source.identity.tokenizer;
  provenance.task = source.heads.front().task;
  provenance.labels = source.heads.front().labels;
  provenance.made = {{"command", "merge"},
                     {"engram", version()},
                     {"from", fs::absolute(folder).lexically_normal().string()},
                     {"from_sha256", trained.adapter ? sha256_of_file(folder / checkpoint::kAdapterWeightsFile)
                                                     : model::tensors_hash(folder)},
                     {"before", provenance.made},
                     {"scale", report.amount.scale},
                     {"interpolate", report.amount.interpolate},
                     {"dtype", report.dtype},
                     {"largest_difference", report.difference},
                     {"tolerance", report.tolerance},
                     {"probes", report.probes},
                     {"probes_from", report.probes_from},
                     {"forced", report.forced}};
  if (report.forced) provenance.made["trained_on_tensors_sha256"] = trained_on;
  return provenance;
}

MergeReport report_of(const Source& source, const MergeRequest& request) {
  const Trained& trained = source.opened.trained;
  MergeReport report{.path = request.open.path,
                     .into = request.into,
                     .base = source.base.folder,
                     .adapter = trained.adapter ? trained.adapter->peft_type : "",
                     .dtype = request.dtype,
                     .amount = request.amount,
                     .tolerance = request.tolerance.value_or(default_tolerance(request.dtype)),
                     .forced = trained.forced || source.whole.forced,
                     .notes = trained.notes};
  report.notes.insert(report.notes.end(), source.whole.notes.begin(), source.whole.notes.end());
  return report;
}

[[noreturn]] void refuse_without_originals(const fs::path& folder, const fs::path& into,
                                           const checkpoint::Provenance& provenance) {
  const std::string again = "merge again with --keep-original to be able to unmerge";
  Fault fault{
      .what = "holds no original values, so " + into.string() + " cannot be written; the base that it was merged from ",
      .where = folder.string(),
      .fix = again};
  if (!fs::exists(provenance.base)) {
    fault.what += "is gone: " + provenance.base;
  } else if (model::tensors_hash(provenance.base) != provenance.base_tensors) {
    fault.what += "has other weights now: " + provenance.base;
  } else {
    fault.what += "lies unchanged at " + provenance.base;
    fault.fix = "use " + provenance.base + ", or " + again;
  }
  throw DataError(fault);
}

// What lies beside the weights.
void complete(const fs::path& folder, const Source& source, const MergeRequest& request, MergeReport& report) {
  if (request.originals == Originals::kept) {
    checkpoint::write_originals(folder, source.base.folder);
    report.original_bytes = fs::file_size(folder / checkpoint::kOriginalsFile);
  }
  checkpoint::write_provenance(folder, provenance_of_merge(source, report));
  report.bytes = model::inspect_folder(folder).weights_bytes;
}

}  // namespace

MergeReport merge(const MergeRequest& request, at::Device device) {
  refuse_occupied(request.into);
  Source source = open_source(request, device);
  settle_form(source, request.amount);
  MergeReport report = report_of(source, request);
  settle_heads(source, request.amount, report.heads);

  const data::Tokenizer tokenizer(source.base.tokenizer_file);
  const std::vector<data::Examples> sets = sets_to_score(source, request, tokenizer, report.notes);
  MergeCheck check{
      .probes = choose_probes(source, request, sets, tokenizer), .dtype = request.dtype, .tolerance = report.tolerance};
  report.probes = check.probes.count();
  report.probes_from = check.probes.origin;
  const std::vector<eval::SetScores> trained = score_as_trained(source, request.amount, sets);
  std::vector<eval::SetScores> computed;
  source.under([&] {
    check.logits = probe_logits(*source.model, source.heads, check.probes);
    computed = score(*source.model, source.heads, sets);
  });

  const checkpoint::FolderSwap swap(request.into);
  const at::ScalarType stored = checkpoint::stored_dtype(request.dtype);
  report.rounding = checkpoint::rounding_of(*source.model, source.parameters, stored);
  checkpoint::write_merged_folder(
      swap.fresh(),
      {.base = source.base.folder, .parameters = source.parameters, .heads = source.heads, .stored = stored});
  const std::unique_ptr<model::Model> written = model::load_model(swap.fresh(), "");
  written->move_to(device);
  report.difference = check_written(*written, check, request.into);
  compare_scores(sets, trained, computed, score(*written, {}, sets), report);
  complete(swap.fresh(), source, request, report);
  swap.commit();
  return report;
}

Unmerged unmerge(const fs::path& folder, const fs::path& into) {
  refuse_occupied(into);
  refuse_inside(into, folder);
  const std::optional<checkpoint::Provenance> provenance = checkpoint::read_provenance(folder);
  if (!provenance || !provenance->made.is_object() || provenance->made.value("command", Json()) != "merge") {
    throw DataError({.what = "is no folder that engram merge wrote",
                     .where = folder.string(),
                     .allowed = "a model folder whose provenance.json says that it was merged"});
  }
  checkpoint::verify_checksums(folder);
  if (!checkpoint::holds_originals(folder)) refuse_without_originals(folder, into, *provenance);
  const checkpoint::FolderSwap swap(into);
  checkpoint::write_unmerged(folder, swap.fresh());
  if (model::tensors_hash(swap.fresh()) != provenance->base_tensors) {
    throw DataError({.what = "its unmerged.safetensors does not give back the base that provenance.json names",
                     .where = folder.string(),
                     .fix = "the base was at " + provenance->base});
  }
  const fs::path tokenizer = model::inspect_folder(swap.fresh()).tokenizer_file;
  if (sha256_of_file(tokenizer) != provenance->tokenizer) {
    throw DataError(
        {.what = "its tokenizer.json is not that of the base that provenance.json names",
         .where = folder.string(),
         .fix = "put the tokenizer.json back that it was merged with; the base was at " + provenance->base});
  }
  swap.commit();
  return {.into = into, .tensors_hash = provenance->base_tensors};
}

}  // namespace engram::run

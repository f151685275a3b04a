#include "run/scored_data.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "data/examples.hpp"
#include "data/sniff.hpp"
#include "run/heads_in_use.hpp"
#include "run/recorded_sets.hpp"

namespace engram::run {
namespace {

constexpr size_t kMostLabels = 20;

std::string label_list(const std::vector<std::string>& labels) {
  return labels.size() <= kMostLabels ? text::join(labels, ", ") : std::to_string(labels.size()) + " labels";
}

// What --text and --label could name.
std::string columns_of(const std::filesystem::path& file) {
  try {
    return "the columns are '" + text::join(data::guess(file).columns, "', '") + "'";
  } catch (const Error&) {
    return "";
  }
}

void check_columns(const recipe::DataSet& set, Faults& faults) {
  if (set.format == recipe::DataFormat::label_lines) return;
  if (set.text.empty()) {
    faults.add(
        {.what = "--data needs --text, the column of the texts", .where = set.file, .allowed = columns_of(set.file)});
  }
  if (!set.label) {
    faults.add(
        {.what = "--data needs --label, the column of the labels", .where = set.file, .allowed = columns_of(set.file)});
  }
}

// As predict does it: a model of pairs has never seen one text alone, nor the other way about.
void check_pairs(const recipe::DataSet& set, const Opened& opened, Faults& faults) {
  const auto& provenance = opened.trained.provenance;
  const bool has_pairs = !set.pair.empty();
  if (!provenance || provenance->task != set.task || provenance->pairs == has_pairs) return;
  faults.add({.what = "'" + set.task + "' was trained on " +
                      (has_pairs ? "single texts, and these are pairs" : "pairs of texts, and these are single texts"),
              .where = set.file,
              .fix = has_pairs ? "leave --pair out" : "name the column of the second text with --pair"});
}

std::vector<ScoredData> recorded(const Opened& opened, const std::string& task, Faults& faults) {
  std::vector<ScoredData> all;
  for (const RecordedSet& set : recorded_sets(opened.manifest, opened.run)) {
    if (!task.empty() && set.set.task != task) continue;
    if (set.changed) faults.add(*set.changed);
    all.push_back({set.set, set.file});
  }
  if (all.empty()) {
    faults.add({.what = "the run has no evaluation set" + (task.empty() ? "" : " of the task '" + task + "'"),
                .where = opened.run.string()});
  }
  return all;
}

bool knows(const model::Head& head, const std::string& label) {
  return std::find(head.labels.begin(), head.labels.end(), label) != head.labels.end();
}

// Where no label of the file fits, it is not its lines that are wrong.
void refuse_other_task(const ScoredData& data, const model::Head& head, const std::vector<model::Head>& heads) {
  const std::vector<std::string> labels = data::label_names(data.set, data.file);
  const auto known = [&](const model::Head& other) {
    return [&](const std::string& label) { return knows(other, label); };
  };
  if (labels.empty() || std::any_of(labels.begin(), labels.end(), known(head))) return;
  Fault fault{.what = "no label of the file is one of task '" + head.task + "'",
              .where = data.file.string(),
              .allowed = label_list(head.labels),
              .fix = "name the column of the labels with --label, or map them with --label-names; the file has " +
                     label_list(labels)};
  for (const model::Head& other : heads) {
    if (!std::all_of(labels.begin(), labels.end(), known(other))) continue;
    fault.what += "; the head '" + other.task + "' has all of them";
    fault.fix = "add --task " + other.task;
    break;
  }
  throw DataError(fault);
}

}  // namespace

std::vector<ScoredData> scored_data(const Opened& opened, const std::optional<recipe::DataSet>& named,
                                    const std::string& task, Faults& faults) {
  if (!named && !opened.manifest.is_null()) return recorded(opened, task, faults);
  if (!named) {
    faults.add({.what = "is no run folder, so it has no evaluation sets of its own",
                .where = opened.folder().string(),
                .fix = "name a set: --data FILE --text COLUMN --label COLUMN"});
    return {};
  }
  if (!std::filesystem::exists(named->file)) {
    faults.add({.what = "nothing is there", .where = named->file, .fix = "name a file with --data"});
    return {};
  }
  check_columns(*named, faults);
  ScoredData data{.set = *named, .file = named->file};
  data.set.task = task.empty() ? opened.trained.head.task : task;
  check_pairs(data.set, opened, faults);
  return {data};
}

data::Examples load_scored(const ScoredData& data, const model::Head& head, const std::vector<model::Head>& heads,
                           const data::Tokenizer& tokenizer, int64_t max_length) {
  data::Examples examples;
  try {
    examples = data::load_examples(data.set, data.file, tokenizer, max_length, head.labels);
  } catch (const DataError&) {
    refuse_other_task(data, head, heads);
    throw;
  }
  if (examples.size() == 0) throw DataError({.what = "holds no rows", .where = data.file.string()});
  if (std::find(examples.labels.begin(), examples.labels.end(), -1) == examples.labels.end()) return examples;
  throw DataError({.what = "holds rows without a label, which cannot be scored", .where = data.file.string()});
}

const model::Head& head_for(const std::string& task, const std::vector<model::Head>& heads, const Opened& opened) {
  std::vector<std::string> names;
  for (const model::Head& head : heads) {
    if (head.task == task) return head;
    names.push_back(head.task);
  }
  refuse_unknown_head(task, names, opened.folder());
}

}  // namespace engram::run

// A checked recipe: plain structs, with the defaults beside the fields. Knows no Lua and no torch.
//
// recipe/read.hpp turns the tree of recipe/value.hpp into this and gathers every fault on the way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "recipe/value.hpp"

namespace engram::recipe {

// A column by name, or by position counted from 1.
using Column = std::variant<std::string, int>;

enum class HeadSource { fresh, from_model, probe };

struct Task {
  std::string name;
  std::string kind = "classification";
  HeadSource head = HeadSource::fresh;
  // For HeadSource::probe: the data set on which a linear head is fitted before the run.
  std::string probe_data;
  // Label names in label order; empty: taken from the head, or from the training (or probe) data in sorted order.
  std::vector<std::string> labels;
  // The accuracy that counts as having learnt the task, for the gained share and the crossover.
  double reference_score = 1;
  Place place;
};

enum class DataFormat { by_extension, csv, tsv, json_lines, parquet, label_lines };
enum class DataUse { train, evaluate, strategies };
enum class DataRole { new_task, original_task };
enum class TextEncoding { utf8, iso_8859_1 };

struct DataSet {
  std::string name;
  std::string file;  // as written; resolved against the recipe's folder
  DataFormat format = DataFormat::by_extension;
  // The first sequence: one column, or several joined by one space. Unused for label_lines.
  std::vector<Column> text;
  // The second sequence of a sentence pair; empty: single sequences.
  std::vector<Column> pair;
  std::optional<Column> label;  // absent: rows without labels (prediction only)
  std::optional<Column> group;  // which part of the set a row belongs to, for own metrics
  // Names the label values stand for, by value: { ["1"] = "World", ... }. Empty: values are the names.
  std::map<std::string, std::string> label_names;
  bool header = true;             // CSV and TSV
  std::optional<char> delimiter;  // absent: ',' for CSV, TAB for TSV
  std::optional<bool> quoting;    // absent: on for CSV, off for TSV
  TextEncoding encoding = TextEncoding::utf8;
  // label_lines: keep only the part of the label before this character ("DESC:manner" -> "DESC" with ':').
  std::optional<char> label_until;
  std::optional<int64_t> rows;  // only the first so many rows
  std::string task;
  DataUse use = DataUse::train;
  DataRole role = DataRole::new_task;
  Place place;
};

// One strategy with its options as written; the plugin's declared parameters check them once it is loaded.
struct StrategyEntry {
  std::string id;
  Table options;
  Place place;
};

enum class Precision { fp32, bf16 };
enum class Device { automatic, cpu, cuda };

// What becomes of a step whose gradient norm or loss is far above those before it.
enum class SpikeAction {
  skip,       // its update is left out
  cut,        // so it is, and the rate is cut from there on
  roll_back,  // training goes back to the last accepted state, at a cut rate
};

struct Spikes {
  SpikeAction action = SpikeAction::skip;
  double factor = 10;   // a spike: above so many times the mean of the last `window` steps that were none
  int64_t window = 50;  // steps; until they are full, no step is a spike
  double cut = 0.5;     // what the rate is multiplied with; unused by skip
  int64_t most = 10;    // spikes in a run; one more ends it
};

struct Train {
  double epochs = 3;
  int64_t batch_size = 16;   // examples per micro-batch
  int64_t accumulation = 1;  // micro-batches per optimizer step
  double learning_rate = 0;  // compulsory, so that nobody trains at a rate they did not choose
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double clip = 1.0;         // global L2 norm; 0: off
  int64_t max_length = 128;  // tokens per sequence, special tokens included
  Precision precision = Precision::fp32;
  Device device = Device::automatic;
  int threads = 0;  // 0: all cores the process may use
  int64_t seed = 42;
  std::optional<double> dropout;  // absent: the model's own config; 0 switches every dropout of the base model off
  int64_t evaluations_in_first_epoch = 4;
  int64_t evaluation_batch_size = 32;
  std::optional<Spikes> spikes;  // absent: spikes are trained on; what is not finite ends the run in any case
};

// When a training state is saved, besides the end of a run.
enum class SaveEvery { epoch, evaluation };

struct Checkpoints {
  SaveEvery every = SaveEvery::epoch;
  int64_t keep_last = 2;  // a damaged one then leaves one to go on from
};

// Either a Lua function or absent (then the default named beside the field is used).
struct Callbacks {
  std::optional<FunctionHandle> schedule;  // default: constant
  std::optional<FunctionHandle> score;     // compulsory when both roles are evaluated, else the new task's accuracy
  std::optional<FunctionHandle> stop;      // default: never
};

// `metrics = { name = function(e) ... end }`, or { function(e) ... end, better = "smaller" }. Measured on every
// evaluation set.
struct OwnMetric {
  std::string name;
  FunctionHandle function;
  bool smaller_is_better = false;
};

struct Recipe {
  std::string name;    // the file's stem; names the run folder
  std::string file;    // as given; "-" for standard input
  std::string folder;  // relative paths start here
  std::string source;  // the text, for the run folder's copy
  std::string model;   // a folder, or org/name in the Hugging Face cache
  Place model_place;
  std::string adapter;  // a folder with an adapter to go on training from; empty: none
  Place adapter_place;
  std::vector<Task> tasks;
  std::vector<DataSet> data;  // in the recipe's order where known, else by name
  std::vector<StrategyEntry> strategies;
  Train train;
  Checkpoints checkpoints;
  Callbacks callbacks;
  std::vector<OwnMetric> metrics;
  std::string point;  // the point of a grid that this recipe is; empty: no grid
  // `waive = { "original" }`: no original-task evaluation set; drift and KL to the base are reported instead.
  bool original_waived = false;
  // `waive = { "warm_up" }`: advice that the writer has considered (names in recipe/advice_names.hpp); not given again.
  std::vector<std::string> waived_advice;
  std::vector<std::pair<std::string, std::string>> overrides;  // --set key=value, in order

  const Task* find_task(const std::string& name) const;
  const DataSet* find_data(const std::string& name) const;
  // Path of a data file or model folder, resolved against `folder`.
  std::string resolve(const std::string& path) const;
};

}  // namespace engram::recipe

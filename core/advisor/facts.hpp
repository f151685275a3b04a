// What advice is drawn from: plain numbers of a recipe that has been checked. Knows no Lua and no torch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "advisor/rules.hpp"

namespace engram::advisor {

// What the optimizer changes. `virtual_tokens`: prefixes or prompts, whose rates follow no rule of thumb.
enum class Trained { trunk, adapters, virtual_tokens, heads_only };

struct TrainingFacts {
  Trained trained = Trained::trunk;
  bool freezes = false;   // some of the trunk does not train from the start on
  bool held = false;      // penalties, mixed examples, loss terms, projections or merges hold on to the old weights
  bool one_scale = true;  // every parameter of the trunk has the same rate scale
  double mean_scale = 1;  // rate scales of what trains beside heads, weighted by parameters
  double epochs = 0;
  double learning_rate = 0;
  double epsilon = 1e-8;
  int64_t batch_size = 0;  // examples of a micro-batch
  int64_t accumulation = 1;
  int64_t rows = 0;  // of all training sets
  int64_t steps = 0;
  double first_factor = 1;  // the schedule's, at step 0
  double mean_factor = 1;   // over the run
  double peak_factor = 1;
};

// A low-rank adapter's site.
struct LowRankSite {
  std::string site;
  int64_t rank = 0;
  int64_t smaller_side = 0;  // of the site's matrix
  std::string setting;       // "strategies[1].rank"
};

// An embedding table that trains with weight decay.
struct DecayedTable {
  std::string name;
  int64_t rows = 0;
  double weight_decay = 0;
  double scale = 1;     // its rate scale
  std::string setting;  // "train.weight_decay"
};

struct SharedRows {
  std::string evaluated;  // data set that is scored
  std::string used;       // data set that trains, or that strategies read
  bool trains = true;
  int64_t rows = 0;                   // of `evaluated`, standing in `used` too
  int64_t of = 0;                     // rows of `evaluated` that were compared
  std::vector<std::string> examples;  // "new.csv:3 = train.csv:17"
};

struct EvaluationFacts {
  std::string name;
  bool original = false;
  int64_t rows = 0;
  std::string frequent_label;
  double frequent_share = 0;  // of the most frequent label; 0: not known
  int64_t rows_in_file = 0;   // what data.<name>.rows could take; no more than `rows`: all of the file is taken
};

struct TextFacts {
  std::string name;
  int64_t rows = 0;
  int64_t cut = 0;    // rows that certainly are longer than train.max_length
  int64_t words = 0;  // of the 95th percentile's text
};

struct Facts {
  TrainingFacts training;
  int64_t max_length = 0;
  int64_t max_positions = 0;    // of the model
  bool has_strategies = false;  // the recipe has a list of them
  Guards guards;
  std::vector<LowRankSite> low_rank;
  std::vector<DecayedTable> decayed_tables;
  std::vector<SharedRows> shared;
  std::vector<EvaluationFacts> evaluation;
  std::vector<TextFacts> texts;     // training and evaluation sets
  std::vector<std::string> waived;  // names of advice
};

}  // namespace engram::advisor

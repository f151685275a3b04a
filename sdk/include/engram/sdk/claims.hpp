// Claims: what a strategy may propose in plan(). Every claim is a value; the host checks all strategies' claims
// together, prints them, refuses conflicts by name, allocates, and applies.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <engram/sdk/export.hpp>

namespace engram::sdk {

class GradEdit;
class LossView;
class ForwardView;
class FinishView;

// A pattern over parameter names: '*' stands for any run of characters, '?' for one; no wildcard: the exact name.
// A pattern that matches nothing is refused with the nearest names.
struct ENGRAM_SDK_EXPORT Pattern {
  std::string text;
};

// When a claim starts to hold: from an optimizer step or from an epoch (whichever is set), both counted from 0.
struct ENGRAM_SDK_EXPORT From {
  std::optional<int64_t> step;
  std::optional<double> epoch;
};

struct ENGRAM_SDK_EXPORT Freeze {
  Pattern pattern;
};

struct ENGRAM_SDK_EXPORT Train {
  Pattern pattern;
  From from;
};

// Rate scales of several strategies multiply; a weight decay has one owner. What is said of a projection's weight also
// holds for the adapters of that projection: the tensors that a LowRank names, and of a Custom's strategy those whose
// names begin with the site's.
struct ENGRAM_SDK_EXPORT Group {
  Pattern pattern;
  double rate_scale = 1;
  std::optional<double> weight_decay;
};

// A tensor that the strategy trains or keeps. The host allocates it (zeros, fp32), places, checkpoints and optimizes
// it; initialise() fills it. The name lives in the strategy's own space.
struct ENGRAM_SDK_EXPORT Tensor {
  enum class Use {
    trained,  // optimized
    kept,     // checkpointed, never optimized
    carried,  // kept, and written beside the result: a later run that starts from it finds it by InitView::carried()
  };
  std::string name;
  std::vector<int64_t> shape;
  std::string init;  // one note for people: "zeros", "U(-1/sqrt(in), 1/sqrt(in))"
  Use use = Use::trained;
};

// A claimed tensor by its own name.
using TensorByName = std::function<at::Tensor(const std::string&)>;

// y += scale * dropout(x) A^T B^T, with A (rank, in) and B (out, rank) claimed under these names.
struct ENGRAM_SDK_EXPORT LowRank {
  std::string a;
  std::string b;
  double scale = 1;
  double dropout = 0;  // on the branch's input only, in [0, 1)
  // How PEFT's files word the scale, which stands above either way: alpha / rank, or rsLoRA's alpha / sqrt(rank).
  enum class Wording { alpha_by_rank, alpha_by_root_of_rank };
  Wording wording = Wording::alpha_by_rank;
};

// What a Custom adapter may use in a forward pass.
struct ENGRAM_SDK_EXPORT AdapterPass {
  at::Tensor weight;  // the site's own W (out, in), read only
  TensorByName tensor;
  // Seeded by the host. In evaluation, and for probability 0, it returns its argument itself.
  std::function<at::Tensor(const at::Tensor&, double)> dropout;
  at::Tensor bias = {};  // the site's own b (out), part of base_out; undefined: it has none, or a weight is merged
};

// Any other addition to a projection.
struct ENGRAM_SDK_EXPORT Custom {
  // x (T, in), base_out (T, out) -> what is added, (T, out). Must be differentiable.
  std::function<at::Tensor(const AdapterPass&, const at::Tensor& x, const at::Tensor& base_out)> delta;
  // The change of W (out, in) that does the same without dropout: checkpoints fold it into the weights and penalties
  // act on it. Must be differentiable.
  std::function<at::Tensor(const AdapterPass&)> merged_delta;
  // The kind of adapter in PEFT's terms, where PEFT has it: "dora", with these parts (dora.hpp makes such adapters).
  // Empty: results are written as whole models.
  std::string peft_kind = {};
  LowRank low_rank = {};       // A, B, scale and dropout of "dora"
  std::string magnitude = {};  // the claimed magnitudes (out) of "dora"
};

// Adds to a linear site. Deltas of several strategies add, in recipe order.
struct ENGRAM_SDK_EXPORT Adapt {
  std::string site;
  std::variant<LowRank, Custom> adapter;
};

// Keys and values of `tokens` virtual tokens, each (tokens, key_value_heads * head_size), fp32.
struct ENGRAM_SDK_EXPORT KeysValues {
  at::Tensor keys;
  at::Tensor values;
};

// Puts keys and values before those of every sequence at an attention site; positions of text tokens shift by
// `tokens`. One strategy owns all prefixes of a run, with one number of tokens. `source` is called once per pass and
// must be differentiable.
struct ENGRAM_SDK_EXPORT Prefix {
  std::string site;
  int64_t tokens = 0;
  std::function<KeysValues(const TensorByName&)> source;
};

// Puts soft tokens (tokens, hidden) before the word embeddings of every sequence; the pooler then reads the first of
// them. One owner; `source` as in Prefix.
struct ENGRAM_SDK_EXPORT Prompt {
  int64_t tokens = 0;
  std::function<at::Tensor(const TensorByName&)> source;
};

// One parameter of a quadratic pull.
struct ENGRAM_SDK_EXPORT Watched {
  std::string parameter;
  std::string importance = {};  // a claimed tensor of the parameter's shape; empty: 1
  std::string anchor = {};      // a claimed tensor of the parameter's shape; empty: the weights before the first step
};

// Adds weight / 2 * sum importance (w - anchor)^2 to what is minimised: the host adds its gradient analytically, once
// per optimizer step, after accumulation and before projection and clipping. Where a watched weight carries adapters, w
// is the weight with every merged delta added, and the gradient reaches the adapters' tensors too. Refused when nothing
// it watches trains or is adapted.
struct ENGRAM_SDK_EXPORT Penalty {
  std::string name;
  std::string weight;  // a declared number of the strategy; a schedule may scale it as "<strategy>.<weight>"
  std::vector<Watched> watched;
};

// A differentiable extra loss on the new task's examples.
struct ENGRAM_SDK_EXPORT LossTerm {
  std::string name;
  std::string weight;              // as in Penalty
  std::vector<std::string> heads;  // tasks whose logits it reads
  std::vector<std::string> taps;   // hidden states that it reads
  bool start = false;              // it reads the same from the untouched model
  // The sum over the sequences of the view, a scalar: the host divides by the examples of the step.
  std::function<at::Tensor(const LossView&)> loss;
};

// A kept copy of the matching parameters as they were before the first step, shared among all strategies:
// StepView::start(), FinishView::start(), LossTerm::start.
struct ENGRAM_SDK_EXPORT Snapshot {
  Pattern pattern;
};

// Changes the gradient in place after the penalties, once per optimizer step. At most one strategy may. May not
// synchronise the device.
struct ENGRAM_SDK_EXPORT Project {
  std::string name;
  std::function<void(GradEdit&)> project;
};

// Which label's log-probability is differentiated for a sample.
enum class LabelMode {
  automatic,  // exact up to 20 classes, sampled beyond
  exact,      // every class, weighted by its probability: the Fisher information's diagonal
  sampled,    // one class drawn from the model's own probabilities
  given,      // the data's label: the "empirical Fisher"
  predicted,  // the most probable class
};

enum class SquareMode {
  per_sample,  // the mean over samples of squared gradients
  batch_mean,  // the mean over batches of the squared gradient of the batch's mean loss: smaller by the batch size, and
               // what much published code computes
};

// Squared gradients of the log-probability by parameter. One sample is one sequence. After training, where a projection
// is adapted, they are those of its merged weight.
struct ENGRAM_SDK_EXPORT SquaredGradients {
  std::vector<Pattern> parameters;  // frozen ones too; heads never
  LabelMode labels = LabelMode::automatic;
  SquareMode squares = SquareMode::per_sample;
};

// A plain forward pass; `visit` sees every batch.
struct ENGRAM_SDK_EXPORT Forward {
  std::vector<std::string> taps;
  std::vector<std::string> inputs;  // linear sites whose inputs are read
  std::function<void(const ForwardView&)> visit;
};

// A pass over a data set of the recipe that the host runs before or after training: without dropout, seeded, and for
// squared gradients cached on disk under everything that they depend on. Before training it sees the untouched model;
// afterwards the trained one, adapters included.
struct ENGRAM_SDK_EXPORT Pass {
  enum class When { before_training, after_training };
  std::string name;
  std::string data;         // a data set of the recipe
  int64_t samples = 0;      // a seeded choice of so many; 0: all
  int64_t batch_size = 32;  // results do not depend on it, but for SquareMode::batch_mean
  When when = When::before_training;
  std::variant<SquaredGradients, Forward> work;
};

// Mixes examples of a data set into every step: r b / (1 - r) of them per b new ones, remainders carried, so that the
// loss is (1 - r) L_new + r L_mixed. Every example goes to its own task's head. Shares of several claims add, to at
// most 0.9.
struct ENGRAM_SDK_EXPORT Mix {
  std::string data;
  double share = 0;  // r, in (0, 0.9]
  int64_t rows = 0;  // the pool: a seeded choice of so many rows; 0: all
};

// Work after training: sweeps and merges that swap weights, score, and restore.
struct ENGRAM_SDK_EXPORT Finish {
  std::string name;
  std::function<void(FinishView&)> finish;
};

using Claim = std::variant<Freeze, Train, Group, Tensor, Adapt, Prefix, Prompt, Penalty, LossTerm, Snapshot, Project,
                           Pass, Mix, Finish>;

}  // namespace engram::sdk

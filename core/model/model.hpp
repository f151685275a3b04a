// A pretrained encoder with named heads, on packed tokens, with sites that accept adapters.
//
// Shape letters: T tokens in the batch, B sequences, H hidden size, C classes of a head.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/batch.hpp"
#include "engram/sdk/model_view.hpp"
#include "engram/sdk/plan.hpp"
#include "model/named_tensor.hpp"

namespace engram::model {

// One operation inside a pass, for gradients per sequence. All tensors are part of the pass's graph.
struct Recorded {
  enum class Kind { linear, layer_norm, embedding };
  Kind kind = Kind::linear;
  std::string name;   // parameters are name + ".weight" and, but for embeddings, name + ".bias"
  at::Tensor input;   // linear and layer_norm: (N, in), N tokens, or the first tokens of B sequences; embedding: ids
                      // (T), -1 where a prompt stands in place of a row
  at::Tensor output;  // linear: adapters included, bias too; embedding: the sum of all tables' rows (T, H)
  double eps = 0;     // of a layer_norm
};

// How one forward pass runs. Evaluation passes are the default.
struct Pass {
  bool training = false;                                // dropout on
  std::optional<at::Generator> dropout_generator = {};  // required when training with dropout, on the model's device
  bool adapters = true;                                 // false: the base model, as if nothing were attached
  // Called with every tap's name and hidden state (T, H), for drift measures and strategies; empty: not called. T
  // counts a prompt's tokens too: Model::tap_offsets().
  std::function<void(const std::string& tap, const at::Tensor& hidden_TH)> on_tap = {};
  // Called with every recorded operation of the trunk, in forward order; empty: not called. The embeddings' sum then
  // requires a gradient, so that there is a graph even where no parameter trains.
  std::function<void(const Recorded&)> on_record = {};
};

// An adapter bound to its tensors, in the order in which strategies claimed them.
struct BoundLowRank {
  at::Tensor a;  // (rank, in), the live trainable tensor
  at::Tensor b;  // (out, rank)
  double scale = 1;
  double dropout = 0;
};
struct BoundCustom {
  sdk::Custom adapter;
  std::function<at::Tensor(const std::string&)> tensor;
};
using BoundAdapter = std::variant<BoundLowRank, BoundCustom>;

// What an adapter adds to its site's weight (out, in), fp32 and differentiable; dropout left out.
at::Tensor merged_delta(const BoundAdapter& adapter, const at::Tensor& weight);

// Virtual tokens bound to their source, which is called once per pass.
struct BoundPrefix {
  int64_t tokens = 0;
  std::function<sdk::KeysValues()> source;
};
struct BoundPrompt {
  int64_t tokens = 0;
  std::function<at::Tensor()> source;
};

// Whether a head belongs to the task that a run trains, or is kept as it is.
enum class HeadUse { trained, kept };

struct Head {
  std::string task;
  std::vector<std::string> labels;
  at::Tensor weight;  // (C, H)
  at::Tensor bias;    // (C)
};

class Model {
 public:
  virtual ~Model() = default;

  // Names, shapes and sites, heads included.
  virtual const sdk::ModelView& view() const = 0;

  // Hidden states after the last block, (T, H): T as in tap_offsets(). `batch` is on the model's device. Throws
  // InternalError on ids out of range and on sequences that with virtual_tokens() are longer than max_positions.
  virtual at::Tensor encode(const data::Batch& batch, const Pass& pass) const = 0;
  // Logits (B, C) of one task's head: pooler on the first token of each sequence, dropout, linear, as in transformers.
  at::Tensor logits(const data::Batch& batch, const std::string& task, const Pass& pass) const {
    return head_logits(pooled(batch, pass), task, pass);
  }
  // The pooled vectors (B, H) that the heads read: of each sequence's first token, a prompt's where there is one.
  virtual at::Tensor pooled(const data::Batch& batch, const Pass& pass) const = 0;
  // Logits of one task's head from pooled vectors: dropout, linear.
  virtual at::Tensor head_logits(const at::Tensor& pooled_BH, const std::string& task, const Pass& pass) const = 0;

  // B + 1 borders of the sequences among the T tokens that taps, records and encode() show: the batch's own, or those
  // of the sequences that a prompt lengthens (its tokens first); a prefix adds no tokens of that kind.
  virtual std::vector<int64_t> tap_offsets(const data::Batch& batch, const Pass& pass) const = 0;

  // Adds or replaces the head of a task. Fresh: N(0, initializer_range) from a CPU generator, bias 0.
  virtual void add_fresh_head(const std::string& task, std::vector<std::string> labels, at::Generator generator) = 0;
  virtual void set_head(Head head) = 0;
  virtual const Head* find_head(const std::string& task) const = 0;
  virtual std::vector<Head> heads() const = 0;

  // Every parameter, in the order of view().parameters. Live fp32 leaves; none requires grad until the caller says so.
  virtual std::vector<NamedTensor> parameters() const = 0;
  virtual at::Tensor parameter(const std::string& name) const = 0;

  // Adds an adapter to a linear site (name as in view()). Several adapters of a site add, in order of attachment.
  virtual void attach(const std::string& site, BoundAdapter adapter) = 0;
  // Puts keys and values before those of every sequence at an attention site; every prefix of a model has the same
  // number of tokens. Text positions shift by that number.
  virtual void attach_prefix(const std::string& attention_site, BoundPrefix prefix) = 0;
  // Puts soft tokens before every sequence's word embeddings; the pooler then reads the first of them.
  virtual void attach_prompt(BoundPrompt prompt) = 0;
  // Tokens that prefixes or the prompt add to a sequence: they count against max_positions. 0: none attached.
  virtual int64_t virtual_tokens() const = 0;
  // Removes every adapter, prefix and prompt; the base is then bit for bit what it was.
  virtual void detach_all() = 0;

  // Overrides the config's dropout probabilities (hidden, attention and classifier alike).
  virtual void set_dropout(double probability) = 0;
  virtual void move_to(at::Device device) = 0;
  virtual at::Device device() const = 0;
};

}  // namespace engram::model

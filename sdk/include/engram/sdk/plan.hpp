// Claims: what a strategy proposes in plan(). The host checks all claims together, prints them, and applies them.
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

// Rate scales of several strategies multiply; a weight decay has one owner.
struct ENGRAM_SDK_EXPORT Group {
  Pattern pattern;
  double rate_scale = 1;
  std::optional<double> weight_decay;
};

// A tensor that the strategy trains or keeps. The host allocates it (zeros, fp32), places, checkpoints and optimizes
// it; initialise() fills it. The name lives in the strategy's own space.
struct ENGRAM_SDK_EXPORT Tensor {
  std::string name;
  std::vector<int64_t> shape;
  std::string init;  // one note for people: "zeros", "U(-1/sqrt(in), 1/sqrt(in))"
  bool trains = true;
};

// y += scale * dropout(x) A^T B^T, with A (rank, in) and B (out, rank) claimed under these names.
struct ENGRAM_SDK_EXPORT LowRank {
  std::string a;
  std::string b;
  double scale = 1;
  double dropout = 0;  // on the branch's input only, in [0, 1)
};

// What a Custom adapter may use in a forward pass.
struct ENGRAM_SDK_EXPORT AdapterPass {
  at::Tensor weight;                                             // the site's own W (out, in), read only
  std::function<at::Tensor(const std::string&)> tensor;          // a claimed tensor by name
  std::function<at::Tensor(const at::Tensor&, double)> dropout;  // seeded by the host; identity in evaluation
};

// Any other addition to a projection.
struct ENGRAM_SDK_EXPORT Custom {
  // x (T, in), base_out (T, out) -> what is added, (T, out). Must be differentiable.
  std::function<at::Tensor(const AdapterPass&, const at::Tensor& x, const at::Tensor& base_out)> delta;
  // The change of W (out, in) that does the same without dropout: checkpoints fold it into the weights. Must be differentiable.
  std::function<at::Tensor(const AdapterPass&)> merged_delta;
};

// Adds to a linear site. Deltas of several strategies add, in recipe order.
struct ENGRAM_SDK_EXPORT Adapt {
  std::string site;
  std::variant<LowRank, Custom> adapter;
};

using Claim = std::variant<Freeze, Train, Group, Tensor, Adapt>;

// Collects one strategy's claims. Filling it touches no model.
class ENGRAM_SDK_EXPORT Plan {
 public:
  void freeze(std::string pattern);
  void train(std::string pattern, From from = {});
  void group(std::string pattern, double rate_scale, std::optional<double> weight_decay = {});
  void tensor(std::string name, std::vector<int64_t> shape, std::string init);
  // State that is kept and checkpointed but not optimized.
  void kept_tensor(std::string name, std::vector<int64_t> shape, std::string init);
  void adapt(std::string site, LowRank adapter);
  void adapt(std::string site, Custom adapter);
  // A line for people, shown by `engram plan` and at the start of a run.
  void note(std::string line);

  const std::vector<Claim>& claims() const { return claims_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<Claim> claims_;
  std::vector<std::string> notes_;
};

}  // namespace engram::sdk

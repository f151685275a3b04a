// An adapter, or what training changed in a whole model, as weights of the model itself.
//
// With W the base's weight, D what training adds to it (a LoRA update's scale * B A, or trained W minus W), s the
// scale and a the interpolation: W + a s D. With s = 1 that is (1 - a) W + a (W + D), the line between the base and the
// trained model of WiSE-FT (Wortsman et al., CVPR 2022, arXiv 2109.01903). a s = 0 is the base and 1 the trained model,
// bit for bit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "checkpoint/adapter.hpp"
#include "model/model.hpp"
#include "model/swapped_weights.hpp"

namespace engram::checkpoint {

struct MergeAmount {
  double scale = 1;        // times the deltas
  double interpolate = 1;  // 0: the base; 1: what was trained

  double of_deltas() const { return scale * interpolate; }
};

struct MergedParameters {
  // Of the trunk by name, fp32, on the model's device: those that are changed. For model::SwappedWeights, or a folder.
  std::map<std::string, at::Tensor> values;
  int64_t deltas = 0;  // elements of them whose delta is not zero, however small
};

// Throws DataError for prefixes and prompts, which no weight can hold, and for values that are not finite, naming the
// parameter. `base` has nothing attached; it is not changed.
MergedParameters merged_parameters(const model::Model& base, const Adapter& adapter, const MergeAmount& amount);
// The same from two whole models of one architecture; throws DataError where their parameters differ in shape.
MergedParameters merged_parameters(const model::Model& base, const model::Model& trained, const MergeAmount& amount);

// (1 - share) base + share trained; exactly one of them at 0 and 1.
at::Tensor between(const at::Tensor& base, const at::Tensor& trained, double share);
// The head with its classes in the order of `labels`; an undefined weight when the labels are not the same ones.
model::Head in_order_of(const model::Head& head, const std::vector<std::string>& labels);

// A model under an adapter whose deltas are scaled, for the length of a scope: what merged parameters have to compute.
// Heads are the caller's. Afterwards the model is bit for bit what it was.
class ScaledAdapter {
 public:
  ScaledAdapter(model::Model& base, const Adapter& adapter, const MergeAmount& amount);
  ~ScaledAdapter();
  ScaledAdapter(const ScaledAdapter&) = delete;
  ScaledAdapter& operator=(const ScaledAdapter&) = delete;

 private:
  model::Model& model_;
  model::SwappedWeights parameters_;
};

// What storing weights in a dtype changes. Elements are counted, not tensors.
struct Rounding {
  int64_t weights = 0;   // all that were looked at
  double largest = 0;    // of |stored - exact|
  double rms = 0;        // root of the mean square
  int64_t changed = 0;   // that have a delta
  int64_t vanished = 0;  // of those, whose stored value is that of the base's weight stored alike
};
Rounding rounding_of(const model::Model& base, const MergedParameters& merged, at::ScalarType stored);

}  // namespace engram::checkpoint

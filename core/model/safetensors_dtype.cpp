#include "model/safetensors_dtype.hpp"

namespace engram::model {
namespace {

constexpr std::pair<Dtype, at::ScalarType> kPairs[] = {
    {Dtype::boolean, at::kBool}, {Dtype::u8, at::kByte},       {Dtype::i8, at::kChar}, {Dtype::i16, at::kShort},
    {Dtype::f16, at::kHalf},     {Dtype::bf16, at::kBFloat16}, {Dtype::i32, at::kInt}, {Dtype::f32, at::kFloat},
    {Dtype::f64, at::kDouble},   {Dtype::i64, at::kLong},
};

}  // namespace

at::ScalarType scalar_type_of(Dtype dtype) { return kPairs[static_cast<size_t>(dtype)].second; }

std::optional<Dtype> dtype_of(at::ScalarType type) {
  for (const auto& [dtype, scalar] : kPairs) {
    if (scalar == type) return dtype;
  }
  return std::nullopt;
}

}  // namespace engram::model

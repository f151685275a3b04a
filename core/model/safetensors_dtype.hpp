// Between the file's dtypes and ATen's.
#pragma once

#include <c10/core/ScalarType.h>

#include <optional>

#include "model/safetensors_header.hpp"

namespace engram::model {

at::ScalarType scalar_type_of(Dtype dtype);
// Nothing for dtypes that safetensors files of engram do not hold.
std::optional<Dtype> dtype_of(at::ScalarType type);

}  // namespace engram::model

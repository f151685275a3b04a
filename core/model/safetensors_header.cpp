#include "model/safetensors_header.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/errors.hpp"
#include "base/json.hpp"
#include "base/json_depth.hpp"
#include "base/text.hpp"

namespace engram::model {
namespace {

struct DtypeFacts {
  const char* name;
  Dtype dtype;
  size_t bytes;
};

constexpr std::array<DtypeFacts, 10> kDtypes = {{{"BOOL", Dtype::boolean, 1},
                                                 {"U8", Dtype::u8, 1},
                                                 {"I8", Dtype::i8, 1},
                                                 {"I16", Dtype::i16, 2},
                                                 {"F16", Dtype::f16, 2},
                                                 {"BF16", Dtype::bf16, 2},
                                                 {"I32", Dtype::i32, 4},
                                                 {"F32", Dtype::f32, 4},
                                                 {"F64", Dtype::f64, 8},
                                                 {"I64", Dtype::i64, 8}}};
constexpr int kDeepestNesting = 3;  // the file's object, a tensor's object, a list in it
constexpr size_t kMostFaults = 20;
constexpr const char* kCopyAgain = "fetch or copy it again";

const DtypeFacts& facts_of(Dtype dtype) { return kDtypes[static_cast<size_t>(dtype)]; }

std::string allowed_dtypes() {
  std::vector<std::string> names;
  for (const DtypeFacts& facts : kDtypes) names.emplace_back(facts.name);
  return text::join(names, ", ");
}

// nullopt when the product does not fit.
std::optional<uint64_t> multiply(uint64_t a, uint64_t b) {
  if (a != 0 && b > std::numeric_limits<uint64_t>::max() / a) return std::nullopt;
  return a * b;
}

class HeaderReader {
 public:
  HeaderReader(std::span<const std::byte> bytes, uint64_t file_size, const std::string& file)
      : bytes_(bytes), file_size_(file_size), file_(file) {}

  SafetensorsHeader read() {
    const Json object = parse_json(header_text(), file_);
    if (!object.is_object()) refuse("the safetensors header is no JSON object");
    for (const auto& [name, value] : object.items()) {
      if (name == "__metadata__") {
        read_metadata(value);
      } else {
        read_entry(name, value);
      }
    }
    std::sort(header_.entries.begin(), header_.entries.end(), [](const auto& a, const auto& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    if (faults_.empty()) check_coverage();
    faults_.raise<DataError>();
    return std::move(header_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw DataError({.what = what, .where = file_}); }
  [[noreturn]] void refuse_cut(const std::string& what) const {
    throw DataError({.what = what, .where = file_, .fix = kCopyAgain});
  }

  void fault(const std::string& what, const std::string& allowed = {}, const std::string& fix = {}) {
    if (faults_.size() < kMostFaults) faults_.add({.what = what, .where = file_, .allowed = allowed, .fix = fix});
  }

  std::string header_text() {
    if (file_size_ < 8 || bytes_.size() < 8) {
      refuse_cut("is no safetensors file: it has " + std::to_string(file_size_) +
                 " bytes, and the header's length alone takes 8");
    }
    uint64_t length = 0;
    for (size_t i = 0; i < 8; ++i) length |= static_cast<uint64_t>(bytes_[i]) << (8 * i);
    if (length > kLargestSafetensorsHeader) {
      refuse("is no safetensors file: its header would have " + std::to_string(length) +
             " bytes, and at most 100,000,000 are allowed");
    }
    if (length > file_size_ - 8 || length > bytes_.size() - 8) {
      refuse_cut("is cut short: its header needs " + std::to_string(length) + " bytes, and " +
                 std::to_string(file_size_ - 8) + " follow the length");
    }
    std::string text(reinterpret_cast<const char*>(bytes_.data()) + 8, length);
    if (text.empty() || text.front() != '{') refuse("is no safetensors file: its header does not start with '{'");
    if (nests_deeper_than(text, kDeepestNesting)) refuse("the safetensors header nests more than 3 levels deep");
    header_.data_start = 8 + length;
    return text;
  }

  void read_metadata(const Json& value) {
    if (!value.is_object()) return fault("__metadata__ is no object of strings");
    for (const auto& [key, entry] : value.items()) {
      if (!entry.is_string()) {
        fault("__metadata__ '" + key + "' is no string");
      } else {
        header_.metadata[key] = entry.get<std::string>();
      }
    }
  }

  void read_entry(const std::string& name, const Json& value) {
    const std::string tensor = "tensor '" + name + "' ";
    if (!value.is_object()) return fault(tensor + "is no object with dtype, shape and data_offsets");
    for (const auto& [key, unused] : value.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        return fault(tensor + "has an unknown key '" + key + "'", "dtype, shape, data_offsets");
      }
    }
    SafetensorsEntry entry{.name = name};
    if (!read_dtype(tensor, value, entry) || !read_shape(tensor, value, entry) || !read_offsets(tensor, value, entry)) {
      return;
    }
    if (check_size(tensor, entry)) header_.entries.push_back(std::move(entry));
  }

  bool read_dtype(const std::string& tensor, const Json& value, SafetensorsEntry& entry) {
    const auto found = value.find("dtype");
    if (found == value.end() || !found->is_string()) return fault(tensor + "has no dtype"), false;
    const std::string name = found->get<std::string>();
    for (const DtypeFacts& facts : kDtypes) {
      if (name == facts.name) {
        entry.dtype = facts.dtype;
        return true;
      }
    }
    return fault(tensor + "has the dtype '" + name + "', which engram does not read", allowed_dtypes()), false;
  }

  bool read_shape(const std::string& tensor, const Json& value, SafetensorsEntry& entry) {
    const auto found = value.find("shape");
    if (found == value.end() || !found->is_array()) return fault(tensor + "has no shape"), false;
    for (const Json& size : *found) {
      if (!size.is_number_unsigned() || size.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
        return fault(tensor + "has the size " + size.dump() + " in its shape", "whole numbers from 0"), false;
      }
      entry.shape.push_back(static_cast<int64_t>(size.get<uint64_t>()));
    }
    return true;
  }

  bool read_offsets(const std::string& tensor, const Json& value, SafetensorsEntry& entry) {
    const auto found = value.find("data_offsets");
    const bool pair = found != value.end() && found->is_array() && found->size() == 2;
    if (!pair || !(*found)[0].is_number_unsigned() || !(*found)[1].is_number_unsigned()) {
      return fault(tensor + "has no data_offsets of two whole numbers from 0"), false;
    }
    entry.begin = (*found)[0].get<uint64_t>();
    entry.end = (*found)[1].get<uint64_t>();
    if (entry.begin > entry.end) return fault(tensor + "has data_offsets that run backwards"), false;
    return true;
  }

  bool check_size(const std::string& tensor, const SafetensorsEntry& entry) {
    std::optional<uint64_t> bytes = bytes_of(entry.dtype);
    for (const int64_t size : entry.shape) {
      if (bytes) bytes = multiply(*bytes, static_cast<uint64_t>(size));
    }
    if (!bytes) return fault(tensor + "has a shape whose product does not fit into 64 bits"), false;
    if (*bytes != entry.end - entry.begin) {
      return fault(tensor + "needs " + std::to_string(*bytes) +
                   " bytes by its shape and dtype, and its data_offsets "
                   "span " +
                   std::to_string(entry.end - entry.begin)),
             false;
    }
    return true;
  }

  void check_coverage() {
    uint64_t expected = 0;
    for (const SafetensorsEntry& entry : header_.entries) {
      if (entry.begin != expected) {
        fault("tensor '" + entry.name + "' starts at byte " + std::to_string(entry.begin) + " of the data, and the " +
              "one before it ends at " + std::to_string(expected) +
              (entry.begin > expected ? ": a hole" : ": an overlap"));
      }
      expected = std::max(expected, entry.end);
    }
    const uint64_t data = file_size_ - header_.data_start;
    if (expected != data) {
      fault("the tensors end at byte " + std::to_string(expected) + " of the data, and the file holds " +
                std::to_string(data) +
                (expected > data ? " (is the file cut short?)" : " (bytes that belong to nothing)"),
            "", expected > data ? kCopyAgain : "");
    }
  }

  std::span<const std::byte> bytes_;
  uint64_t file_size_;
  const std::string& file_;
  SafetensorsHeader header_;
  Faults faults_;
};

}  // namespace

size_t bytes_of(Dtype dtype) { return facts_of(dtype).bytes; }

std::string name_of(Dtype dtype) { return facts_of(dtype).name; }

const SafetensorsEntry* SafetensorsHeader::find(const std::string& name) const {
  for (const SafetensorsEntry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

std::vector<std::string> SafetensorsHeader::names() const {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : entries) names.push_back(entry.name);
  return names;
}

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> bytes, uint64_t file_size,
                                           const std::string& file) {
  return HeaderReader(bytes, file_size, file).read();
}

}  // namespace engram::model

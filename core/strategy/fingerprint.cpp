#include "strategy/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace engram::strategy {
namespace {

// The fields of a tag, in their order, with what people call them.
constexpr std::array<std::pair<const char*, const char*>, 7> kTagFields = {{{"sdk_", "SDK"},
                                                                            {"torch_", "torch"},
                                                                            {"cxx11abi_", "C++11 ABI"},
                                                                            {"compiler_", "compiler"},
                                                                            {"standard_", "C++ standard"},
                                                                            {"library_", "standard library"},
                                                                            {"sanitizer_", "sanitizer"}}};

using Row = std::pair<std::string, std::string>;  // field, value

std::string difference(const std::string& field, const std::string& plugin, const std::string& host) {
  return field + " " + plugin + ", here " + host;
}

std::vector<Row> tag_rows(const std::string& tag) {
  std::vector<Row> rows;
  for (size_t i = 0; i < kTagFields.size(); ++i) {
    const std::string key = std::string("_") + kTagFields[i].first;
    const size_t start = tag.find(key);
    if (start == std::string::npos) {
      rows.emplace_back(kTagFields[i].second, "unknown");
      continue;
    }
    const size_t value = start + key.size();
    const size_t end =
        i + 1 < kTagFields.size() ? tag.find(std::string("_") + kTagFields[i + 1].first, value) : std::string::npos;
    std::string text = tag.substr(value, end == std::string::npos ? end : end - value);
    if (i < 2) std::replace(text.begin(), text.end(), '_', '.');
    rows.emplace_back(kTagFields[i].second, text);
  }
  return rows;
}

std::string major_minor(const char* version) {
  const std::string text = version;
  const size_t second = text.find('.', text.find('.') + 1);
  return text.substr(0, second);
}

// What must be equal. Before SDK 1.0 a patch may change layouts, so the whole SDK version counts; of torch, the minor.
std::vector<Row> fingerprint_rows(const EngramFingerprint& f) {
  const auto bytes = [](uint64_t size) { return std::to_string(size) + " bytes"; };
  return {{"SDK", f.sdk_version},
          {"torch", major_minor(f.torch_version)},
          {"compiler", f.compiler},
          {"standard library", f.standard_library},
          {"sanitizer", f.sanitizer},
          {"C++ standard", std::to_string(f.cpp_standard)},
          {"C++11 ABI", std::to_string(f.cxx11_abi)},
          {"debug containers", std::to_string(f.debug_containers)},
          {"size of at::Tensor", bytes(f.size_of_tensor)},
          {"size of std::string", bytes(f.size_of_string)},
          {"size of std::vector", bytes(f.size_of_vector)},
          {"size of std::map", bytes(f.size_of_map)},
          {"size of std::function", bytes(f.size_of_function)},
          {"size of sdk::ModelView", bytes(f.size_of_model_view)},
          {"size of sdk::Claim", bytes(f.size_of_claim)},
          {"size of sdk::Plan", bytes(f.size_of_plan)},
          {"size of sdk::ParameterSpec", bytes(f.size_of_parameter_spec)}};
}

std::vector<std::string> differences(const std::vector<Row>& plugin, const std::vector<Row>& host) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < host.size(); ++i) {
    if (plugin[i].second != host[i].second)
      lines.push_back(difference(host[i].first, plugin[i].second, host[i].second));
  }
  return lines;
}

}  // namespace

std::string host_abi_tag() { return ENGRAM_TEXT(ENGRAM_ABI_TAG); }

EngramFingerprint host_fingerprint() { return sdk::make_fingerprint(); }

std::string one_line(const EngramFingerprint& f) {
  return std::string("SDK ") + f.sdk_version + ", torch " + f.torch_version + ", " + f.compiler + " " +
         f.compiler_version + ", C++" + std::to_string(f.cpp_standard / 100 % 100) + ", " + f.standard_library;
}

std::vector<std::string> tag_differences(const std::string& tag) {
  return differences(tag_rows(tag), tag_rows(host_abi_tag()));
}

std::vector<std::string> fingerprint_differences(const EngramFingerprint& plugin) {
  const EngramFingerprint host = host_fingerprint();
  if (plugin.struct_size != host.struct_size) {
    return {difference("fingerprint of", std::to_string(plugin.struct_size) + " bytes",
                       std::to_string(host.struct_size) + " bytes")};
  }
  return differences(fingerprint_rows(plugin), fingerprint_rows(host));
}

}  // namespace engram::strategy

// How a recipe writes the choices of recipe.hpp. Read and described from the same lists.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "recipe/recipe.hpp"

namespace engram::recipe {

template <class Enum>
using Names = std::vector<std::pair<std::string, Enum>>;

inline const Names<DataFormat> kFormatNames = {{"by extension", DataFormat::by_extension},
                                               {"csv", DataFormat::csv},
                                               {"tsv", DataFormat::tsv},
                                               {"json lines", DataFormat::json_lines},
                                               {"parquet", DataFormat::parquet},
                                               {"label lines", DataFormat::label_lines}};
inline const Names<DataUse> kUseNames = {
    {"train", DataUse::train}, {"evaluate", DataUse::evaluate}, {"strategies", DataUse::strategies}};
inline const Names<DataRole> kRoleNames = {{"new", DataRole::new_task}, {"original", DataRole::original_task}};
inline const Names<TextEncoding> kEncodingNames = {{"utf-8", TextEncoding::utf8},
                                                   {"iso-8859-1", TextEncoding::iso_8859_1}};
inline const Names<Precision> kPrecisionNames = {{"fp32", Precision::fp32}, {"bf16", Precision::bf16}};
inline const Names<SaveEvery> kSaveNames = {{"epoch", SaveEvery::epoch}, {"evaluation", SaveEvery::evaluation}};
inline const Names<SpikeAction> kSpikeNames = {
    {"skip", SpikeAction::skip}, {"cut", SpikeAction::cut}, {"roll back", SpikeAction::roll_back}};
inline const Names<Device> kDeviceNames = {{"auto", Device::automatic}, {"cpu", Device::cpu}, {"cuda", Device::cuda}};

template <class Enum>
std::string name_of(const Names<Enum>& names, Enum wanted) {
  for (const auto& [name, entry] : names) {
    if (entry == wanted) return name;
  }
  return "";
}

}  // namespace engram::recipe

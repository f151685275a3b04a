// The model that a whole model folder was trained from, for a comparison with it or a point on the line between them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "run/opened.hpp"

namespace engram::run {

struct WholeBase {
  model::FolderFacts facts;
  std::unique_ptr<model::Model> model;  // null: there is none, and `missing` says why
  Fault missing;
  BaseIdentity identity;
  bool forced = false;             // its weights are not those that provenance.json names
  std::vector<std::string> notes;  // then both sides
};

// `asked` (--base) if it is not empty, else what provenance.json names. Throws DataError where the model asked for has
// other weights or another tokenizer than provenance.json names, unless that is forced.
WholeBase base_of_whole_model(const Opened& opened, const std::string& asked, OtherBase other_base);

}  // namespace engram::run

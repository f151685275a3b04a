// The model that an adapter belongs to: where it lies, and whether it is the one that the adapter was trained on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/provenance.hpp"
#include "model/folder.hpp"

namespace engram::run {

// Whether an adapter may be put on a model that it was not trained on (--force).
enum class OtherBase { refused, forced };

// The folder of the base: `asked` (--base) if it is not empty, else what the provenance or PEFT's config names. A
// relative name is looked for from the current folder, then beside the adapter and above it. Throws DataError: nothing
// is named, or nothing is there (with every place that was tried).
std::filesystem::path base_of_adapter(const std::filesystem::path& adapter,
                                      const std::optional<checkpoint::Provenance>& provenance,
                                      const std::string& asked);

// What a base is known by.
struct BaseIdentity {
  std::filesystem::path folder;
  std::string tensors;    // model::tensors_hash()
  std::string tokenizer;  // SHA-256 of its file
};
// Reads both whole.
BaseIdentity identity_of(const model::FolderFacts& base);

// What is not as it was: the base's tensors, its tokenizer. Each names both sides, after `relation`: "the adapter was
// trained on".
std::vector<std::string> base_differences(const checkpoint::Provenance& provenance, const BaseIdentity& base,
                                          const std::string& relation);

// What was trained lies in `trained`. Throws DataError with all differences where another base is refused; else returns
// them as notes.
std::vector<std::string> check_base(const checkpoint::Provenance& provenance, const BaseIdentity& base,
                                    const std::string& relation, const std::filesystem::path& trained,
                                    OtherBase other_base);

// Throws DataError, naming both sides, where the provenance does not list as many labels as a head has classes.
void check_labels(const checkpoint::Provenance& provenance, int64_t classes, const std::filesystem::path& folder);

}  // namespace engram::run

// Which evaluation of its run a kept checkpoint is of, and how checkpoints/best stays the one that the training state
// knows: best is written at every best evaluation, a state perhaps only each epoch.
//
// Before a new best takes the place of the one that the newest state names, that one is kept beside it as
// "<folder>.before" until the next state is saved. A run that dies in between finds it there and puts it back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace engram::checkpoint {

inline constexpr const char* kKeptFile = "evaluation.json";

struct Kept {
  int64_t evaluation = 0;  // counted from 0, those that a stop rule undid left out
  int64_t step = 0;
  std::string candidate = {};  // label of weights that a strategy proposed after training; empty: trained ones

  bool operator==(const Kept&) const = default;
};

// kKeptFile in `folder`.
void write_kept(const std::filesystem::path& folder, const Kept& kept);
// Empty where the folder has none, or one that cannot be read.
std::optional<Kept> read_kept(const std::filesystem::path& folder);

// "<folder>.before" as a whole, hard links where the file system has them. Does nothing without a folder, or when there
// is one already. Throws InternalError (exit 6).
void keep_before(const std::filesystem::path& folder);
void drop_before(const std::filesystem::path& folder);
// Makes `folder` the checkpoint that the newest training state names; empty: it names none, and there is none
// afterwards. False: neither the folder nor the one before is it; the folder stays as it is.
bool put_back(const std::filesystem::path& folder, const std::optional<Kept>& named);

}  // namespace engram::checkpoint

#include "run/out_of_memory.hpp"

#include "base/text.hpp"
#include "kernels/failed_allocation.hpp"
#include "run/memory_estimate.hpp"

namespace engram::run {
namespace {

std::string estimate_text(const std::vector<MemoryPart>& parts) {
  std::vector<std::string> words;
  uint64_t sum = 0;
  for (const MemoryPart& part : parts) {
    words.push_back(part.name + " " + text::bytes(part.bytes));
    sum += part.bytes;
  }
  return "training was estimated at " + text::bytes(sum) + ": " + text::join(words, "; ");
}

std::string savings_text(const std::vector<MemorySaving>& savings) {
  if (savings.empty()) return "a machine with more memory";
  std::vector<std::string> words;
  for (const MemorySaving& saving : savings) {
    words.push_back(saving.setting + " (" + text::bytes(saving.bytes) + " less)");
  }
  return "in a new run, " + text::join(words, "; ");
}

}  // namespace

std::optional<OutOfMemory> out_of_memory(const std::exception_ptr& thrown, const Doing& doing,
                                         const Preparation& prepared) {
  const auto failed = kernels::failed_allocation(thrown);
  if (!failed) return std::nullopt;
  const recipe::Train& train = prepared.recipe().train;
  const std::vector<MemoryPart> parts = estimate_memory(train, prepared.view, prepared.resolution);
  const std::vector<MemorySaving> savings = memory_savings(train, prepared.view, prepared.resolution, doing.use);
  const std::string asked =
      failed->bytes == 0 ? "an allocation failed" : text::bytes(failed->bytes) + " more could not be had";
  OutOfMemory told{.fault = {.what = "out of memory (" + doing.what + "): " + asked + "; " + estimate_text(parts),
                             .fix = savings_text(savings)},
                   .fields = {{"doing", doing.what},
                              {"bytes", failed->bytes == 0 ? Json(nullptr) : Json(failed->bytes)},
                              {"estimate", Json::object()},
                              {"settings", Json::array()}}};
  for (const MemoryPart& part : parts) told.fields["estimate"][part.name] = part.bytes;
  for (const MemorySaving& saving : savings) {
    told.fields["settings"].push_back({{"setting", saving.setting}, {"saves", saving.bytes}});
  }
  return told;
}

}  // namespace engram::run

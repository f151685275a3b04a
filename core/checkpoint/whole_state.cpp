#include "checkpoint/whole_state.hpp"

#include <algorithm>
#include <cerrno>

#include "base/disk.hpp"
#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/checksums.hpp"

namespace engram::checkpoint {
namespace {

namespace fs = std::filesystem;

std::string one_line(const Error& error) {
  std::vector<std::string> lines;
  for (const Fault& fault : error.faults()) lines.push_back(fault.where + " " + fault.what);
  return text::join(lines, "; ");
}

// Empty, with a reason, when the folder holds no whole state.
std::optional<TrainingState> whole(const fs::path& folder, std::string& why) {
  try {
    return read_training_state(folder);
  } catch (const OtherFormat&) {
    throw;
  } catch (const DataError& error) {
    why = one_line(error);
  } catch (const Json::exception& error) {
    why = folder.string() + " lacks what a training state holds: " + error.what();
  }
  return {};
}

[[noreturn]] void refuse(const std::vector<Damaged>& damaged) {
  Faults faults;
  for (const Damaged& one : damaged) {
    faults.add({.what = "is no whole training state, and no older one will do: " + one.why,
                .where = one.folder.string(),
                .fix = "put the folder back as the run wrote it, or begin a new run"});
  }
  faults.raise<DataError>();
  throw InternalError({.what = "no training state was looked at"});
}

}  // namespace

std::optional<WholeState> newest_whole_state(const fs::path& folder, Wanted wanted) {
  std::vector<Damaged> damaged;
  const std::vector<fs::path> all = training_states(folder);
  for (auto candidate = all.rbegin(); candidate != all.rend(); ++candidate) {
    std::string why;
    std::optional<TrainingState> state = whole(*candidate, why);
    if (!state) {
      damaged.push_back({*candidate, why});
    } else if (wanted == Wanted::any || state->record.accepted) {
      return WholeState{.folder = *candidate, .state = *std::move(state), .passed_over = std::move(damaged)};
    }
  }
  if (!damaged.empty()) refuse(damaged);
  return {};
}

fs::path set_aside(const Damaged& damaged) {
  const fs::path name = damaged.folder.string() + ".damaged";
  std::error_code failed;
  fs::remove_all(name, failed);
  fs::rename(damaged.folder, name, failed);
  if (failed) disk::refuse_write(damaged.folder, failed.value());
  return name;
}

}  // namespace engram::checkpoint

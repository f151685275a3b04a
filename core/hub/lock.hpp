// A lock file that one process at a time holds, as huggingface_hub uses them (flock).
#pragma once

#include <filesystem>
#include <functional>

namespace engram::hub {

class Lock {
 public:
  // Waits until nobody else holds it; `waits` is called once when somebody does. The system lets go of it when the
  // process ends, in whatever way. Throws InternalError (exit 6) where it cannot be made, interrupt::Interrupted.
  Lock(const std::filesystem::path& file, const std::function<void()>& waits);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace engram::hub

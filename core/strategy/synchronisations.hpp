// Operations that wait for the device, counted while an object of this class is in being: reading a value back, and
// operators whose result's size depends on values. They cost nothing on a CPU, but are the same mistake there. A copy
// to the CPU does not show by its name; reading its values does.
#pragma once

#include <ATen/record_function.h>

#include <cstdint>
#include <map>
#include <string>

namespace engram::strategy {

class SynchronisationCount {
 public:
  SynchronisationCount();
  ~SynchronisationCount();
  SynchronisationCount(const SynchronisationCount&) = delete;
  SynchronisationCount& operator=(const SynchronisationCount&) = delete;

  const std::map<std::string, int64_t>& by_operator() const { return counts_; }

 private:
  std::map<std::string, int64_t> counts_;
  std::map<std::string, int64_t>* outer_;
  at::CallbackHandle handle_ = 0;  // of the outermost count
};

}  // namespace engram::strategy

// Faults of one file of an adapter.
#pragma once

#include <filesystem>
#include <string>

#include "base/errors.hpp"

namespace engram::checkpoint {

class AdapterFaults {
 public:
  AdapterFaults(Faults& faults, const std::filesystem::path& file) : faults_(&faults), file_(file.string()) {}

  Fault fault(const std::string& what, const std::string& allowed = {}, const std::string& fix = {}) const {
    return {.what = "the adapter cannot be used: " + what, .where = file_, .allowed = allowed, .fix = fix};
  }
  void add(const std::string& what, const std::string& allowed = {}, const std::string& fix = {}) const {
    faults_->add(fault(what, allowed, fix));
  }

 private:
  Faults* faults_;
  std::string file_;
};

}  // namespace engram::checkpoint

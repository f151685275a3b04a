#include "base/errors.hpp"

#include <iterator>

namespace engram {
namespace {

std::string joined(const std::vector<Fault>& faults) {
  std::string text;
  for (const Fault& fault : faults) {
    if (!text.empty()) text += '\n';
    text += fault.text();
  }
  return text;
}

}  // namespace

std::string Fault::text() const {
  std::string text = where.empty() ? what : where + ": " + what;
  if (!allowed.empty()) text += " (allowed: " + allowed + ")";
  if (!fix.empty()) text += ". Fix: " + fix;
  return text;
}

Error::Error(std::vector<Fault> faults, ExitCode code)
    : std::runtime_error(joined(faults)), faults_(std::move(faults)), code_(code) {}

Error::~Error() = default;
RecipeError::~RecipeError() = default;
PluginError::~PluginError() = default;
DataError::~DataError() = default;
InternalError::~InternalError() = default;

void Faults::add(std::vector<Fault> faults) {
  faults_.insert(faults_.end(), std::make_move_iterator(faults.begin()), std::make_move_iterator(faults.end()));
}

}  // namespace engram

#include "data/line_faults.hpp"

#include <iterator>
#include <vector>

#include "base/text.hpp"

namespace engram::data {

LineFaults::LineFaults(std::string file, std::string unit, int64_t before)
    : file_(std::move(file)), unit_(std::move(unit)), before_(before) {}

void LineFaults::add(int64_t line, const std::string& place, Fault fault) {
  const std::string number = std::to_string(line + before_);
  fault.where = unit_ == "line" ? file_ + ":" + number : file_ + ", " + unit_ + " " + number;
  if (!place.empty()) fault.where += ", " + place;
  keep(line, std::move(fault));
}

void LineFaults::add_for_file(Fault fault) {
  fault.where = file_;
  keep(0, std::move(fault));
}

void LineFaults::keep(int64_t line, Fault fault) {
  first_.emplace(std::pair{line, count_++}, std::move(fault));
  if (first_.size() > kShown) first_.erase(std::prev(first_.end()));
}

void LineFaults::raise() const {
  if (empty()) return;
  std::vector<Fault> faults;
  for (const auto& [place, fault] : first_) faults.push_back(fault);
  const int64_t more = count_ - static_cast<int64_t>(faults.size());
  if (more > 0) {
    faults.push_back(
        {.what = text::thousands(more) + " more " + (more == 1 ? "fault" : "faults") + " after these", .where = file_});
  }
  throw DataError(std::move(faults));
}

}  // namespace engram::data

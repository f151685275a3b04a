#include "base/written_digests.hpp"

namespace engram {
namespace {

// Writers lie many calls below who wants the digests, and know nothing of checksums.
thread_local WrittenDigests* newest = nullptr;

}  // namespace

WrittenDigests::WrittenDigests(std::filesystem::path folder) : folder_(std::move(folder)), before_(newest) {
  newest = this;
}

WrittenDigests::~WrittenDigests() { newest = before_; }

WrittenDigests* WrittenDigests::wanting(const std::filesystem::path& file) {
  for (WrittenDigests* one = newest; one != nullptr; one = one->before_) {
    if (one->folder_ == file.parent_path()) return one;
  }
  return nullptr;
}

}  // namespace engram

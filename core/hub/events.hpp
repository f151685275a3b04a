// What a pull tells while it goes on; core/cli turns it into lines, a bar or JSON.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "hub/cache.hpp"
#include "hub/selection.hpp"

namespace engram::hub {

struct Listed {
  Reference reference;
  std::string commit;
  Selection selection;
};
// Another process pulls the same repository.
struct WaitsForOther {};
struct FileBegins {
  std::string file;
  uint64_t size = 0;
  uint64_t from = 0;  // bytes that an earlier pull has left
};
struct FileGrows {
  std::string file;
  uint64_t size = 0;
  uint64_t done = 0;
};
enum class Source { network, cache };
struct FileEnds {
  std::string file;
  uint64_t size = 0;
  Source source = Source::network;
};
struct Retries {
  std::string file;  // empty: the listing
  std::string reason;
  double seconds = 0;  // until the next attempt
};
using Event = std::variant<Listed, WaitsForOther, FileBegins, FileGrows, FileEnds, Retries>;
using Tell = std::function<void(const Event&)>;

}  // namespace engram::hub

#include "recipe/keys.hpp"

#include "recipe/sections.hpp"

namespace engram::recipe {
namespace {

// Where the last step of a path starts: its '.', or its '['.
size_t last_step(const std::string& path) {
  const size_t cut = path.find_last_of(".[");
  return cut == std::string::npos ? 0 : cut;
}

}  // namespace

std::string Key::section() const { return path.substr(0, last_step(path)); }

std::string Key::name() const {
  const size_t cut = last_step(path);
  return path.substr(cut + (path[cut] == '.' ? 1 : 0));
}

std::vector<Key> describe_keys() {
  Faults none;
  std::vector<Key> keys;
  Reading reading{none, &keys};
  read_sections(nullptr, reading);
  return keys;
}

}  // namespace engram::recipe

#include "base/json.hpp"

#include <set>
#include <vector>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json_depth.hpp"

namespace engram {
namespace {

constexpr int kDeepestNesting = 200;  // copying, printing and comparing recurse

}  // namespace

Json parse_json(const std::string& text, const std::string& name_for_errors) {
  if (nests_deeper_than(text, kDeepestNesting)) {
    throw DataError(
        {.what = "nests more than " + std::to_string(kDeepestNesting) + " levels deep", .where = name_for_errors});
  }
  std::vector<std::set<std::string>> open_objects;
  std::string duplicate;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key) {
      const std::string key = parsed.get<std::string>();
      if (!open_objects.back().insert(key).second) duplicate = key;
    }
    return true;
  };
  Json value;
  try {
    value = Json::parse(text, watch);
  } catch (const Json::exception& error) {
    const std::string_view words = error.what();  // "[json.exception.parse_error.101] parse error at line ..."
    throw DataError(
        {.what = "is not valid JSON: " + std::string(words.substr(words.find("] ") + 2)), .where = name_for_errors});
  }
  if (!duplicate.empty()) {
    throw DataError({.what = "holds the key '" + duplicate + "' twice in one object", .where = name_for_errors});
  }
  return value;
}

Json read_json(const std::filesystem::path& file) { return parse_json(read_file(file), file.string()); }

}  // namespace engram

#include "run/baseline_cache.hpp"

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace engram::run {
namespace {

std::filesystem::path file_of(const std::string& key) { return cache_folder() / "baselines" / (key + ".json"); }

}  // namespace

std::optional<eval::SetScores> find_baseline(const std::string& key) {
  std::error_code unknown;
  if (!std::filesystem::exists(file_of(key), unknown)) return {};
  try {
    const Json json = read_json(file_of(key));
    return eval::SetScores{.metrics = json.at("metrics").get<std::map<std::string, double>>(),
                           .predictions = json.at("predictions").get<std::vector<int64_t>>(),
                           .losses = json.at("losses").get<std::vector<double>>()};
  } catch (const std::exception& damage) {
    log::info(std::string("a cached baseline is damaged and is computed again: ") + damage.what());
    return {};
  }
}

void keep_baseline(const std::string& key, const eval::SetScores& scores) {
  const Json json = {{"metrics", scores.metrics}, {"predictions", scores.predictions}, {"losses", scores.losses}};
  try {
    write_file_atomically(file_of(key), json.dump());
  } catch (const Error& error) {
    log::warning(std::string("the baseline is not cached: ") + error.what());
  }
}

}  // namespace engram::run

#include "run/run_documents.hpp"

#include "base/errors.hpp"

namespace engram::run {
namespace {

constexpr const char* kRestore = "put the file back that the run wrote";

[[noreturn]] void refuse(const std::string& what, const std::string& file, const std::string& allowed = {}) {
  throw DataError({.what = what, .where = file, .allowed = allowed, .fix = kRestore});
}

// Runs `part`, which takes values out of the document.
template <class Part>
auto reading(const std::string& file, Part part) {
  try {
    return part();
  } catch (const Json::exception& error) {
    const std::string_view words = error.what();  // "[json.exception.out_of_range.403] key 'x' not found"
    refuse("is not what engram writes: " + std::string(words.substr(words.find("] ") + 2)), file);
  }
}

std::optional<std::string> text_or_null(const Json& value) {
  if (value.is_null()) return {};
  return value.get<std::string>();
}

BegunRecipe recipe_of(const Json& record) {
  return {.file = record.at("recipe_file").get<std::string>(),
          .sha256 = record.at("recipe_sha256").get<std::string>(),
          .overrides = record.at("overrides").get<script::Overrides>()};
}

// A link's run lies in the chain's folder, wherever the document says that it does.
std::string folder_name(const Json& link, const std::string& file) {
  const auto name = link.at("folder").get<std::string>();
  const bool is_name = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                       name.find('\0') == std::string::npos;
  if (!is_name)
    refuse("names a run's folder " + link.at("folder").dump(), file, "the name of a folder beside the file");
  return name;
}

}  // namespace

BegunRun begun_run(const Json& manifest, const std::string& file) {
  return reading(file, [&] {
    const Json& chain = manifest.at("chain");
    return BegunRun{.recipe = recipe_of(manifest),
                    .recipe_folder = manifest.at("recipe_folder").get<std::string>(),
                    .point = text_or_null(manifest.at("point")),
                    .starts_from = text_or_null(chain.at("starts_from")),
                    .followed = chain.at("followed").get<bool>()};
  });
}

BegunRecipe begun_grid(const Json& grid, const std::string& file) {
  return reading(file, [&] { return recipe_of(grid); });
}

std::vector<BegunLink> begun_chain(const Json& chain, const std::string& file) {
  return reading(file, [&] {
    std::vector<BegunLink> links;
    const Json& list = chain.at("links");
    if (!list.is_array() || list.empty()) refuse("links names no run", file, "a list of runs");
    for (const Json& link : list) links.push_back({.recipe = recipe_of(link), .folder = folder_name(link, file)});
    return links;
  });
}

}  // namespace engram::run

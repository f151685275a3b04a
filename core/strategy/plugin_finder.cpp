#include "strategy/plugin_finder.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/case.hpp"
#include "base/errors.hpp"
#include "base/text.hpp"

namespace engram::strategy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kSuffix = ".engram.so";

bool has_suffix(const std::string& name) {
  const std::string suffix = kSuffix;
  return name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string id_of(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.substr(0, name.size() - std::string(kSuffix).size());
}

// The plugin files at one place of the search path: a folder, or a plugin file itself.
std::vector<fs::path> files_at(const fs::path& place) {
  std::error_code ignored;
  if (!fs::is_directory(place, ignored)) {
    return fs::exists(place, ignored) && has_suffix(place.filename().string()) ? std::vector{place}
                                                                               : std::vector<fs::path>{};
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(place, ignored)) {
    if (has_suffix(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void refuse_ambiguity(const std::vector<fs::path>& files, const std::string& id, const recipe::Place& place) {
  std::vector<std::string> same;
  for (const fs::path& file : files) {
    if (text::lower(id_of(file)) == text::lower(id)) same.push_back("'" + file.filename().string() + "'");
  }
  if (same.size() < 2) return;
  throw PluginError(Fault{"the plugin '" + id + "' is there twice in " + files.front().parent_path().string() + ": " +
                              text::join(same, " and "),
                          place.text(), "", "remove or rename one of the two files"});
}

[[noreturn]] void refuse_unknown(const std::string& id, const std::vector<fs::path>& search,
                                 const recipe::Place& place) {
  std::vector<std::string> known, folders;
  for (const FoundPlugin& plugin : list_plugins(search)) known.push_back(plugin.id);
  for (const fs::path& folder : search) folders.push_back(folder.string());
  throw PluginError(Fault{"no plugin for the strategy '" + id + "'" + text::did_you_mean(id, known), place.text(), "",
                          "put " + id + kSuffix + " into one of the folders searched: " + text::join(folders, ", ") +
                              "; or name its folder in ENGRAM_PLUGIN_PATH"});
}

void add_environment_path(std::vector<fs::path>& search) {
  const char* list = std::getenv("ENGRAM_PLUGIN_PATH");
  if (list == nullptr) return;
  for (const std::string& folder : text::split(list, ':')) {
    if (!folder.empty()) search.emplace_back(folder);
  }
}

}  // namespace

std::vector<fs::path> plugin_search_path(const std::vector<fs::path>& explicit_paths) {
  std::vector<fs::path> search = explicit_paths;
  add_environment_path(search);
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  if (!unknown) search.push_back(program.parent_path().parent_path() / "lib" / "engram" / "plugins");
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0') {
    search.push_back(fs::path(data) / "engram" / "plugins");
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    search.push_back(fs::path(home) / ".local" / "share" / "engram" / "plugins");
  }
  return search;
}

PluginName plugin_name(const std::string& written) {
  const bool is_file = has_suffix(fs::path(written).filename().string());
  return is_file ? PluginName{id_of(written), written} : PluginName{written};
}

fs::path find_plugin(const PluginName& name, const std::vector<fs::path>& search, const recipe::Place& place) {
  if (!name.file.empty()) {
    if (fs::exists(name.file)) return name.file;
    throw PluginError(Fault{"there is no plugin file " + name.file.string(), place.text(), "", "correct the path"});
  }
  for (const fs::path& entry : search) {
    const std::vector<fs::path> files = files_at(entry);
    const auto found = std::find_if(files.begin(), files.end(), [&](const fs::path& f) { return id_of(f) == name.id; });
    if (found == files.end()) continue;
    refuse_ambiguity(files, name.id, place);
    return *found;
  }
  refuse_unknown(name.id, search, place);
}

std::vector<FoundPlugin> list_plugins(const std::vector<fs::path>& search) {
  std::vector<FoundPlugin> plugins;
  std::set<std::string> seen;
  for (const fs::path& entry : search) {
    for (const fs::path& file : files_at(entry)) {
      const std::string id = id_of(file);
      plugins.push_back({id, file, !seen.insert(id).second});
    }
  }
  return plugins;
}

}  // namespace engram::strategy

#include "run/new_plugin.hpp"

#include <algorithm>
#include <cctype>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "engram/sdk/version.hpp"

namespace engram::run {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLongestName = 40;

bool is_identifier(const std::string& name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name.size() <= kLongestName && name[0] >= 'a' && name[0] <= 'z' && name.back() != '_' &&
         name.find("__") == std::string::npos && std::all_of(name.begin(), name.end(), allowed);
}

void check_name(const NewPluginRequest& request, Faults& faults) {
  if (!is_identifier(request.name)) {
    faults.add({.what = "'" + request.name + "' cannot be the name of a strategy",
                .allowed = "at most " + std::to_string(kLongestName) +
                           " lower-case letters, digits and single underscores, a letter first",
                .fix = "choose a name such as gentle_tuning"});
  } else if (std::find(request.known.begin(), request.known.end(), request.name) != request.known.end()) {
    faults.add({.what = "there is a strategy '" + request.name + "' already",
                .fix = "choose another name; `engram plugins list` shows those that are taken"});
  }
}

void check_folder(const fs::path& out, Faults& faults) {
  std::error_code ignored;
  if (!fs::exists(out, ignored) || (fs::is_directory(out, ignored) && fs::is_empty(out, ignored))) return;
  faults.add({.what = out.string() + (fs::is_directory(out, ignored) ? " holds something already" : " is a file"),
              .fix = "name another folder: --out FOLDER"});
}

std::string sdk_series() {
  return std::to_string(ENGRAM_SDK_VERSION_MAJOR) + "." + std::to_string(ENGRAM_SDK_VERSION_MINOR);
}

// Files that end in .in hold names to fill in; plugin.cpp becomes the strategy's source.
NewFile from_template(const fs::path& file, const NewPluginRequest& request, const fs::path& out) {
  fs::path relative = fs::relative(file, request.templates);
  std::string bytes = read_file(file);
  if (relative.extension() == ".in") {
    relative.replace_extension();
    bytes = text::replaced(std::move(bytes), "@NAME@", request.name);
    bytes = text::replaced(std::move(bytes), "@CLASS@", class_name(request.name));
    bytes = text::replaced(std::move(bytes), "@SDK@", sdk_series());
  }
  if (relative == "plugin.cpp") relative = request.name + ".cpp";
  return {out / relative, std::move(bytes)};
}

std::vector<fs::path> template_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, ignored)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string class_name(const std::string& id) {
  std::string name;
  bool starts_word = true;
  for (const char c : id) {
    if (c != '_') name += starts_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    starts_word = c == '_';
  }
  return name;
}

std::vector<NewFile> make_new_plugin(const NewPluginRequest& request) {
  const fs::path out = request.out.empty() ? fs::path(request.name) : request.out;
  Faults faults;
  check_name(request, faults);
  if (faults.empty() || !request.out.empty()) check_folder(out, faults);
  const std::vector<fs::path> templates = template_files(request.templates);
  if (templates.empty()) {
    faults.add({.what = "this installation holds no template for plugins",
                .where = request.templates.string(),
                .fix = "install engram again"});
  }
  faults.raise<RecipeError>();
  std::vector<NewFile> files;
  for (const fs::path& file : templates) files.push_back(from_template(file, request, out));
  return files;
}

}  // namespace engram::run

#include "strategy/plugin_library.hpp"

#include <boost/dll/shared_library.hpp>

#include <algorithm>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "strategy/fingerprint.hpp"
#include "strategy/guard.hpp"
#include "strategy/plugin_file.hpp"

namespace engram::strategy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kRebuild = "rebuild it against this program's SDK (find_package(engram-sdk)), torch and compiler";

struct Loaded {
  boost::dll::shared_library library;
  Plugin plugin;
};

// Never destroyed: tensors, graphs and exceptions may hold addresses inside the libraries until the process ends.
std::vector<std::unique_ptr<Loaded>>& loaded() {
  static auto* const list = new std::vector<std::unique_ptr<Loaded>>;
  return *list;
}

[[noreturn]] void refuse(const fs::path& file, const std::string& what, const recipe::Place& place,
                         const std::string& fix) {
  throw PluginError(Fault{"plugin " + file.string() + " " + what, place.text(), "", fix});
}

void check_tag(const fs::path& file, const recipe::Place& place) {
  const std::string tag = read_abi_tag(file, place);
  if (tag == host_abi_tag()) return;
  std::vector<std::string> differences = tag_differences(tag);
  if (differences.empty()) differences = {"ABI tag " + tag + ", here " + host_abi_tag()};
  refuse(file, "was built for another engram and was not loaded: " + text::join(differences, "; "), place, kRebuild);
}

boost::dll::shared_library open(const fs::path& file, const recipe::Place& place) {
  try {
    return boost::dll::shared_library(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& error) {
    refuse(file, std::string("cannot be loaded: ") + error.what(), place, kRebuild);
  }
}

EngramFingerprint check_fingerprint(const boost::dll::shared_library& library, const fs::path& file,
                                    const recipe::Place& place) {
  constexpr const char* kFingerprint = "engram_plugin_fingerprint";
  constexpr const char* kEntry = "engram_plugin_entry";
  for (const char* name : {kFingerprint, kEntry}) {
    if (!library.has(name)) refuse(file, std::string("exports no ") + name, place, "write ENGRAM_PLUGIN in one source");
  }
  const EngramFingerprint& fingerprint = *library.get<const EngramFingerprint*()>(kFingerprint)();
  const std::vector<std::string> differences = fingerprint_differences(fingerprint);
  if (!differences.empty()) {
    refuse(file, "was built for another engram: " + text::join(differences, "; "), place, kRebuild);
  }
  return fingerprint;
}

sdk::StrategyDescription ask(const boost::dll::shared_library& library, const std::string& id, const fs::path& file,
                             const recipe::Place& place) {
  sdk::Registrar registrar;
  const CallSite call{id, "entry", "", place};
  guarded(call, [&] { library.get<void(sdk::Registrar&)>("engram_plugin_entry")(registrar); });
  const std::vector<sdk::StrategyDescription>& strategies = registrar.strategies();
  const auto named = [&](const sdk::StrategyDescription& strategy) { return strategy.id == id; };
  const auto found = std::find_if(strategies.begin(), strategies.end(), named);
  if (strategies.size() == 1 && found != strategies.end()) return *found;
  std::vector<std::string> ids;
  for (const sdk::StrategyDescription& strategy : strategies) ids.push_back("'" + strategy.id + "'");
  const std::string registered = ids.empty() ? "no strategy" : text::join(ids, ", ");
  refuse(file, "registers " + registered + " where its file name promises '" + id + "' alone", place,
         "register one strategy whose kId is the file's name without .engram.so");
}

}  // namespace

const Plugin& load_plugin(const std::string& id, const fs::path& file, const recipe::Place& place) {
  const fs::path canonical = fs::canonical(file);
  for (const std::unique_ptr<Loaded>& known : loaded()) {
    if (known->plugin.facts.file != canonical) continue;
    if (known->plugin.facts.id == id) return known->plugin;
    refuse(file, "is another name of '" + known->plugin.facts.id + "'", place,
           "name it '" + known->plugin.facts.id + "'");
  }
  check_tag(canonical, place);
  // Once opened the library stays, refused or not: it has run code, its initialisers.
  guarded({id, "loading", "", place}, [&] {
    loaded().push_back(std::make_unique<Loaded>(Loaded{open(canonical, place), {}}));
  });
  Loaded& entry = *loaded().back();
  const EngramFingerprint fingerprint = check_fingerprint(entry.library, canonical, place);
  Plugin plugin{{id, canonical, sha256_of_file(canonical), one_line(fingerprint)},
                ask(entry.library, id, canonical, place)};
  entry.plugin = std::move(plugin);
  return entry.plugin;
}

}  // namespace engram::strategy

#include "strategy/plugin_library.hpp"

#include <elf.h>

#include <boost/dll/library_info.hpp>
#include <boost/dll/shared_library.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "strategy/fingerprint.hpp"
#include "strategy/guard.hpp"

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

// library_info trusts the header, so the header is checked against the file's size first.
void check_elf(const fs::path& file, const recipe::Place& place) {
  std::ifstream stream(file, std::ios::binary);
  Elf64_Ehdr header{};
  stream.read(reinterpret_cast<char*>(&header), sizeof(header));
  const auto got = static_cast<size_t>(stream.gcount());
  if (got < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    refuse(file, "is no shared library", place, "put the library that the build of the plugin made in its place");
  }
  const uint64_t size = fs::file_size(file);
  const auto cut = [&](uint64_t offset, uint64_t length) { return offset > size || length > size - offset; };
  const char* kCopyAgain = "copy or build the file again";
  if (got < sizeof(header) || cut(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr)) ||
      header.e_shstrndx >= header.e_shnum) {
    refuse(file, "is a damaged shared library: the file is cut short", place, kCopyAgain);
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) {
    refuse(file, "is no shared library of this machine's kind", place, "build it on this machine");
  }
  stream.seekg(static_cast<std::streamoff>(header.e_shoff));
  for (int i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{};
    stream.read(reinterpret_cast<char*>(&section), sizeof(section));
    if (section.sh_type != SHT_NOBITS && cut(section.sh_offset, section.sh_size)) {
      refuse(file, "is a damaged shared library: the file is cut short", place, kCopyAgain);
    }
  }
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

std::string read_abi_tag(const fs::path& file, const recipe::Place& place) {
  check_elf(file, place);
  std::vector<std::string> symbols;
  try {
    symbols = boost::dll::library_info(file).symbols();
  } catch (const std::exception&) {
    refuse(file, "is a damaged shared library: its symbols cannot be read", place, "copy or build the file again");
  }
  const auto tag = std::find_if(symbols.begin(), symbols.end(), is_abi_tag);
  if (tag == symbols.end()) {
    refuse(file, "is a shared library but no plugin of engram, and was not loaded: it has no ABI tag", place,
           "write ENGRAM_PLUGIN in one of its sources");
  }
  return *tag;
}

const Plugin& load_plugin(const std::string& id, const fs::path& file, const recipe::Place& place) {
  const fs::path canonical = fs::canonical(file);
  for (const std::unique_ptr<Loaded>& known : loaded()) {
    if (known->plugin.facts.file != canonical) continue;
    if (known->plugin.facts.id == id) return known->plugin;
    refuse(file, "is another name of '" + known->plugin.facts.id + "'", place,
           "name it '" + known->plugin.facts.id + "'");
  }
  check_tag(canonical, place);
  boost::dll::shared_library library = open(canonical, place);
  // From here on the library stays, refused or not: it has run code.
  loaded().push_back(std::make_unique<Loaded>(Loaded{std::move(library), {}}));
  Loaded& entry = *loaded().back();
  const EngramFingerprint fingerprint = check_fingerprint(entry.library, canonical, place);
  Plugin plugin{{id, canonical, sha256_of_file(canonical), one_line(fingerprint)},
                ask(entry.library, id, canonical, place)};
  entry.plugin = std::move(plugin);
  return entry.plugin;
}

}  // namespace engram::strategy

// What a plugin's file says before it is loaded, and files that mean harm. More of them: tests/fuzz/plugin_file.cpp.
#include "strategy/plugin_file.hpp"

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::strategy;

namespace {

const recipe::Place kPlace{"recipe.lua", 7};

template <class T>
void put(std::string& bytes, size_t at, const T& value) {
  if (bytes.size() < at + sizeof(T)) bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

// A library of three section headers, one symbol and its name; each part may be spoiled before it is written.
struct Parts {
  Elf64_Ehdr header{};
  Elf64_Sym symbol{};
  Elf64_Shdr symbols{};
  Elf64_Shdr names{};
  std::string name = std::string("\0engram_abi_sdk_0_2", 20);

  Parts() {
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 3;
    header.e_shstrndx = 2;
    header.e_shoff = 256;
    symbol.st_name = 1;
    symbol.st_shndx = 1;
    symbols = {.sh_name = 0, .sh_type = SHT_DYNSYM, .sh_offset = 64, .sh_size = 24, .sh_link = 2, .sh_entsize = 24};
    names = {.sh_name = 0, .sh_type = SHT_STRTAB, .sh_offset = 128, .sh_size = 21};
  }

  std::string bytes() const {
    std::string file;
    put(file, 0, header);
    put(file, 64, symbol);
    file.resize(128);
    file += name;
    put(file, 256 + sizeof(Elf64_Shdr), symbols);
    put(file, 256 + 2 * sizeof(Elf64_Shdr), names);
    return file;
  }
};

std::string read(const std::string& bytes) {
  const auto file = std::filesystem::temp_directory_path() / ("engram_plugin_file_" + std::to_string(getpid()) + ".so");
  write_file_atomically(file, bytes);
  std::string told;
  const auto refusal = [&] { told = read_abi_tag(file, kPlace); };
  try {
    refusal();
  } catch (const PluginError& error) {
    told = error.what();
    told = told.substr(told.find(".so ") + 4);
  }
  std::filesystem::remove(file);
  return told;
}

template <class Spoil>
std::string spoiled(Spoil spoil) {
  Parts parts;
  spoil(parts);
  return read(parts.bytes());
}

const std::string kCut = "is a damaged shared library: the file is cut short. Fix: copy or build the file again";
const std::string kSymbols =
    "is a damaged shared library: its symbols cannot be read. Fix: copy or build the file again";
const std::string kKind = "is no shared library of this machine's kind. Fix: build it on this machine";
const std::string kNoTag =
    "is a shared library but no plugin of engram, and was not loaded: it has no ABI tag. Fix: write ENGRAM_PLUGIN in "
    "one "
    "of its sources";

}  // namespace

TEST_CASE("the tag is read out of the dynamic symbols") {
  CHECK(spoiled([](Parts&) {}) == "engram_abi_sdk_0_2");
}

TEST_CASE("places outside the file are refused, also those that lie beyond what 64 bits add up to") {
  CHECK(spoiled([](Parts& parts) { parts.header.e_shoff = 1 << 20; }) == kCut);
  CHECK(spoiled([](Parts& parts) { parts.header.e_shoff = ~uint64_t{0} - 63; }) == kCut);
  CHECK(spoiled([](Parts& parts) { parts.header.e_shnum = 60000; }) == kCut);
  CHECK(spoiled([](Parts& parts) { parts.symbols.sh_offset = ~uint64_t{0} - 8; }) == kCut);
  CHECK(spoiled([](Parts& parts) { parts.symbols.sh_size = ~uint64_t{0}; }) == kCut);
  CHECK(spoiled([](Parts& parts) { parts.symbol.st_name = 1 << 20; }) == kSymbols);
  CHECK(spoiled([](Parts& parts) { parts.symbols.sh_link = 9; }) == kSymbols);
  CHECK(spoiled([](Parts& parts) { parts.symbols.sh_entsize = 0; }) == kSymbols);
  CHECK(read(Parts().bytes().substr(0, 40)) == kCut);
  CHECK(read(Parts().bytes().substr(0, 300)) == kCut);
}

TEST_CASE("libraries of another kind, and symbols that are no tag, are refused") {
  CHECK(spoiled([](Parts& parts) { parts.header.e_machine = EM_AARCH64; }) == kKind);
  CHECK(spoiled([](Parts& parts) { parts.header.e_ident[EI_CLASS] = ELFCLASS32; }) == kKind);
  CHECK(spoiled([](Parts& parts) { parts.header.e_type = ET_EXEC; }) == kKind);
  CHECK(spoiled([](Parts& parts) { parts.symbol.st_shndx = SHN_UNDEF; }) == kNoTag);
  CHECK(spoiled([](Parts& parts) { parts.name[14] = '\x1b'; }) == kNoTag);
}

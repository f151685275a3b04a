#include "strategy/plugin_file.hpp"

#include <elf.h>

#include <cstring>
#include <optional>
#include <vector>

#include "base/errors.hpp"
#include "base/files.hpp"

namespace engram::strategy {
namespace {

constexpr std::string_view kTagStart = "engram_abi_";
constexpr size_t kLongestTag = 400;
constexpr const char* kCopyAgain = "copy or build the file again";

// A shared library's bytes; every place in them is checked before it is looked at.
class Library {
 public:
  Library(std::string_view bytes, std::string file, std::string place)
      : bytes_(bytes), file_(std::move(file)), place_(std::move(place)) {
    if (!bytes_.starts_with(std::string_view(ELFMAG, SELFMAG))) {
      refuse("is no shared library", "put the library that the build of the plugin made in its place");
    }
    header_ = at<Elf64_Ehdr>(0);
    if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB ||
        header_.e_type != ET_DYN || header_.e_machine != EM_X86_64) {
      refuse("is no shared library of this machine's kind", "build it on this machine");
    }
    if (header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shstrndx >= header_.e_shnum) refuse_cut();
    for (size_t i = 0; i < header_.e_shnum; ++i) sections_.push_back(section(i));
  }

  // The first symbol that is defined there and is an ABI tag.
  std::optional<std::string> tag() const {
    for (const Elf64_Shdr& symbols : sections_) {
      if (symbols.sh_type != SHT_DYNSYM) continue;
      if (symbols.sh_entsize != sizeof(Elf64_Sym) || symbols.sh_link >= sections_.size()) refuse_symbols();
      if (sections_[symbols.sh_link].sh_type != SHT_STRTAB) refuse_symbols();
      return tag_among(symbols, content(sections_[symbols.sh_link]));
    }
    return {};
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& fix) const {
    throw PluginError(Fault{"plugin " + file_ + " " + what, place_, "", fix});
  }

 private:
  std::optional<std::string> tag_among(const Elf64_Shdr& symbols, std::string_view names) const {
    for (uint64_t offset = 0; symbols.sh_size - offset >= sizeof(Elf64_Sym); offset += sizeof(Elf64_Sym)) {
      const auto symbol = at<Elf64_Sym>(symbols.sh_offset + offset);
      if (symbol.st_name >= names.size()) refuse_symbols();
      // Bounded, so that names without an end cost no more than a tag does.
      const std::string_view start = names.substr(symbol.st_name, kLongestTag + 1);
      const std::string_view name = start.substr(0, start.find('\0'));
      if (symbol.st_shndx != SHN_UNDEF && is_abi_tag(name)) return std::string(name);
    }
    return {};
  }

  [[noreturn]] void refuse_cut() const { refuse("is a damaged shared library: the file is cut short", kCopyAgain); }
  [[noreturn]] void refuse_symbols() const {
    refuse("is a damaged shared library: its symbols cannot be read", kCopyAgain);
  }

  // Copied, since nothing says that it is aligned.
  template <class T>
  T at(uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) refuse_cut();
    T value{};
    std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    return value;
  }

  Elf64_Shdr section(size_t index) const {
    const uint64_t distance = index * sizeof(Elf64_Shdr);
    if (distance > bytes_.size() || header_.e_shoff > bytes_.size() - distance) refuse_cut();
    const auto found = at<Elf64_Shdr>(header_.e_shoff + distance);
    const bool in_file = found.sh_offset <= bytes_.size() && found.sh_size <= bytes_.size() - found.sh_offset;
    if (found.sh_type != SHT_NOBITS && !in_file) refuse_cut();
    return found;
  }

  std::string_view content(const Elf64_Shdr& section) const {
    return bytes_.substr(section.sh_offset, section.sh_size);
  }

  std::string_view bytes_;
  std::string file_;
  std::string place_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Shdr> sections_;
};

// What the system says of a file that cannot be read is the plugin's fault here.
std::unique_ptr<MappedFile> mapped(const std::filesystem::path& file, const recipe::Place& place) {
  try {
    return std::make_unique<MappedFile>(file);
  } catch (const DataError& error) {
    const std::string what = error.faults().front().what;
    throw PluginError(Fault{"plugin " + file.string() + " " + what, place.text(), "",
                            "put the library that the build of the plugin made in its place"});
  }
}

}  // namespace

bool is_abi_tag(std::string_view symbol) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return symbol.starts_with(kTagStart) && symbol.size() <= kLongestTag &&
         symbol.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string read_abi_tag(const std::filesystem::path& file, const recipe::Place& place) {
  const auto map = mapped(file, place);
  const std::string_view bytes(reinterpret_cast<const char*>(map->bytes().data()), map->bytes().size());
  const Library library(bytes, file.string(), place.text());
  if (std::optional<std::string> tag = library.tag()) return *tag;
  library.refuse("is a shared library but no plugin of engram, and was not loaded: it has no ABI tag",
                 "write ENGRAM_PLUGIN in one of its sources");
}

}  // namespace engram::strategy

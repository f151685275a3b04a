#include "data/example_cache.hpp"

#include <cstring>
#include <span>
#include <string_view>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "data/formats.hpp"

namespace engram::data {
namespace {

// Goes up whenever the file format, the reading of files or the tokenizer library changes what a cache would hold.
constexpr int kFormatVersion = 2;
constexpr std::string_view kExamplesMagic = "engram examples\n";
constexpr std::string_view kLabelsMagic = "engram labels\n";
constexpr size_t kDigestSize = 64;  // of a hexadecimal SHA-256

Json json_of(const std::vector<recipe::Column>& columns) {
  Json list = Json::array();
  for (const recipe::Column& column : columns) {
    std::visit([&](const auto& value) { list.push_back(value); }, column);
  }
  return list;
}

std::filesystem::path cache_file(const char* kind, const Json& key) {
  return cache_folder() / kind / (sha256(key.dump(-1, ' ', false, Json::error_handler_t::replace)) + ".bin");
}

// Appends arrays, each after its length.
class Writer {
 public:
  explicit Writer(std::string_view magic) : bytes_(magic) {}

  template <class T>
  void array(std::span<const T> values) {
    number(static_cast<int64_t>(values.size()));
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  void text(std::string_view value) { array(std::span(value)); }
  void texts(const std::vector<std::string>& values) {
    number(static_cast<int64_t>(values.size()));
    for (const std::string& value : values) text(value);
  }
  void number(int64_t value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }

  void save(const std::filesystem::path& cache) {
    bytes_ += sha256(bytes_);
    try {
      write_file_atomically(cache, bytes_);
    } catch (const InternalError& error) {
      const Fault& fault = error.faults().front();
      log::warning("the cache is not used: " + fault.where + " " + fault.what + "; ENGRAM_CACHE names another folder");
    }
  }

 private:
  std::string bytes_;
};

// Takes apart what Writer wrote; the checksum has been compared before, so lengths are true.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  std::vector<T> array() {
    std::vector<T> values(static_cast<size_t>(number()));
    take(values.data(), values.size() * sizeof(T));
    return values;
  }
  std::string text() {
    const std::vector<char> characters = array<char>();
    return {characters.begin(), characters.end()};
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values(static_cast<size_t>(number()));
    for (std::string& value : values) value = text();
    return values;
  }
  int64_t number() {
    int64_t value = 0;
    take(&value, sizeof(value));
    return value;
  }

 private:
  void take(void* target, size_t size) {
    if (size > 0) std::memcpy(target, bytes_.data(), size);
    bytes_.remove_prefix(size);
  }

  std::string_view bytes_;
};

// What lies between magic and checksum, if both are right.
std::optional<std::string_view> checked_body(std::string_view bytes, std::string_view magic) {
  if (!bytes.starts_with(magic) || bytes.size() < magic.size() + kDigestSize) return std::nullopt;
  const std::string_view covered = bytes.substr(0, bytes.size() - kDigestSize);
  if (sha256(covered) != bytes.substr(covered.size())) return std::nullopt;
  return covered.substr(magic.size());
}

// Runs `read` on the body of a cache file, or returns nothing.
template <class Read>
auto read_cache(const std::filesystem::path& cache, std::string_view magic, Read read)
    -> std::optional<decltype(read(std::declval<Reader&>()))> {
  std::error_code error;
  if (!std::filesystem::is_regular_file(cache, error)) return std::nullopt;
  try {
    const MappedFile map(cache);
    const auto body = checked_body({reinterpret_cast<const char*>(map.bytes().data()), map.bytes().size()}, magic);
    if (body) {
      Reader reader(*body);
      return read(reader);
    }
  } catch (const DataError&) {  // empty, or gone since: as damaged as any other
  }
  log::debug("the cache " + cache.string() + " is damaged and will be written anew");
  return std::nullopt;
}

}  // namespace

std::string reading_settings(const recipe::DataSet& set, const std::filesystem::path& file) {
  recipe::DataSet resolved = set;
  resolved.format = format_of(set, file);
  const Separators separators = separators_of(resolved);
  Json settings = Json::object();
  settings["version"] = kFormatVersion;
  settings["format"] = static_cast<int>(resolved.format);
  settings["text"] = json_of(set.text);
  settings["pair"] = json_of(set.pair);
  settings["label"] = set.label ? json_of({*set.label}) : Json();
  settings["group"] = set.group ? json_of({*set.group}) : Json();
  settings["label_names"] = set.label_names;
  settings["header"] = set.header;
  settings["delimiter"] = static_cast<int>(separators.delimiter);
  settings["quoting"] = separators.quote.has_value();
  settings["encoding"] = static_cast<int>(set.encoding);
  settings["label_until"] = set.label_until ? Json(static_cast<int>(*set.label_until)) : Json();
  settings["rows"] = set.rows ? Json(*set.rows) : Json();
  return settings.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::filesystem::path examples_cache_file(const std::string& file_hash, const std::string& tokenizer_hash,
                                          const std::string& settings, int64_t max_length,
                                          const std::vector<std::string>& labels) {
  return cache_file("examples", Json{file_hash, tokenizer_hash, settings, max_length, Json(labels)});
}

std::filesystem::path label_names_cache_file(const std::string& file_hash, const std::string& settings) {
  return cache_file("labels", Json{file_hash, settings});
}

std::optional<Examples> read_examples_cache(const std::filesystem::path& cache) {
  return read_cache(cache, kExamplesMagic, [](Reader& reader) {
    Examples examples;
    examples.file_hash = reader.text();
    examples.content_hash = reader.text();
    examples.tokens.truncated = reader.number();
    examples.tokens.offsets = reader.array<int64_t>();
    examples.tokens.ids = reader.array<int32_t>();
    const std::vector<uint8_t> types = reader.array<uint8_t>();
    examples.tokens.type_ids.assign(types.begin(), types.end());
    examples.labels = reader.array<int64_t>();
    examples.row_hashes = reader.array<uint64_t>();
    examples.groups = reader.texts();
    examples.from_cache = true;
    return examples;
  });
}

void write_examples_cache(const std::filesystem::path& cache, const Examples& examples) {
  const std::vector<uint8_t> types(examples.tokens.type_ids.begin(), examples.tokens.type_ids.end());
  Writer writer(kExamplesMagic);
  writer.text(examples.file_hash);
  writer.text(examples.content_hash);
  writer.number(examples.tokens.truncated);
  writer.array(std::span<const int64_t>(examples.tokens.offsets));
  writer.array(std::span<const int32_t>(examples.tokens.ids));
  writer.array(std::span<const uint8_t>(types));
  writer.array(std::span<const int64_t>(examples.labels));
  writer.array(std::span<const uint64_t>(examples.row_hashes));
  writer.texts(examples.groups);
  writer.save(cache);
}

std::optional<std::vector<std::string>> read_label_names_cache(const std::filesystem::path& cache) {
  return read_cache(cache, kLabelsMagic, [](Reader& reader) { return reader.texts(); });
}

void write_label_names_cache(const std::filesystem::path& cache, const std::vector<std::string>& names) {
  Writer writer(kLabelsMagic);
  writer.texts(names);
  writer.save(cache);
}

std::string content_hash(const Examples& examples) {
  const auto bytes = [](const auto& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
  };
  return sha256(sha256(bytes(examples.tokens.ids)) + sha256(bytes(examples.tokens.type_ids)) +
                sha256(bytes(examples.tokens.offsets)) + sha256(bytes(examples.labels)));
}

}  // namespace engram::data

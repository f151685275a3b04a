// The cache of tokenized examples and label names: what the key is made of, and the file format.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/examples.hpp"

namespace engram::data {

// Everything about reading a file that changes its rows, as one text (format resolved).
std::string reading_settings(const recipe::DataSet& set, const std::filesystem::path& file);

// Where the examples (or label names) of these inputs lie. Hashes are SHA-256.
std::filesystem::path examples_cache_file(const std::string& file_hash, const std::string& tokenizer_hash,
                                          const std::string& settings, int64_t max_length,
                                          const std::vector<std::string>& labels);
std::filesystem::path label_names_cache_file(const std::string& file_hash, const std::string& settings);

// One file: magic, version, sizes, arrays in the machine's byte order, and a checksum over all of it.
// Reading returns nothing for a file that is missing, damaged or of another version. Writing replaces it atomically;
// a folder that cannot be written costs only time, so it is a warning in the log.
std::optional<Examples> read_examples_cache(const std::filesystem::path& cache);
void write_examples_cache(const std::filesystem::path& cache, const Examples& examples);
std::optional<std::vector<std::string>> read_label_names_cache(const std::filesystem::path& cache);
void write_label_names_cache(const std::filesystem::path& cache, const std::vector<std::string>& names);

// SHA-256 of tokens and labels.
std::string content_hash(const Examples& examples);

}  // namespace engram::data

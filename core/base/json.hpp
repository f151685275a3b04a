// JSON for every room: nlohmann's, keys kept in the order they were written.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

namespace engram {

using Json = nlohmann::ordered_json;

// Parses strictly (no comments, no duplicate keys at any depth). Throws DataError naming the file and the position.
Json read_json(const std::filesystem::path& file);
Json parse_json(const std::string& text, const std::string& name_for_errors);

}  // namespace engram

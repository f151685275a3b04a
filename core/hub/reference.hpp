// The name of a repository: "org/name", "name", "org/name@revision".
#pragma once

#include <optional>
#include <string>

namespace engram::hub {

inline constexpr const char* kMainRevision = "main";

struct Reference {
  std::string repository;                // "org/name", or "name" of the first models
  std::string revision = kMainRevision;  // a branch, a tag or a commit

  // "org/name@revision"; without the revision where it is main.
  std::string text() const;
  bool is_main() const { return revision == kMainRevision; }
};

// Empty: the text could name no repository (a path with ".", two slashes, a blank). By the Hub's rules: letters,
// digits, '-', '_' and '.', at most 96 characters, neither "--" nor "..", no '-' or '.' at either end.
std::optional<Reference> parse_reference(const std::string& text);

// The same, of a name that must be one. Throws DataError saying what is allowed.
Reference require_reference(const std::string& text);

// 40 hexadecimal digits: a commit, which no branch can be called.
bool is_commit(const std::string& text);

}  // namespace engram::hub

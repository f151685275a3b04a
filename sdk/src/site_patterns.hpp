// PEFT's ways to write a set of sites; private to the SDK.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <engram/sdk/settings.hpp>

namespace engram::sdk {

struct SitePattern {
  std::string text;  // as written
  std::function<bool(const std::string& name)> matches;
};

// A list of full names or dotted suffixes; one string is a regular expression over the full name, or "all-linear".
// `setting` is what error texts call it. Throws Error on an empty list and on a malformed expression.
std::vector<SitePattern> site_patterns(const std::string& setting, const Setting& written);

// A regular expression over the end of a name that is the whole name or follows a dot.
SitePattern ending_pattern(const std::string& setting, const std::string& text);

}  // namespace engram::sdk

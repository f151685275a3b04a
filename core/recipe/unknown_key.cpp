#include "recipe/unknown_key.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "recipe/keys.hpp"

namespace engram::recipe {
namespace {

constexpr const char* kName = "<name>";

// "data.train" -> "data.<name>" where the registry has such a section.
std::string general(const std::string& section, const std::vector<Key>& keys) {
  const size_t dot = section.find('.');
  if (dot == std::string::npos) return section;
  const size_t end = section.find('.', dot + 1);
  const std::string wanted = section.substr(0, dot + 1) + kName + (end == std::string::npos ? "" : section.substr(end));
  const auto fits = [&](const Key& key) { return key.section() == wanted; };
  return std::any_of(keys.begin(), keys.end(), fits) ? wanted : section;
}

// "train = { epochs = ... }", "data.<name> = { text = ... }", "schedule = ..." at the top.
std::string written(const Key& key) {
  const std::string section = key.section();
  return section.empty() ? key.name() + " = ..." : section + " = { " + key.name() + " = ... }";
}

// "epochs belongs in train: train = { epochs = ... }"; "" when no section has such a key.
std::string right_place(const std::string& here, const std::string& name, const std::vector<Key>& keys) {
  std::vector<std::string> places;
  std::vector<std::string> examples;
  for (const Key& key : keys) {
    if (key.name() != name || key.section() == here) continue;
    places.push_back(key.section().empty() ? "the recipe's own table" : key.section());
    examples.push_back(written(key));
  }
  if (places.empty()) return "";
  return name + " belongs in " + text::join(places, " or ") + ": " + text::join(examples, ", or ");
}

std::string foreign_hint(const std::string& name) {
  const std::vector<ForeignName>& names = foreign_names();
  const auto found = std::find_if(names.begin(), names.end(), [&](const ForeignName& f) { return f.name == name; });
  if (found == names.end()) return "";
  if (found->path.empty()) return found->hint;
  return "engram's word for it is " + found->path + (found->hint.empty() ? "" : ": " + found->hint);
}

// The nearest key of another section, for a name that is misspelt and misplaced.
std::string near_elsewhere(const std::string& name, const std::vector<Key>& keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name());
  for (const std::string& close : text::nearest(name, names, 1)) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name() == close; });
    return "; did you mean '" + key->path + "'?";
  }
  return "";
}

}  // namespace

std::string foreign_option_fix(const std::string& name, const std::vector<std::string>& options) {
  for (const ForeignName& foreign : foreign_options()) {
    if (foreign.name != name) continue;
    if (foreign.path.empty()) return foreign.hint;
    const bool there = std::find(options.begin(), options.end(), foreign.path) != options.end();
    return there ? "engram's word for it is " + foreign.path : "";
  }
  return "";
}

Fault unknown_key(const std::string& section, const std::string& key, const std::vector<std::string>& known,
                  const Place& place) {
  const std::vector<Key> keys = describe_keys();
  Fault fault{"unknown key " + (section.empty() ? key : section + "." + key), place.text(), text::join(known, ", ")};
  fault.fix = right_place(general(section, keys), key, keys);
  if (fault.fix.empty()) fault.fix = foreign_hint(key);
  std::string close = text::did_you_mean(key, known);
  if (close.empty() && fault.fix.empty()) close = near_elsewhere(key, keys);
  fault.what += close;
  return fault;
}

}  // namespace engram::recipe

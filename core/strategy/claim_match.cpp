#include "strategy/claim_match.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace engram::strategy {
namespace {

bool has_wildcard(const std::string& text) { return text.find_first_of("*?") != std::string::npos; }

bool is_number(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::set<std::string> segments_of(const std::vector<std::string>& names) {
  std::set<std::string> segments;
  for (const std::string& name : names) {
    for (std::string& segment : text::split(name, '.')) segments.insert(std::move(segment));
  }
  return segments;
}

// "; layers go from 0 to 5" for a number beyond the known ones.
std::string layer_hint(const std::set<std::string>& segments) {
  int64_t most = -1;
  for (const std::string& segment : segments) {
    if (is_number(segment) && segment.size() < 6) most = std::max<int64_t>(most, std::stoll(segment));
  }
  return most < 0 ? "" : "; layers go from 0 to " + std::to_string(most);
}

// What could have been meant: whole names for an exact pattern, else the first part that occurs in no name.
std::string hint(const std::string& pattern, const std::vector<std::string>& names) {
  if (!has_wildcard(pattern)) {
    const std::string close = text::did_you_mean(pattern, names);
    if (!close.empty()) return close;
  }
  const std::set<std::string> known = segments_of(names);
  for (const std::string& segment : text::split(pattern, '.')) {
    if (segment.empty() || has_wildcard(segment) || known.count(segment) > 0) continue;
    if (is_number(segment)) return layer_hint(known);
    const std::string close = text::did_you_mean(segment, {known.begin(), known.end()});
    return "; no name has a part '" + segment + "'" + close;
  }
  return names.empty() ? "" : "; names look like '" + names.front() + "'";
}

}  // namespace

std::vector<size_t> matching(const std::string& pattern, const std::vector<std::string>& names,
                             const std::string& claim, const StrategyClaims& claims, Faults& faults) {
  std::vector<size_t> found;
  for (size_t i = 0; i < names.size(); ++i) {
    if (text::glob(pattern, names[i])) found.push_back(i);
  }
  if (found.empty()) {
    faults.add(claim_fault(claims, claim + " '" + pattern + "' matches no parameter" + hint(pattern, names)));
  }
  return found;
}

std::vector<std::string> trunk_names(const sdk::ModelView& view) {
  std::vector<std::string> names;
  for (const sdk::Parameter& parameter : view.parameters) {
    if (parameter.role != sdk::Role::head) names.push_back(parameter.name);
  }
  return names;
}

const ResolvedTensor* own_tensor(const std::string& name, const std::string& user, const StrategyClaims& claims,
                                 const Resolution& resolution, Faults& faults) {
  const std::string space = claims.strategy + ".";
  if (const ResolvedTensor* tensor = resolution.find(space + name)) return tensor;
  std::vector<std::string> own;
  for (const ResolvedTensor& known : resolution.tensors) {
    if (known.claimed && known.name.rfind(space, 0) == 0) own.push_back(known.name.substr(space.size()));
  }
  faults.add(claim_fault(
      claims, user + " names the tensor '" + name + "', which was not claimed" + text::did_you_mean(name, own),
      "claim it by plan.tensor() first"));
  return nullptr;
}

bool check_known(const std::string& name, const std::vector<std::string>& known, const std::string& kind,
                 const std::string& user, const StrategyClaims& claims, Faults& faults) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  faults.add(claim_fault(claims, user + " names the " + kind + " '" + name + "', which the model does not have" +
                                     text::did_you_mean(name, known)));
  return false;
}

Fault claim_fault(const StrategyClaims& claims, const std::string& what, const std::string& fix) {
  return {"strategy '" + claims.strategy + "': " + what, claims.place.text(), "", fix};
}

std::string a_few(const std::vector<std::string>& names) {
  constexpr size_t kShown = 2;
  std::string text;
  for (size_t i = 0; i < std::min(kShown, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

}  // namespace engram::strategy

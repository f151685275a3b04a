#include "strategy/describe.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "base/text.hpp"
#include "strategy/describe_claims.hpp"
#include "strategy/trainability_rules.hpp"

namespace engram::strategy {
namespace {

using Cells = std::array<std::string, 7>;

// Tensors of one module (a block, the embeddings, ...) that are treated alike.
struct Group {
  std::string module;  // "encoder.layer.#", with '#' for the block's number; "classifier"
  int64_t first = -1;  // block numbers that the group spans; -1: none
  int64_t last = -1;
  std::string leaf;  // "*", "*.bias", or "* (5 of 16)"
  int64_t tensors = 0;
  int64_t elements = 0;
  std::array<std::string, 4> treatment;  // owner, trains, rate, decay

  bool continues(const Group& before) const {
    return module == before.module && leaf == before.leaf && treatment == before.treatment && first >= 0 &&
           first == before.last + 1;
  }
};

// A tensor's module, its block's number (-1: none), and the rest of its name.
struct Place {
  std::string module;
  int64_t block = -1;
  bool operator==(const Place& other) const { return module == other.module && block == other.block; }
};

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string::npos;
}

// Up to and with the first number; without one, the first part ("heads" and a strategy's name take a second one).
Place place_of(const ResolvedTensor& tensor) {
  const std::vector<std::string> parts = text::split(tensor.name, '.');
  std::string before;
  for (const std::string& part : parts) {
    if (is_number(part)) return {before + "#", std::stoll(part)};
    before += part + ".";
  }
  const size_t wanted = tensor.claimed || parts.front() == "heads" ? 2 : 1;
  const size_t kept = std::min(std::max<size_t>(parts.size() - 1, 1), wanted);
  return {text::join({parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(kept)}, "."), -1};
}

std::array<std::string, 4> treatment_of(const ResolvedTensor& tensor) {
  const std::string owner = tensor.owner;
  if (tensor.kept) return {owner, "kept", "-", "-"};
  if (!tensor.ever_trains()) return {owner, "never", "-", "-"};
  return {owner, trainability_text(tensor.trainability), rate_scale_text(tensor.rate_scale),
          tensor.weight_decay ? text::shortest(*tensor.weight_decay) : "train's"};
}

std::string leaf_of(const ResolvedTensor& tensor) { return tensor.name.substr(tensor.name.rfind('.') + 1); }

// What the tensors of a group have in common within their module.
std::string leaf_text(const std::vector<const ResolvedTensor*>& group,
                      const std::vector<const ResolvedTensor*>& module) {
  if (group.size() == module.size()) return "*";
  const std::string leaf = leaf_of(*group.front());
  const auto has_leaf = [&](const ResolvedTensor* tensor) { return leaf_of(*tensor) == leaf; };
  const auto count = std::count_if(module.begin(), module.end(), has_leaf);
  const bool all_of_it = std::all_of(group.begin(), group.end(), has_leaf) && count == std::ssize(group);
  if (all_of_it) return "*." + leaf;
  return "* (" + std::to_string(group.size()) + " of " + std::to_string(module.size()) + ")";
}

// The groups of one module, in the order of their first tensors.
std::vector<Group> split_module(const Place& place, const std::vector<const ResolvedTensor*>& module) {
  std::vector<std::pair<std::array<std::string, 4>, std::vector<const ResolvedTensor*>>> parts;
  for (const ResolvedTensor* tensor : module) {
    const auto treatment = treatment_of(*tensor);
    const auto same = [&](const auto& part) { return part.first == treatment; };
    auto part = std::find_if(parts.begin(), parts.end(), same);
    if (part == parts.end()) part = parts.insert(parts.end(), {treatment, {}});
    part->second.push_back(tensor);
  }
  std::vector<Group> groups;
  for (const auto& [treatment, tensors] : parts) {
    Group group{place.module, place.block, place.block, leaf_text(tensors, module), std::ssize(tensors), 0, treatment};
    for (const ResolvedTensor* tensor : tensors) group.elements += tensor->count();
    groups.push_back(std::move(group));
  }
  return groups;
}

// Joins each group to the same group of the block before.
void append(std::vector<Group>& groups, std::vector<Group> more) {
  for (Group& group : more) {
    const auto before = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return group.continues(g); });
    if (before == groups.end()) {
      groups.push_back(std::move(group));
      continue;
    }
    before->last = group.last;
    before->tensors += group.tensors;
    before->elements += group.elements;
  }
}

std::vector<Group> group_tensors(const Resolution& resolution) {
  std::vector<Group> groups;
  std::vector<const ResolvedTensor*> module;
  Place place;
  for (const ResolvedTensor& tensor : resolution.tensors) {
    const Place here = place_of(tensor);
    if (!module.empty() && !(here == place)) {
      append(groups, split_module(place, module));
      module.clear();
    }
    place = here;
    module.push_back(&tensor);
  }
  if (!module.empty()) append(groups, split_module(place, module));
  return groups;
}

std::string name_of(const Group& group) {
  std::string module = group.module;
  if (group.first >= 0) {
    std::string span = std::to_string(group.first);
    if (group.last > group.first) span += "-" + std::to_string(group.last);
    module.replace(module.find('#'), 1, span);
  }
  return module + "." + group.leaf;
}

// Columns padded to one width, without trailing blanks. `counts` are the columns that stand to the right.
template <size_t kColumns>
std::string aligned(const std::vector<std::array<std::string, kColumns>>& rows, const std::set<size_t>& counts = {}) {
  std::array<size_t, kColumns> widths{};
  for (const auto& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string table;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) {
      const std::string blank(widths[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (counts.count(i) > 0 ? blank + row[i] : row[i] + blank);
    }
    table += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return table;
}

}  // namespace

std::string rate_scale_text(double scale) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "x %.6g", scale);
  return digits;
}

std::string summary(const Resolution& resolution) {
  const int64_t trainable = resolution.trainable_count(), total = resolution.total_count();
  const double share = total == 0 ? 0 : 100.0 * static_cast<double>(trainable) / static_cast<double>(total);
  return "trainable " + text::thousands(trainable) + " of " + text::thousands(total) + " (" + text::fixed(share, 2) +
         " %)";
}

std::string describe(const Resolution& resolution) {
  std::vector<Cells> rows = {{"parameters", "tensors", "elements", "decided by", "trains", "rate", "weight decay"}};
  for (const Group& group : group_tensors(resolution)) {
    rows.push_back({name_of(group), std::to_string(group.tensors), text::thousands(group.elements), group.treatment[0],
                    group.treatment[1], group.treatment[2], group.treatment[3]});
  }
  std::string lines = aligned(rows, {1, 2}) + aligned(claim_lines(resolution));
  for (const auto& [strategy, note] : resolution.notes) lines += strategy + ": " + note + "\n";
  return lines + summary(resolution) + "\n";
}

}  // namespace engram::strategy

#include "recipe/overrides.hpp"

#include <charconv>
#include <optional>

#include "base/text.hpp"

namespace engram::recipe {
namespace {

// A step of a path: a key, or a position counted from 1.
struct Step {
  std::string key;
  size_t position = 0;
};

// "strategies[1].rank" -> strategies, [1], rank. Nothing when the path is malformed.
std::optional<std::vector<Step>> parse_path(const std::string& path) {
  std::vector<Step> steps;
  for (const std::string& part : text::split(path, '.')) {
    const size_t bracket = part.find('[');
    const std::string key = part.substr(0, bracket);
    if (key.empty()) return std::nullopt;
    steps.push_back({key});
    std::string_view rest = bracket == std::string::npos ? std::string_view() : std::string_view(part).substr(bracket);
    while (!rest.empty()) {
      size_t position = 0;
      const char* end = rest.data() + rest.size();
      const auto [stop, error] = std::from_chars(rest.data() + 1, end, position);
      if (rest.front() != '[' || error != std::errc() || position == 0 || stop == end || *stop != ']') {
        return std::nullopt;
      }
      steps.push_back({"", position});
      rest = rest.substr(static_cast<size_t>(stop + 1 - rest.data()));
    }
  }
  return steps;
}

Value parse_value(const std::string& text) {
  Value value;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (!text.empty() && error == std::errc() && stop == end) {
    value.data = number;
  } else if (text == "true" || text == "false") {
    value.data = text == "true";
  } else {
    value.data = text;
  }
  return value;
}

Value* find_step(Mixed& table, const Step& step) {
  if (step.position > 0) return step.position <= table.list.size() ? &table.list[step.position - 1] : nullptr;
  for (auto& [key, value] : table.table) {
    if (key == step.key) return &value;
  }
  return nullptr;
}

bool may_be_added(const std::string& parent, const Step& step) {
  return parent.empty() && (step.key == "train" || step.key == "checkpoints");
}

// The fault of a step that leads nowhere: the names or the number of entries that are there.
Fault missing_step(const Value& parent, const Step& step, const std::string& where) {
  const Mixed& table = *parent.table();
  const std::string owner = parent.path.empty() ? "the recipe" : parent.path;
  if (step.position > 0) {
    return {owner + " has no entry " + std::to_string(step.position), where,
            table.list.empty() ? "it has none" : "1 to " + std::to_string(table.list.size())};
  }
  std::vector<std::string> names;
  for (const auto& [key, value] : table.table) names.push_back(key);
  return {owner + " has no '" + step.key + "'" + text::did_you_mean(step.key, names), where, text::join(names, ", ")};
}

void apply(Value& top, const std::string& path, const std::string& text, Faults& faults) {
  const std::string where = "--set " + path;
  const auto steps = parse_path(path);
  if (!steps) return faults.add({"'" + path + "' is no path", where, "such as train.epochs or strategies[1].rank"});
  Value* at = &top;
  for (size_t i = 0; i < steps->size(); ++i) {
    const Step& step = (*steps)[i];
    const bool last = i + 1 == steps->size();
    if (at->table() == nullptr) {
      return faults.add({at->path + " is " + at->type_name() + ", so nothing can be set inside it", where, "a table"});
    }
    Mixed& table = *std::get<std::shared_ptr<Mixed>>(at->data);
    Value* next = find_step(table, step);
    if (next == nullptr) {
      if (step.position > 0 || (!last && !may_be_added(at->path, step))) {
        return faults.add(missing_step(*at, step, where));
      }
      Value added;
      added.data = std::make_shared<Mixed>();
      added.place.file = where;
      added.path = at->path.empty() ? step.key : at->path + "." + step.key;
      table.table.emplace_back(step.key, std::move(added));
      next = &table.table.back().second;
    }
    at = next;
  }
  at->data = parse_value(text).data;
  at->place = {where, 0};
}

}  // namespace

void apply_overrides(Value& top, const std::vector<std::pair<std::string, std::string>>& overrides, Faults& faults) {
  if (top.table() == nullptr) return;
  for (const auto& [path, text] : overrides) apply(top, path, text, faults);
}

}  // namespace engram::recipe

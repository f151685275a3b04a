#include "run/inspect_text.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/style.hpp"

namespace engram::run {
namespace {

constexpr size_t kWidth = 110;
constexpr size_t kIndent = 18;

std::string line(const std::string& name, const std::string& value) {
  return "  " + report::pad_right(name + " ", kIndent - 2) + report::wrap(value, kWidth - kIndent, kIndent) + "\n";
}

std::string plain(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? text::shortest(value.get<double>()) : value.dump();
}

std::string number(const Json& value) { return value.is_number() ? text::thousands(value.get<int64_t>()) : "-"; }
std::string bytes(const Json& value) { return text::bytes(value.get<uint64_t>()); }
bool is_set(const Json& object, const char* key) { return object.contains(key) && !object.at(key).is_null(); }

std::string joined(const Json& list) {
  std::vector<std::string> parts;
  for (const Json& entry : list) parts.push_back(plain(entry));
  return text::join(parts, ", ");
}

std::string heading(const Json& found) {
  std::string kind = found.at("kind").get<std::string>();
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return kind + "  " + found.at("folder").get<std::string>() + "  " + bytes(found.at("bytes")) + "\n";
}

// "0 to 5: 1,774,464 each", or block after block where they differ.
std::string blocks_text(const Json& blocks) {
  const auto count = [](const Json& block) { return block.at("parameters").get<int64_t>(); };
  const bool alike = std::all_of(blocks.begin(), blocks.end(),
                                 [&](const Json& block) { return count(block) == count(blocks.front()); });
  if (alike && blocks.size() > 1) {
    return plain(blocks.front().at("block")) + " to " + plain(blocks.back().at("block")) + ": " +
           text::thousands(count(blocks.front())) + " each";
  }
  std::vector<std::string> parts;
  for (const Json& block : blocks) parts.push_back(plain(block.at("block")) + ": " + text::thousands(count(block)));
  return text::join(parts, ", ");
}

std::string parameters_text(const Json& parameters) {
  std::vector<std::string> dtypes;
  for (const auto& [name, counts] : parameters.at("dtypes").items()) {
    dtypes.push_back(number(counts.at("parameters")) + " " + name + ", " + bytes(counts.at("bytes")));
  }
  std::string lines = line("parameters", number(parameters.at("total")) + " (" + text::join(dtypes, "; ") + ")");
  if (!parameters.at("blocks").empty()) lines += line("  blocks", blocks_text(parameters.at("blocks")));
  for (const auto& [part, count] : parameters.at("parts").items()) lines += line("  " + part, number(count));
  return lines;
}

std::string files_text(const Json& files) {
  std::string lines;
  for (const Json& file : files) {
    const bool sound = file.contains("tensors");
    lines += line("file", plain(file.at("file")) + ", " + bytes(file.at("bytes")) +
                              (sound ? ", " + number(file.at("tensors")) + " tensors" : ", broken"));
  }
  return lines;
}

// One line a value, deeper ones further in.
std::string made_text(const std::string& name, const Json& made, const std::string& before) {
  if (!made.is_object()) return line(before + name, plain(made));
  const bool told = is_set(made, "command");
  std::string lines = line(before + name, told ? plain(made.at("command")) : "");
  for (const auto& [key, value] : made.items()) {
    if (value.is_null() || (told && key == "command")) continue;
    lines += made_text(text::replaced(key, "_", " "), value, before + "  ");
  }
  return lines;
}

std::string provenance_text(const Json& found) {
  if (!is_set(found, "provenance")) return line("provenance", "not recorded");
  const Json& made = found.at("provenance");
  std::string lines = line("trained from", plain(made.at("base")) + ", task " + plain(made.at("task")));
  if (made.at("recipe").is_object()) lines += line("recipe", plain(made.at("recipe").value("file", Json())));
  if (is_set(made, "adapter")) lines += line("went on from", plain(made.at("adapter").value("folder", Json())));
  if (is_set(made, "made")) lines += made_text("made", made.at("made"), "");
  return lines;
}

std::string carries_text(const Json& carries) {
  if (carries.empty()) return "";
  std::vector<std::string> owners;
  for (const Json& tensor : carries) {
    const std::string name = tensor.at("name").get<std::string>();
    const std::string owner = name.substr(0, name.find('.'));
    if (std::find(owners.begin(), owners.end(), owner) == owners.end()) owners.push_back(owner);
  }
  return line("carries", std::to_string(carries.size()) + " tensors of " + text::join(owners, ", "));
}

std::string heads_text(const Json& heads) {
  std::string lines;
  for (const Json& head : heads) {
    lines += line(
        "head", (is_set(head, "task") ? plain(head.at("task")) : "without a name") + ": " + joined(head.at("labels")));
  }
  return lines;
}

std::string model_text(const Json& found) {
  std::string lines;
  if (is_set(found, "architecture")) {
    const Json& a = found.at("architecture");
    lines += line("architecture", plain(a.at("family")) + ", " + plain(a.at("blocks")) + " blocks, " +
                                      plain(a.at("hidden")) + " wide, " + plain(a.at("attention_heads")) + " heads, " +
                                      number(a.at("vocabulary")) + " words, at most " + plain(a.at("max_positions")) +
                                      " tokens");
  }
  lines += parameters_text(found.at("parameters")) + files_text(found.at("files")) + heads_text(found.at("heads"));
  if (is_set(found, "tensors_sha256")) lines += line("tensors sha256", plain(found.at("tensors_sha256")));
  return lines + carries_text(found.at("carries")) + provenance_text(found);
}

std::string base_text(const Json& base) {
  const std::string named = plain(base.at("named"));
  if (!is_set(base, "found")) return line("base", named + (is_set(base, "note") ? "; " + plain(base.at("note")) : ""));
  const bool fits = base.at("fits") == true;
  return line("base", plain(base.at("found")) + (fits ? "; the shapes fit" : "; does not fit") +
                          "; weights: " + plain(base.at("match")));
}

// "0 to 5", or each number where some are left out.
std::string blocks_range(const std::vector<int64_t>& blocks) {
  const auto count = static_cast<int64_t>(blocks.size());
  if (count > 2 && blocks.back() - blocks.front() + 1 == count) {
    return std::to_string(blocks.front()) + " to " + std::to_string(blocks.back());
  }
  std::vector<std::string> numbers;
  for (const int64_t block : blocks) numbers.push_back(std::to_string(block));
  return text::join(numbers, ", ");
}

// One site's name, the block's number taken out: "encoder.layer.*.attention.self.query" and 3.
std::pair<std::string, int64_t> without_block(const std::string& site) {
  const std::string marker = "layer.";
  const size_t start = site.find(marker) == std::string::npos ? site.size() : site.find(marker) + marker.size();
  const size_t end = site.find('.', start);
  const std::string digits = site.substr(start, end == std::string::npos ? end : end - start);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return {site, -1};
  return {site.substr(0, start) + "*" + site.substr(start + digits.size()), std::stoll(digits)};
}

// "encoder.layer.*.attention.self.query (0 to 5)".
std::string names_text(const std::vector<std::string>& sites) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<int64_t>> blocks;
  for (const std::string& site : sites) {
    const auto [name, block] = without_block(site);
    if (!blocks.contains(name)) order.push_back(name);
    blocks[name].push_back(block);
  }
  std::vector<std::string> parts;
  for (const std::string& name : order) {
    const std::vector<int64_t>& numbers = blocks.at(name);
    parts.push_back(name + (numbers.front() < 0 ? "" : " (" + blocks_range(numbers) + ")"));
  }
  return text::join(parts, ", ");
}

// Sites with one rank and scale share a line.
std::string sites_text(const Json& sites) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const Json& site : sites) {
    const std::string what = "rank " + plain(site.at("rank")) + ", scale " + plain(site.at("scale")) +
                             (site.at("dora") == true ? ", DoRA" : "");
    const auto same = [&](const auto& group) { return group.first == what; };
    auto found = std::find_if(groups.begin(), groups.end(), same);
    if (found == groups.end()) found = groups.insert(groups.end(), {what, {}});
    found->second.push_back(plain(site.at("site")));
  }
  std::string lines;
  for (const auto& [what, names] : groups) {
    lines += line("sites", what + ", at " + std::to_string(names.size()) + ": " + names_text(names));
  }
  return lines;
}

std::string adapter_text(const Json& found) {
  std::string lines = line("type", plain(found.at("type"))) + sites_text(found.at("sites"));
  if (is_set(found, "virtual_tokens")) lines += line("virtual tokens", plain(found.at("virtual_tokens")));
  if (found.at("biases") != 0) lines += line("trained biases", plain(found.at("biases")));
  if (is_set(found, "head")) {
    const Json& head = found.at("head");
    lines += line("head", is_set(head, "labels") ? plain(head.at("task")) + ": " + joined(head.at("labels"))
                                                 : plain(head.at("classes")) + " classes, labels not recorded");
  }
  lines += heads_text(found.at("other_heads")) + parameters_text(found.at("parameters")) +
           files_text(found.at("files")) + base_text(found.at("base")) + carries_text(found.at("carries")) +
           provenance_text(found);
  if (is_set(found, "recipe_entry")) lines += line("to go on", plain(found.at("recipe_entry")));
  return lines;
}

std::string state_text(const Json& found) {
  return line("step", plain(found.value("step", Json())) + (found.value("accepted", false) ? "" : ", in between")) +
         parameters_text(found.at("parameters")) + files_text(found.at("files"));
}

std::string rows_text(const Json& rows) {
  std::string lines;
  for (const Json& row : rows) {
    const auto value = [&](const char* key) {
      return row.at(key).is_number() ? text::fixed(row.at(key).get<double>(), 4) : "-";
    };
    lines += line(plain(row.at("role")), plain(row.at("set")) + "." + plain(row.at("metric")) + " " +
                                             value("baseline") + " -> " + value("now"));
  }
  return lines;
}

std::string run_text(const Json& found) {
  std::string lines;
  if (is_set(found, "recipe_file")) lines += line("recipe", plain(found.at("recipe_file")));
  if (is_set(found, "model")) lines += line("model", plain(found.at("model").value("folder", Json())));
  if (is_set(found, "adapter")) lines += line("went on from", plain(found.at("adapter").value("folder", Json())));
  if (found.contains("strategies")) lines += line("strategies", joined(found.at("strategies")));
  const bool ended = is_set(found, "ending");
  lines += line("ending", ended ? plain(found.at("ending")) + ", step " + plain(found.at("steps_done")) + " of " +
                                      plain(found.at("steps"))
                                : "none: it is still going, or was ended by force");
  if (is_set(found, "chosen")) {
    const Json& chosen = found.at("chosen");
    lines += line("kept", "step " + plain(chosen.at("step")) + ", score " + text::fixed(chosen.value("score", 0.0), 4) +
                              ", the best of " + plain(chosen.at("among")));
  }
  lines += rows_text(found.at("rows"));
  for (const Json& state : found.at("states")) {
    lines += line("training state", plain(state.at("folder")) + ", step " + plain(state.value("step", Json())) + ", " +
                                        bytes(state.at("bytes")));
  }
  for (const char* kept : {"best", "merged"}) {
    if (is_set(found, kept)) lines += "\n" + inspection_text(found.at(kept));
  }
  return lines;
}

std::string runs_text(const Json& found) {
  std::string lines;
  for (const Json& run : found.at("runs")) {
    const std::string score = is_set(run, "score") ? ", score " + text::fixed(run.at("score").get<double>(), 4) : "";
    lines += line(plain(run.at("folder")), (is_set(run, "ending") ? plain(run.at("ending")) : "not ended") + score);
  }
  return lines;
}

}  // namespace

std::string inspection_text(const Json& found) {
  const std::string kind = found.at("kind").get<std::string>();
  const std::string body = kind == "model"            ? model_text(found)
                           : kind == "adapter"        ? adapter_text(found)
                           : kind == "run"            ? run_text(found)
                           : kind == "training_state" ? state_text(found)
                                                      : runs_text(found);
  return heading(found) + body;
}

}  // namespace engram::run

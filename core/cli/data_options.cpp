#include "cli/data_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

#include "recipe/names.hpp"

namespace engram::cli {
namespace {

recipe::Column column(const std::string& text) {
  const bool digits = !text.empty() && text.size() <= 5 &&
                      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? recipe::Column(std::stoi(text)) : recipe::Column(text);
}

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const auto& [name, format] : recipe::kFormatNames) names.push_back(name);
  return names;
}

std::string value_and_name(const std::string& text) {
  const size_t equals = text.find('=');
  const bool fine = equals != std::string::npos && equals > 0 && equals + 1 < text.size();
  return fine ? "" : "'" + text + "' is not VALUE=NAME, such as 1=World";
}

}  // namespace

void DataOptions::add_to(CLI::App& command) {
  CLI::Option* data =
      command.add_option("--data", file, "An evaluation set: CSV, TSV, JSON Lines or Parquet")->type_name("FILE");
  command.add_option("--text", text, "Its column of texts; several are joined by blanks")
      ->type_name("COLUMN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(data);
  command.add_option("--pair", pair, "Its column of second texts, for a model of pairs")
      ->type_name("COLUMN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->needs(data);
  command.add_option("--label", label, "Its column of labels, by name")->type_name("COLUMN")->needs(data);
  command.add_option("--format", format, "Its format, where the name does not say it")
      ->check(CLI::IsMember(formats()))
      ->needs(data);
  command
      .add_option("--label-names", label_names, "Names of the labels that the file writes otherwise: 1=World 2=Sports")
      ->type_name("VALUE=NAME")
      ->check(value_and_name)
      ->needs(data);
}

std::optional<recipe::DataSet> DataOptions::set() const {
  if (file.empty()) return {};
  recipe::DataSet set{.name = std::filesystem::path(file).stem().string(), .file = file};
  set.use = recipe::DataUse::evaluate;
  for (const std::string& name : text) set.text.push_back(column(name));
  for (const std::string& name : pair) set.pair.push_back(column(name));
  if (!label.empty()) set.label = column(label);
  for (const auto& [name, value] : recipe::kFormatNames) {
    if (name == format) set.format = value;
  }
  for (const std::string& entry : label_names) {
    const size_t equals = entry.find('=');
    set.label_names[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return set;
}

}  // namespace engram::cli

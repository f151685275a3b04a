#include "recipe/describe.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/errors.hpp"
#include "base/whole_number.hpp"
#include "recipe/names.hpp"

namespace engram::recipe {
namespace {

template <class Type>
Json or_null(const std::optional<Type>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json character(const std::optional<char>& value) { return value ? Json(std::string(1, *value)) : Json(nullptr); }

Json column(const Column& column) {
  return std::visit([](const auto& written) { return Json(written); }, column);
}

Json columns(const std::vector<Column>& list) {
  Json all = Json::array();
  for (const Column& entry : list) all.push_back(column(entry));
  return all;
}

Json tasks(const Recipe& recipe) {
  Json all = Json::object();
  for (const Task& task : recipe.tasks) {
    Json head = task.head == HeadSource::fresh ? Json("fresh") : Json("from model");
    if (task.head == HeadSource::probe) head = Json{{"probe", task.probe_data}};
    all[task.name] = {
        {"kind", task.kind}, {"head", head}, {"labels", task.labels}, {"reference_score", task.reference_score}};
  }
  return all;
}

Json data_set(const DataSet& set) {
  return {{"file", set.file},
          {"task", set.task},
          {"use", name_of(kUseNames, set.use)},
          {"role", name_of(kRoleNames, set.role)},
          {"format", name_of(kFormatNames, set.format)},
          {"text", columns(set.text)},
          {"pair", columns(set.pair)},
          {"label", set.label ? column(*set.label) : Json(nullptr)},
          {"group", set.group ? column(*set.group) : Json(nullptr)},
          {"label_names", set.label_names},
          {"label_until", character(set.label_until)},
          {"header", set.header},
          {"delimiter", character(set.delimiter)},
          {"quoting", or_null(set.quoting)},
          {"encoding", name_of(kEncodingNames, set.encoding)},
          {"rows", or_null(set.rows)}};
}

Json plain(const Value& value);

Json plain_table(const Table& table) {
  Json object = Json::object();
  for (const auto& [key, entry] : table) object[key] = plain(entry);
  return object;
}

// A table with both parts keeps its list under "list".
Json plain(const Value& value) {
  if (const bool* flag = value.boolean()) return *flag;
  if (const double* number = value.number()) return *number;
  if (const std::string* string = value.string()) return *string;
  if (value.function() != nullptr) return "function";
  const Mixed* mixed = value.table();
  if (mixed == nullptr) return nullptr;
  Json list = Json::array();
  for (const Value& entry : mixed->list) list.push_back(plain(entry));
  if (mixed->table.empty() && !mixed->list.empty()) return list;
  Json object = plain_table(mixed->table);
  if (!mixed->list.empty()) object["list"] = list;
  return object;
}

Json strategies(const Recipe& recipe) {
  Json all = Json::array();
  for (const StrategyEntry& entry : recipe.strategies) {
    all.push_back({{"id", entry.id}, {"options", plain_table(entry.options)}});
  }
  return all;
}

Json spikes(const std::optional<Spikes>& spikes) {
  if (!spikes) return nullptr;
  return {{"action", name_of(kSpikeNames, spikes->action)},
          {"factor", spikes->factor},
          {"window", spikes->window},
          {"cut", spikes->cut},
          {"most", spikes->most}};
}

Json train(const Train& train) {
  return {{"epochs", train.epochs},
          {"batch_size", train.batch_size},
          {"accumulation", train.accumulation},
          {"learning_rate", train.learning_rate},
          {"weight_decay", train.weight_decay},
          {"beta1", train.beta1},
          {"beta2", train.beta2},
          {"epsilon", train.epsilon},
          {"clip", train.clip},
          {"max_length", train.max_length},
          {"precision", name_of(kPrecisionNames, train.precision)},
          {"device", name_of(kDeviceNames, train.device)},
          {"threads", train.threads},
          {"seed", train.seed},
          {"dropout", or_null(train.dropout)},
          {"evaluations_in_first_epoch", train.evaluations_in_first_epoch},
          {"evaluation_batch_size", train.evaluation_batch_size},
          {"spikes", spikes(train.spikes)}};
}

Json own_metrics(const Recipe& recipe) {
  Json all = Json::object();
  for (const OwnMetric& metric : recipe.metrics) all[metric.name] = metric.smaller_is_better ? "smaller" : "larger";
  return all;
}

Column column_from(const Json& json) {
  return json.is_number() ? Column(static_cast<int>(whole_number(json))) : Column(json.get<std::string>());
}

std::vector<Column> columns_from(const Json& json) {
  std::vector<Column> all;
  for (const Json& entry : json) all.push_back(column_from(entry));
  return all;
}

template <class Type>
std::optional<Type> present(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<Type>());
}

std::optional<char> character_from(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<std::string>().at(0));
}

template <class Enum>
Enum named(const Names<Enum>& names, const Json& json) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == json; });
  if (found == names.end()) throw std::out_of_range(json.dump());
  return found->second;
}

DataSet read_data_set(const Json& json) {
  DataSet set;
  set.file = json.at("file").get<std::string>();
  set.task = json.at("task").get<std::string>();
  set.use = named(kUseNames, json.at("use"));
  set.role = named(kRoleNames, json.at("role"));
  set.format = named(kFormatNames, json.at("format"));
  set.text = columns_from(json.at("text"));
  set.pair = columns_from(json.at("pair"));
  if (!json.at("label").is_null()) set.label = column_from(json.at("label"));
  if (!json.at("group").is_null()) set.group = column_from(json.at("group"));
  set.label_names = json.at("label_names").get<std::map<std::string, std::string>>();
  set.label_until = character_from(json.at("label_until"));
  set.header = json.at("header").get<bool>();
  set.delimiter = character_from(json.at("delimiter"));
  set.quoting = present<bool>(json.at("quoting"));
  set.encoding = named(kEncodingNames, json.at("encoding"));
  set.rows = present<int64_t>(json.at("rows"));
  return set;
}

Json callback(const std::optional<FunctionHandle>& function, const char* otherwise) {
  return function ? "function" : otherwise;
}

}  // namespace

Json resolved(const Recipe& recipe) {
  Json data = Json::object();
  for (const DataSet& set : recipe.data) data[set.name] = data_set(set);
  Json waived = Json::array();
  if (recipe.original_waived) waived.push_back("original");
  for (const std::string& name : recipe.waived_advice) waived.push_back(name);
  return {{"model", recipe.model},
          {"adapter", recipe.adapter.empty() ? Json(nullptr) : Json(recipe.adapter)},
          {"tasks", tasks(recipe)},
          {"data", data},
          {"strategies", strategies(recipe)},
          {"train", train(recipe.train)},
          {"checkpoints",
           {{"every", name_of(kSaveNames, recipe.checkpoints.every)}, {"keep_last", recipe.checkpoints.keep_last}}},
          {"metrics", own_metrics(recipe)},
          {"schedule", callback(recipe.callbacks.schedule, "constant")},
          {"score", callback(recipe.callbacks.score, "accuracy of the new task")},
          {"stop", callback(recipe.callbacks.stop, "never")},
          {"waive", waived}};
}

DataSet data_set_from(const Json& description, const std::string& name, const std::string& where) {
  try {
    DataSet set = read_data_set(description);
    set.name = name;
    return set;
  } catch (const std::exception&) {
    throw DataError(
        {.what = "data." + name + " is not described as this version of engram describes a data set", .where = where});
  }
}

}  // namespace engram::recipe

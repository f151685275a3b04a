#include "recipe/describe.hpp"

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
          {"evaluation_batch_size", train.evaluation_batch_size}};
}

Json own_metrics(const Recipe& recipe) {
  Json all = Json::object();
  for (const OwnMetric& metric : recipe.metrics) all[metric.name] = metric.smaller_is_better ? "smaller" : "larger";
  return all;
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

}  // namespace engram::recipe

#include "recipe/sections.hpp"

#include "base/text.hpp"

namespace engram::recipe {
namespace {

constexpr const char* kHeads = "'fresh', 'from model', { probe = \"a data set\" }";

void read_head(Section& section, Task& task) {
  const Value* head = section.value("head");
  if (head == nullptr) return;
  if (head->table() != nullptr) {
    task.head = HeadSource::probe;
    Section probe(head, section.faults());
    probe.text("probe", task.probe_data, Need::compulsory);
    probe.finish();
    return;
  }
  const std::string* name = head->string();
  if (name != nullptr && *name == "fresh") {
    task.head = HeadSource::fresh;
  } else if (name != nullptr && *name == "from model") {
    task.head = HeadSource::from_model;
  } else {
    Fault fault = value_fault(*head, kHeads);
    if (name != nullptr) fault.what += text::did_you_mean(*name, {"fresh", "from model"});
    section.faults().add(std::move(fault));
  }
}

Task read_task(const std::string& name, const Value& value, Faults& faults) {
  Task task;
  task.name = name;
  task.place = value.place;
  Section section(&value, faults);
  section.choice<std::string>("kind", task.kind, {{"classification", "classification"}});
  read_head(section, task);
  section.strings("labels", task.labels);
  section.number("reference_score", task.reference_score, Range::above(0));
  section.finish();
  if (task.reference_score > 1) faults.add(fault_at(value, "reference_score is above 1", "a share, above 0 to 1"));
  if (task.labels.size() == 1) {
    faults.add(fault_at(value, "labels has one entry", "two labels or more, or none to take them from the data"));
  }
  return task;
}

}  // namespace

std::vector<Task> read_tasks(const Value* tasks, Faults& faults) {
  std::vector<Task> result;
  if (tasks == nullptr) return result;
  if (tasks->table() == nullptr || !tasks->table()->list.empty()) {
    faults.add(value_fault(*tasks, "a table of tasks by name, such as { topics = { kind = \"classification\" } }"));
    return result;
  }
  for (const auto& [name, value] : tasks->table()->table) result.push_back(read_task(name, value, faults));
  return result;
}

}  // namespace engram::recipe

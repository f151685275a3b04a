#include "recipe/sections.hpp"

#include "base/text.hpp"

namespace engram::recipe {
namespace {

const Shape kTasks{"table<string, engram.Task>",
                   "a table of tasks by name, such as { topics = { kind = \"classification\" } }"};
const Shape kHead{"\"fresh\"|\"from model\"|engram.Probe", "'fresh', 'from model', { probe = \"a data set\" }"};

void read_head(Section& section, const std::string& path, Task& task) {
  const Value* head = section.value("head", kHead,
                                    {"Where the head comes from: a fresh one, the model folder's own, or a linear head "
                                     "fitted on a data set before the run.",
                                     "head = \"from model\"", "\"fresh\""});
  if (section.reading().describes() || (head != nullptr && head->table() != nullptr)) {
    task.head = HeadSource::probe;
    Section probe(head, path + ".head", section.reading());
    probe.text("probe", task.probe_data,
               {"The data set on which the head is fitted: of the same task, and no evaluation set.",
                "head = { probe = \"original_train\" }"},
               Need::compulsory);
    probe.finish();
    return;
  }
  const std::string* name = head == nullptr ? nullptr : head->string();
  if (head == nullptr || (name != nullptr && *name == "fresh")) {
    task.head = HeadSource::fresh;
  } else if (name != nullptr && *name == "from model") {
    task.head = HeadSource::from_model;
  } else {
    Fault fault = value_fault(*head, kHead.allowed);
    if (name != nullptr) fault.what += text::did_you_mean(*name, {"fresh", "from model"});
    section.faults().add(std::move(fault));
  }
}

Task read_task(const std::string& name, const Value& value, Reading& reading) {
  Task task;
  task.name = name;
  task.place = value.place;
  Section section(&value, value.path, reading);
  section.choice<std::string>("kind", task.kind, {{"classification", "classification"}},
                              {"The kind of task.", "kind = \"classification\""});
  read_head(section, value.path, task);
  section.strings("labels", task.labels,
                  {"Label names in the order of class indices, two or more.", "labels = { \"bad\", \"good\" }",
                   "those of the head, or of the training data, sorted"});
  section.number("reference_score", task.reference_score, Range::above_to(0, 1),
                 {"The accuracy that counts as having learnt the task, for the gained share and the crossover.",
                  "reference_score = 0.95"});
  section.finish();
  if (task.labels.size() == 1) {
    reading.faults.add(
        fault_at(value, "labels has one entry", "two labels or more, or none to take them from the data"));
  }
  return task;
}

}  // namespace

std::vector<Task> read_tasks(Section& top) {
  std::vector<Task> result;
  const About about{"What is predicted, by task, and where each head comes from.",
                    "tasks = { topics = { head = \"from model\" }, questions = {} }"};
  for (const auto& [name, value] : top.entries("tasks", kTasks, about, Need::compulsory)) {
    result.push_back(read_task(name, value, top.reading()));
  }
  return result;
}

}  // namespace engram::recipe

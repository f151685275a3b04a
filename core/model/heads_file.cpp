#include "model/heads_file.hpp"

#include <set>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/json.hpp"

namespace engram::model {
namespace {

constexpr int kFormat = 1;

class HeadsReader {
 public:
  explicit HeadsReader(const std::filesystem::path& file) : file_(file.string()), object_(read_json(file)) {}

  HeadsFile read() {
    if (!object_.is_object() || object_.value("format", Json()) != kFormat) {
      throw DataError({.what = "is no heads file of this version of engram",
                       .where = file_,
                       .allowed = "an object with \"format\": 1"});
    }
    for (const auto& [key, value] : object_.items()) {
      if (key == "primary") read_primary(value);
      if (key == "others") read_others(value);
      if (key != "format" && key != "primary" && key != "others") {
        fault("has the unknown key \"" + key + "\"", "format, primary, others");
      }
    }
    faults_.raise<DataError>();
    return std::move(heads_);
  }

 private:
  void fault(const std::string& what, const std::string& allowed) {
    faults_.add({.what = what, .where = file_, .allowed = allowed});
  }

  void claim(const std::string& task) {
    if (task.empty() || !tasks_.insert(task).second) {
      fault("names the task \"" + task + "\"" + (task.empty() ? "" : " twice"), "distinct task names");
    }
  }

  void read_primary(const Json& value) {
    if (!value.is_string()) return fault("primary is " + value.dump(), "the name of a task");
    heads_.primary = value.get<std::string>();
    claim(heads_.primary);
  }

  void read_others(const Json& value) {
    if (!value.is_array()) return fault("others is " + value.dump(), "a list of heads");
    for (const Json& item : value) read_head(item);
  }

  void read_head(const Json& item) {
    const std::string allowed = "{\"task\": name, \"labels\": [names]}";
    const bool sound = item.is_object() && item.size() == 2 && item.contains("task") && item["task"].is_string() &&
                       item.contains("labels") && item["labels"].is_array() && !item["labels"].empty();
    if (!sound) return fault("others holds " + item.dump(), allowed);
    HeadsFile::Entry entry{.task = item["task"].get<std::string>(), .labels = {}};
    for (const Json& label : item["labels"]) {
      if (!label.is_string()) return fault("others holds the label " + label.dump(), allowed);
      entry.labels.push_back(label.get<std::string>());
    }
    claim(entry.task);
    heads_.others.push_back(std::move(entry));
  }

  std::string file_;
  Json object_;
  std::set<std::string> tasks_;
  HeadsFile heads_;
  Faults faults_;
};

}  // namespace

HeadsFile read_heads_file(const std::filesystem::path& file) { return HeadsReader(file).read(); }

void write_heads_file(const std::filesystem::path& file, const HeadsFile& heads) {
  Json object;
  object["format"] = kFormat;
  if (!heads.primary.empty()) object["primary"] = heads.primary;
  object["others"] = Json::array();
  for (const HeadsFile::Entry& entry : heads.others) {
    Json item;
    item["task"] = entry.task;
    item["labels"] = entry.labels;
    object["others"].push_back(std::move(item));
  }
  write_file_atomically(file, object.dump(2) + "\n");
}

}  // namespace engram::model

#include "checkpoint/training_state.hpp"

#include <ATen/ATen.h>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "support/catch.hpp"

using namespace engram;
using checkpoint::TrainingState;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-states-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

  void save(int64_t step, int64_t evaluated, int64_t keep_last = 1) const {
    TrainingState state{.step = step, .evaluated_step = evaluated, .script = Json::object()};
    state.weights = {{"w", at::full({2}, static_cast<double>(step))}};
    checkpoint::write_training_state(path_, state, keep_last);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a training state read back holds what was written") {
  const Folder folder;
  TrainingState state{.step = 12,
                      .evaluated_step = 10,
                      .rate_cut = 0.25,
                      .seconds = 3.5,
                      .stopped = checkpoint::Stopped{.within_budget = false, .reason = "lost too much"},
                      .script = Json{{"stop", {{"cuts", 2}}}}};
  state.history.baseline["new"]["accuracy"] = 0.5;
  state.history.evaluations.push_back(
      {.step = 10, .epoch = 0.5, .metrics = {{"new", {{"recall", 0.1}}}}, .score = 0.3});
  state.weights = {{"w", at::arange(3, at::kFloat)}};
  state.trainer = {{"dropout_generator", at::ones({4}, at::kByte)}};
  const TrainingState read = checkpoint::read_training_state(checkpoint::write_training_state(folder.path(), state, 1));
  CHECK(read.step == 12);
  CHECK(read.evaluated_step == 10);
  CHECK(read.rate_cut == 0.25);
  CHECK(read.seconds == 3.5);
  REQUIRE(read.stopped);
  CHECK_FALSE(read.stopped->within_budget);
  CHECK(read.stopped->reason == "lost too much");
  CHECK(read.script == state.script);
  CHECK(read.history.evaluations.at(0).metrics.at("new").at("recall") == 0.1);
  CHECK(at::equal(read.weights.at(0).tensor, state.weights[0].tensor));
  CHECK(read.trainer.at(0).name == "dropout_generator");
}

TEST_CASE("the newest scored state outlives a newer one that was saved between evaluations") {
  const Folder folder;
  folder.save(0, 0);
  folder.save(10, 10);
  CHECK(folder.names() == Names{"step-000010"});
  folder.save(12, 10);  // interrupted
  CHECK(folder.names() == Names{"step-000010", "step-000012"});
  CHECK(checkpoint::newest_training_state(folder.path()).filename() == "step-000012");
  CHECK(checkpoint::newest_scored_state(folder.path()).filename() == "step-000010");
  folder.save(20, 20);
  CHECK(folder.names() == Names{"step-000020"});
}

TEST_CASE("so many scored states are kept as the recipe says") {
  const Folder folder;
  for (const int64_t step : {0, 5, 10, 15}) folder.save(step, step, 2);
  CHECK(folder.names() == Names{"step-000010", "step-000015"});
}

TEST_CASE("a roll-back removes the states of the steps that it undid") {
  const Folder folder;
  folder.save(10, 10, 5);
  folder.save(12, 10, 5);
  folder.save(20, 20, 5);
  checkpoint::remove_training_states_after(folder.path(), 10);
  CHECK(folder.names() == Names{"step-000010"});
  CHECK(checkpoint::newest_scored_state(folder.path() / "nowhere").empty());
}

TEST_CASE("a training state of another format is refused") {
  const Folder folder;
  folder.save(1, 1);
  const auto file = folder.path() / "step-000001/training_state.json";
  write_file_atomically(file, text::replaced(read_file(file), "\"format\": 2", "\"format\": 1"));
  CHECK_THROWS_WITH(checkpoint::read_training_state(folder.path() / "step-000001"),
                    Catch::Contains("the checkpoint has format 1") && Catch::Contains("format 2") &&
                        Catch::Contains("go on with the version of engram that wrote it"));
}

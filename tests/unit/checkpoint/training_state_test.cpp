#include "checkpoint/training_state.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

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

  enum class When { accepted, between };
  void save(int64_t step, When when = When::accepted, int64_t keep_last = 1) const {
    TrainingState state{.record = {.step = step, .accepted = when == When::accepted, .script = Json::object()}};
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

using When = Folder::When;
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a training state read back holds what was written") {
  const Folder folder;
  TrainingState state{.record = {.step = 12,
                                 .evaluated_step = 10,
                                 .accepted = true,
                                 .rate_cut = 0.25,
                                 .seconds = 3.5,
                                 .what = "last",
                                 .log_bytes = {{"events.jsonl", 4000000000}, {"metrics.csv", 7}},
                                 .stopped = checkpoint::Stopped{.within_budget = false, .reason = "lost too much"},
                                 .script = Json{{"stop", {{"cuts", 2}}}}}};
  state.record.history.baseline["new"]["accuracy"] = 0.5;
  state.record.history.evaluations.push_back(
      {.step = 10, .epoch = 0.5, .metrics = {{"new", {{"recall", 0.1}}}}, .score = 0.3});
  state.weights = {{"w", at::arange(3, at::kFloat)}};
  state.trainer = {{"dropout_generator", at::ones({4}, at::kByte)}};
  const double infinity = std::numeric_limits<double>::infinity();
  state.strategies = {{.strategy = "own",
                       .numbers = {{"best", -infinity}, {"third", 1.0 / 3}, {"none", std::nan("")}, {"most", infinity}},
                       .texts = {{"kind", "a"}}}};
  const TrainingState read = checkpoint::read_training_state(checkpoint::write_training_state(folder.path(), state, 1));
  CHECK(read.record.step == 12);
  CHECK(read.record.evaluated_step == 10);
  CHECK(read.record.accepted);
  CHECK(read.record.rate_cut == 0.25);
  CHECK(read.record.seconds == 3.5);
  REQUIRE(read.record.stopped);
  CHECK_FALSE(read.record.stopped->within_budget);
  CHECK(read.record.stopped->reason == "lost too much");
  CHECK(read.record.script == state.record.script);
  CHECK(read.record.history.evaluations.at(0).metrics.at("new").at("recall") == 0.1);
  CHECK(at::equal(read.weights.at(0).tensor, state.weights[0].tensor));
  CHECK(read.trainer.at(0).name == "dropout_generator");
  CHECK(read.record.what == "last");
  CHECK(read.record.log_bytes == state.record.log_bytes);
  const std::map<std::string, double>& numbers = read.strategies.at(0).numbers;
  CHECK(numbers.at("best") == -infinity);
  CHECK(numbers.at("most") == infinity);
  CHECK(numbers.at("third") == 1.0 / 3);
  CHECK(std::isnan(numbers.at("none")));
  CHECK(read.strategies.at(0).texts.at("kind") == "a");
}

TEST_CASE("the newest accepted state outlives a newer one that was saved between evaluations") {
  const Folder folder;
  folder.save(0);
  folder.save(10);
  CHECK(folder.names() == Names{"step-000010"});
  folder.save(12, When::between);
  CHECK(folder.names() == Names{"step-000010", "step-000012"});
  CHECK(checkpoint::newest_training_state(folder.path()).filename() == "step-000012");
  CHECK(checkpoint::newest_accepted_state(folder.path()).filename() == "step-000010");
  folder.save(20);
  CHECK(folder.names() == Names{"step-000020"});
}

TEST_CASE("so many accepted states are kept as the recipe says") {
  const Folder folder;
  for (const int64_t step : {0, 5, 10, 15}) folder.save(step, When::accepted, 2);
  CHECK(folder.names() == Names{"step-000010", "step-000015"});
}

TEST_CASE("a roll-back removes the states of the steps that it undid") {
  const Folder folder;
  folder.save(10, When::accepted, 5);
  folder.save(12, When::between, 5);
  folder.save(20, When::accepted, 5);
  checkpoint::remove_training_states_after(folder.path(), 10);
  CHECK(folder.names() == Names{"step-000010"});
  CHECK(checkpoint::newest_accepted_state(folder.path() / "nowhere").empty());
}

TEST_CASE("a training state of another format is refused") {
  const Folder folder;
  folder.save(1);
  const auto file = folder.path() / "step-000001/training_state.json";
  write_file_atomically(file, text::replaced(read_file(file), "\"format\": 3", "\"format\": 2"));
  std::filesystem::remove(folder.path() / "step-000001/SHA256SUMS");
  CHECK_THROWS_WITH(checkpoint::read_training_state(folder.path() / "step-000001"),
                    Catch::Contains("the training state has format 2") && Catch::Contains("format 3") &&
                        Catch::Contains("go on with the version of engram that wrote it"));
}

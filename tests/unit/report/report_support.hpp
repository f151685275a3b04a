// One imagined run, used by every test of the report room.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "report/views.hpp"

namespace engram::report::tests {

inline EvaluationRow row(const std::string& set, Role role, const std::string& metric, Unit unit, double baseline,
                         double now) {
  EvaluationRow row{set, role, metric, unit, baseline, now, now - baseline, {}, {}};
  if (role == Role::original_task) row.drop = unit == Unit::share ? baseline - now : now - baseline;
  if (role == Role::original_task && unit == Unit::share) row.retained = 1 - *row.drop / (baseline - 0.25);
  return row;
}

inline std::vector<EvaluationRow> rows(double learned, double kept) {
  return {row("new", Role::new_task, "accuracy", Unit::share, 0.224, learned),
          row("new", Role::new_task, "macro_f1", Unit::share, 0.180, learned - 0.01),
          row("new", Role::new_task, "loss", Unit::nats, 1.792, 0.512),
          row("original", Role::original_task, "accuracy", Unit::share, 0.913, kept),
          row("original", Role::original_task, "loss", Unit::nats, 0.301, 0.402)};
}

inline RunHeader header() {
  RunHeader header;
  header.recipe = "lora";
  header.run_folder = "runs/lora-003";
  header.model = "models/news-topics";
  header.model_summary = "bert, 6 blocks, 384 wide";
  header.parameters = 22860672;
  header.trainable = 147456;
  header.data = {{"train", "trains the new task", 1200, ""},
                 {"new", "scores the new task", 400, "8 longer than 128 tokens, cut"},
                 {"original", "scores the original task", 400, ""}};
  header.strategies = {{"lora", "rank 8, alpha 32, dropout 0.1, on query and value"}};
  header.steps = 225;
  header.epochs = 3;
  header.batch_size = 16;
  header.learning_rate = 2e-4;
  header.schedule = "linear, warm-up 0.1";
  header.score = "new.accuracy - 2 x what original.accuracy lost beyond 0.01";
  header.stop = "3 evaluations without a better score, or original.accuracy down by 0.03";
  header.device = "cpu, 2 threads";
  header.precision = "fp32";
  header.seed = 17;
  return header;
}

inline StepProgress progress(int64_t step) {
  StepProgress progress;
  progress.step = step;
  progress.steps = 225;
  progress.epoch = static_cast<double>(step) / 75;
  progress.loss = 1.4;
  progress.learning_rates = {{"base", 1.8e-4}, {"head", 3.6e-4}};
  progress.gradient_norm = 0.75;
  progress.samples_per_second = 352.4;
  progress.seconds_left = 43;
  return progress;
}

inline EvaluationView evaluation() {
  EvaluationView view;
  view.step = 60;
  view.steps = 225;
  view.epoch = 0.8;
  view.rows = rows(0.812, 0.881);
  view.score = 0.7123;
  view.best = true;
  view.seconds = 2.5;
  return view;
}

inline RunSummary summary() {
  RunSummary summary;
  summary.recipe = "lora";
  summary.run_folder = "runs/lora-003";
  summary.strategies = {"lora"};
  summary.ending = Ending::stop_rule;
  summary.reason = "patience: no better score for 3 evaluations";
  summary.steps_done = 150;
  summary.steps = 225;
  summary.parameters = 22860672;
  summary.trainable = 147456;
  summary.rows = rows(0.83, 0.889);
  summary.marginal_crossover = RunPoint{112.4, 1.49};
  summary.chosen = ChosenCheckpoint{135, 1.8, 0.791, 9, "runs/lora-003/checkpoints/best"};
  summary.next = {"engram predict runs/lora-003 texts.txt"};
  summary.training_seconds = 43;
  summary.evaluation_seconds = 12;
  summary.preparing_seconds = 2;
  summary.total_seconds = 58;
  summary.peak_bytes = 812000000;
  return summary;
}

inline RunSummary careless() {
  RunSummary careless = summary();
  careless.recipe = "careless";
  careless.run_folder = "runs/careless-001";
  careless.strategies = {};
  careless.ending = Ending::all_steps;
  careless.reason = "";
  careless.steps_done = 225;
  careless.trainable = careless.parameters;
  careless.rows = rows(0.845, 0.740);
  careless.chosen->score = 0.41;
  return careless;
}

// A fresh folder that goes when the test ends.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "engram-report-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::string text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace engram::report::tests

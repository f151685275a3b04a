#include "report/events.hpp"

#include "base/errors.hpp"
#include "report/event_json.hpp"
#include "support/catch.hpp"
#include "unit/report/report_support.hpp"

namespace engram::report {
namespace {

using namespace engram::report::tests;

void write_a_run(const std::filesystem::path& folder, double seconds_a_call) {
  double now = 0;
  EventLog log(folder, [&now, seconds_a_call] { return now += seconds_a_call; });
  log.run_started(header());
  StepProgress step = progress(1);
  step.samples_per_second = 100 * seconds_a_call;
  log.step(step);
  EvaluationView view = evaluation();
  view.seconds = seconds_a_call;
  log.evaluation(view);
  log.checkpoint(60, "best", "checkpoints/best");
  log.warning("12 rows are shared");
  log.stopped(150, Ending::stop_rule, "patience");
  RunSummary end = summary();
  end.total_seconds = seconds_a_call;
  log.finished(end);
}

TEST_CASE("events hold no clock value: the same run at another speed writes the same bytes") {
  const ScratchFolder fast, slow;
  write_a_run(fast.path(), 0.5);
  write_a_run(slow.path(), 7);
  CHECK(fast.text("events.jsonl") == slow.text("events.jsonl"));
  CHECK(fast.text("metrics.csv") == slow.text("metrics.csv"));
  CHECK(fast.text("timing.jsonl") != slow.text("timing.jsonl"));
}

TEST_CASE("a step event holds step, epoch, loss, the rate of every group and the gradient norm") {
  CHECK(step_event(progress(75)).dump() ==
        R"({"event":"step","step":75,"epoch":1.0,"loss":1.4,"learning_rate":{"base":0.00018,"head":0.00036},)"
        R"("gradient_norm":0.75})");
}

TEST_CASE("an evaluation event holds metrics by set, and drop and retained of the original task") {
  EvaluationView view = evaluation();
  view.rows = {{"new", Role::new_task, "accuracy", Unit::share, 0.25, 0.75, 0.5, {}, {}},
               {"old", Role::original_task, "accuracy", Unit::share, 0.75, 0.5, -0.25, 0.25, 0.5}};
  CHECK(evaluation_event(view).dump() ==
        R"({"event":"evaluation","kind":"during","step":60,"epoch":0.8,"metrics":{"new":{"accuracy":0.75},)"
        R"("old":{"accuracy":0.5}},"drop":{"old":{"accuracy":0.25}},"retained":{"old":{"accuracy":0.5}},)"
        R"("score":0.7123,"best":true})");
}

TEST_CASE("metrics.csv has one value a line, with a heading written once") {
  const ScratchFolder scratch;
  write_a_run(scratch.path(), 1);
  write_a_run(scratch.path(), 1);
  const std::string text = scratch.text("metrics.csv");
  CHECK(text.find("step,epoch,role,set,metric,value\n1,") == 0);
  CHECK(text.find("step,", 1) == std::string::npos);
  CHECK(text.find("\n60,0.8,new,new,accuracy,0.812\n") != std::string::npos);
  CHECK(text.find("\n60,0.8,original,original,accuracy,0.881\n") != std::string::npos);
  CHECK(text.find("\n60,0.8,both,,score,0.7123\n") != std::string::npos);
}

TEST_CASE("a set's name with a comma or a quote is quoted in metrics.csv") {
  const ScratchFolder scratch;
  EvaluationView view = evaluation();
  view.rows = {row("a,\"b\"", Role::new_task, "accuracy", Unit::share, 0, 1)};
  EventLog(scratch.path()).evaluation(view);
  CHECK(scratch.text("metrics.csv").find("new,\"a,\"\"b\"\"\",accuracy,1\n") != std::string::npos);
}

TEST_CASE("text that is not UTF-8 does not stop the log") {
  const ScratchFolder scratch;
  EventLog(scratch.path()).warning("caf\xe9");
  CHECK(parse_json(scratch.text("events.jsonl"), "events").at("event") == "warning");
}

TEST_CASE("a full disk ends the run with exit 6 and names the file") {
  const ScratchFolder scratch;
  // /dev/full accepts opening and refuses every write, as a full disk does.
  std::filesystem::create_symlink("/dev/full", scratch.path() / "events.jsonl");
  EventLog log(scratch.path());
  try {
    log.warning("w");
    FAIL("nothing was thrown");
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    CHECK(
        std::string(error.what()) ==
        (scratch.path() / "events.jsonl").string() +
            ": cannot be written: No space left on device. Fix: free some space there, or begin in another run folder");
  }
}

TEST_CASE("files that are cut back and written on hold what was never cut") {
  const ScratchFolder straight, cut;
  write_a_run(straight.path(), 1);
  write_a_run(straight.path(), 1);
  write_a_run(cut.path(), 1);
  const std::map<std::string, int64_t> bytes = EventLog(cut.path()).flushed_bytes();
  CHECK(bytes.at("events.jsonl") == static_cast<int64_t>(cut.text("events.jsonl").size()));
  write_a_run(cut.path(), 7);
  EventLog(cut.path()).warning("another sitting");
  EventLog(cut.path()).cut(bytes);
  write_a_run(cut.path(), 1);
  for (const char* file : {"events.jsonl", "metrics.csv", "timing.jsonl"}) CHECK(cut.text(file) == straight.text(file));
}

TEST_CASE("files that begin again hold nothing of before") {
  const ScratchFolder once, again;
  write_a_run(once.path(), 1);
  write_a_run(again.path(), 3);
  EventLog(again.path()).begin_again();
  write_a_run(again.path(), 1);
  for (const char* file : {"events.jsonl", "metrics.csv", "timing.jsonl"}) CHECK(again.text(file) == once.text(file));
}

TEST_CASE("files that are shorter than the training state knows are all named, and nothing is cut") {
  const ScratchFolder scratch;
  write_a_run(scratch.path(), 1);
  EventLog log(scratch.path());
  const std::string before = scratch.text("timing.jsonl");
  CHECK_THROWS_WITH(log.cut({{"events.jsonl", 1'000'000}, {"timing.jsonl", 0}}),
                    Catch::Contains("events.jsonl") && Catch::Contains("and held 1000000 when the training state") &&
                        Catch::Contains("put back the file as the run wrote it") && Catch::Contains("metrics.csv") &&
                        Catch::Contains("does not say how much of it belongs to the run"));
  CHECK(scratch.text("timing.jsonl") == before);
}

TEST_CASE("what concerns one sitting only is no event") {
  const ScratchFolder scratch;
  EventLog(scratch.path()).sitting("resumed", {{"step", 12}});
  CHECK(scratch.text("events.jsonl").empty());
  CHECK(parse_json(scratch.text("timing.jsonl"), "timing").at("step") == 12);
}

}  // namespace
}  // namespace engram::report

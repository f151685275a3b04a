#include "report/terminal.hpp"

#include <algorithm>
#include <sstream>

#include "base/json.hpp"
#include "support/catch.hpp"
#include "unit/report/report_support.hpp"

namespace engram::report {
namespace {

using namespace engram::report::tests;

// A terminal whose clock the test moves.
struct Screen {
  explicit Screen(Style style) : terminal(out, style, [this] { return now; }) {}
  std::ostringstream out;
  double now = 0;
  Terminal terminal;
};

Style plain() { return {}; }
Style live() { return {.live = true, .unicode = true}; }

TEST_CASE("the header says in one look what will happen") {
  Screen screen(plain());
  screen.terminal.header(header());
  CHECK(screen.out.str() == R"(
  engram  lora

  model       models/news-topics (bert, 6 blocks, 384 wide)
  trains      147,456 of 22,860,672 parameters (0.65 %)
  strategies  lora  rank 8, alpha 32, dropout 0.1, on query and value
  data        train     1,200 rows  trains the new task
              new         400 rows  scores the new task; 8 longer than 128
                                    tokens, cut
              original    400 rows  scores the original task
  schedule    3 epochs, 225 steps of 16 examples, learning rate 2e-04, linear,
              warm-up 0.1
  score       new.accuracy - 2 x what original.accuracy lost beyond 0.01
  stops       3 evaluations without a better score, or original.accuracy down by
              0.03
  runs on     cpu, 2 threads, fp32, seed 17
  run folder  runs/lora-003

)");
}

TEST_CASE("a header without strategies says that everything trains") {
  Screen screen(plain());
  RunHeader full = header();
  full.strategies.clear();
  screen.terminal.header(full);
  CHECK(screen.out.str().find("  strategies  none: every parameter trains\n") != std::string::npos);
}

TEST_CASE("an evaluation sets baseline, now and change side by side, and shows what the original task keeps") {
  Screen screen(plain());
  screen.terminal.evaluation(evaluation());
  CHECK(screen.out.str() == R"(  step 60 of 225, epoch 0.80                                score 0.7123  * best
                                     baseline       now   change
  new task       new       accuracy    22.4 %    81.2 %    +58.8
                           macro F1    18.0 %    80.2 %    +62.2
                           loss        1.7920    0.5120  -1.2800
  original task  original  accuracy    91.3 %    88.1 %     -3.2  keeps 95 %
                           loss        0.3010    0.4020  +0.1010

)");
}

TEST_CASE("the baseline shows its values alone") {
  Screen screen(plain());
  EvaluationView baseline = evaluation();
  baseline.kind = EvaluationKind::baseline;
  baseline.score.reset();
  baseline.rows.resize(1);
  screen.terminal.evaluation(baseline);
  CHECK(screen.out.str() == R"(  the untouched model
                                baseline
  new task       new  accuracy    22.4 %

)");
}

TEST_CASE("colour marks a loss red and a gain green, whichever way the measure runs") {
  Style style;
  style.colour = true;
  Screen screen(style);
  screen.terminal.evaluation(evaluation());
  const std::string text = screen.out.str();
  CHECK(text.find("\033[32m  +58.8\033[0m") != std::string::npos);
  CHECK(text.find("\033[32m-1.2800\033[0m") != std::string::npos);
  CHECK(text.find("\033[31m   -3.2\033[0m") != std::string::npos);
  CHECK(text.find("\033[31m+0.1010\033[0m") != std::string::npos);
}

TEST_CASE("every line of a run fits into 80 columns") {
  Screen screen(plain());
  screen.terminal.header(header());
  screen.terminal.evaluation(evaluation());
  screen.terminal.step(progress(60));
  screen.terminal.summary(summary());
  std::istringstream lines(screen.out.str());
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(columns(line) <= 80);
  }
}

TEST_CASE("away from a terminal, progress is one line for each tenth of the run") {
  Screen screen(plain());
  for (int64_t step = 1; step <= 225; ++step) screen.terminal.step(progress(step));
  const std::string text = screen.out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 11);
  CHECK(text.substr(0, text.find('\n')) ==
        "  step   1/225  epoch 0.01  loss 1.400  lr 1.8e-04  352 samples/s  43 s left");
}

TEST_CASE("away from a terminal, a slow run shows a line every 30 seconds") {
  Screen screen(plain());
  for (int64_t step = 1; step <= 20; ++step) {
    screen.now += 10;
    screen.terminal.step(progress(step));
  }
  const std::string text = screen.out.str();
  // Step 1 opens the first tenth at 10 s; then 40, 70, 100, 130, 160 and 190 s.
  CHECK(std::count(text.begin(), text.end(), '\n') == 7);
}

TEST_CASE("on a terminal the bar is redrawn in place, ten times a second at most") {
  Screen screen(live());
  for (int64_t step = 1; step <= 100; ++step) {
    screen.now += 0.01;
    screen.terminal.step(progress(step));
  }
  const std::string text = screen.out.str();
  CHECK(text.find('\n') == std::string::npos);
  const auto drawn = std::count(text.begin(), text.end(), '\r');
  CHECK(drawn >= 9);
  CHECK(drawn <= 11);
}

TEST_CASE("the bar gives way before what is printed next") {
  Screen screen(live());
  screen.terminal.step(progress(60));
  screen.terminal.note("saved");
  const std::string text = screen.out.str();
  const std::string end = "\r\033[K  saved\n";
  CHECK(text.substr(text.size() - end.size()) == end);
}

TEST_CASE("the bar never wraps, and gives up its parts from the least important on") {
  for (int width : {40, 60, 80, 120}) {
    Style style = live();
    style.width = width;
    Screen screen(style);
    screen.terminal.step(progress(60));
    const std::string line = screen.out.str().substr(4);
    INFO(width << ": " << line);
    CHECK(columns(line) < static_cast<size_t>(width));
    CHECK(line.find("60/225") != std::string::npos);
    CHECK((line.find("samples/s") != std::string::npos) == (width >= 80));
  }
}

TEST_CASE("a locale without UTF-8 gets a bar of ASCII") {
  Style style;
  style.live = true;
  Screen screen(style);
  screen.terminal.step(progress(112));
  const std::string text = screen.out.str();
  CHECK(text.find("[#######") != std::string::npos);
  CHECK(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 128; }));
}

TEST_CASE("the end tells why it stopped, the crossover, the checkpoint, the time and where the results are") {
  Screen screen(plain());
  screen.terminal.summary(summary());
  CHECK(screen.out.str() == R"(  Stopped at step 150 of 225: patience: no better score for 3 evaluations

  the checkpoint that is kept
                                     baseline       now   change
  new task       new       accuracy    22.4 %    83.0 %    +60.6
                           macro F1    18.0 %    82.0 %    +64.0
                           loss        1.7920    0.5120  -1.2800
  original task  original  accuracy    91.3 %    88.9 %     -2.4  keeps 96 %
                           loss        0.3010    0.4020  +0.1010

  crossover   step 112 (epoch 1.49): from here a step cost the original task
              more than it taught
  kept        step 135 (epoch 1.80), score 0.7910, the best of 9 evaluations
              runs/lora-003/checkpoints/best
  took        58 s in all: 43 s training, 12 s evaluating, 2 s preparing; peak
              memory 812.0 MB
  run folder  runs/lora-003

  next        engram predict runs/lora-003 texts.txt

)");
}

TEST_CASE("each ending has its own words") {
  const auto first_line = [](Ending ending) {
    Screen screen(plain());
    RunSummary end = summary();
    end.ending = ending;
    end.reason = "why";
    screen.terminal.summary(end);
    return screen.out.str().substr(0, screen.out.str().find('\n'));
  };
  CHECK(first_line(Ending::all_steps) == "  Finished all 225 steps: why");
  CHECK(first_line(Ending::stop_rule) == "  Stopped at step 150 of 225: why");
  CHECK(first_line(Ending::budget_not_met) == "  Forgetting budget not met, step 150 of 225: why");
  CHECK(first_line(Ending::interrupted) == "  Interrupted at step 150 of 225, the state is saved: why");
  CHECK(first_line(Ending::out_of_time) == "  Out of time at step 150 of 225, the state is saved: why");
  CHECK(first_line(Ending::failed) == "  Failed at step 150 of 225, what was saved before is kept: why");
}

TEST_CASE("a run in which nothing beat the start says that there is no checkpoint, why, and what to do") {
  Screen screen(plain());
  RunSummary end = summary();
  end.chosen->step = 0;
  end.chosen->folder = "";
  screen.terminal.summary(end);
  CHECK(screen.out.str().find("              no checkpoint: the model as it began scored best, and every\n"
                              "              evaluation after step 0 scored less or was refused.") !=
        std::string::npos);
  CHECK(screen.out.str().find("Train longer") != std::string::npos);
}

TEST_CASE("details stand in the lines of --json and not in the table") {
  Style json;
  json.mode = Mode::json;
  Screen table(plain()), lines(json);
  EvaluationView view = evaluation();
  view.rows[1].detail = true;
  table.terminal.evaluation(view);
  lines.terminal.evaluation(view);
  CHECK(table.out.str().find("macro F1") == std::string::npos);
  CHECK(lines.out.str().find("\"macro_f1\"") != std::string::npos);
}

TEST_CASE("no crossover is said, and so is a waived original task") {
  Screen none(plain()), waived(plain());
  RunSummary end = summary();
  end.marginal_crossover.reset();
  none.terminal.summary(end);
  end.original_waived = true;
  waived.terminal.summary(end);
  CHECK(none.out.str().find("crossover   none: no step cost the original task more than it taught") !=
        std::string::npos);
  CHECK(waived.out.str().find("crossover   not looked for: the recipe waives the original task") != std::string::npos);
}

TEST_CASE("quiet mode prints the final lines and nothing before them") {
  Screen screen({.mode = Mode::quiet});
  screen.terminal.header(header());
  screen.terminal.phase("reading");
  screen.terminal.step(progress(1));
  screen.terminal.evaluation(evaluation());
  screen.terminal.warning("w");
  screen.terminal.advice({.name = "rank"});
  CHECK(screen.out.str().empty());
  screen.terminal.summary(summary());
  CHECK(screen.out.str().find("Stopped at step 150") != std::string::npos);
}

TEST_CASE("advice is shown with its place, its reason and the change below") {
  Screen screen({.width = 60});
  screen.terminal.advice({"rank", "strategies[1].rank", "rank 2 is little", "rank = 8", "r.lua:3"});
  CHECK(screen.out.str() ==
        "  advice   strategies[1].rank (r.lua:3): rank 2 is little\n"
        "           change: rank = 8 [rank]\n");
}

TEST_CASE("json mode prints one object a line and nothing else") {
  Screen screen({.mode = Mode::json, .live = true, .colour = true});
  screen.terminal.header(header());
  screen.terminal.phase("reading");
  screen.terminal.step(progress(1));
  screen.terminal.evaluation(evaluation());
  screen.terminal.warning("w");
  screen.terminal.advice({.name = "rank"});
  screen.terminal.note("n");
  screen.terminal.summary(summary());
  std::istringstream lines(screen.out.str());
  std::vector<std::string> kinds;
  for (std::string line; std::getline(lines, line);) kinds.push_back(parse_json(line, "line").at("event"));
  CHECK(kinds == std::vector<std::string>{"run_started", "phase", "step", "evaluation", "warning", "advice", "note",
                                          "finished"});
}

}  // namespace
}  // namespace engram::report

// What a loaded recipe tells of itself: which metrics its rules read, and which settings it writes.
#include "unit/script/support.hpp"

using namespace engram;
using namespace engram::test;

namespace {

using Names = std::set<std::string>;

const std::string kScore = "\n  score = function(m) return 1 end,";

const recipe::Metrics kMeasured = {{"new", {{"accuracy", 0.5}, {"loss", 1}}},
                                   {"original", {{"accuracy", 0.8}, {"loss", 0.4}}}};

recipe::History history() {
  recipe::History history{.baseline = kMeasured};
  for (const int64_t step : {0, 10, 20}) history.evaluations.push_back({.step = step, .metrics = kMeasured});
  return history;
}

Names reads_of_stop(const std::string& rule) {
  LoadedText loaded(recipe_text(kTrain + kScore + "\n  stop = " + rule + ","));
  Names reads;
  loaded.script.watch_reads(&reads);
  loaded.script.stop(history());
  return reads;
}

}  // namespace

TEST_CASE("what score reads is watched, of the baseline too, be it without an influence on the result") {
  LoadedText loaded(recipe_text(
      kTrain +
      "\n  score = function(m) local _ = m.new.loss; return m.new.accuracy - m.baseline.original.accuracy end,"));
  Names reads;
  loaded.script.watch_reads(&reads);
  CHECK(loaded.script.score(kMeasured, kMeasured) == Approx(0.5 - 0.8));
  CHECK(reads == Names{"new.loss", "new.accuracy", "baseline.original.accuracy"});
}

TEST_CASE("a stopping rule is watched wherever it looks: at the last evaluation, at earlier ones, at scores") {
  CHECK(reads_of_stop("function(h) h.state.best = math.max(h.state.best or 0, h.last.new.accuracy) return false end") ==
        Names{"new.accuracy"});
  CHECK(reads_of_stop("function(h) return h.history[1].original.loss > 9 end") == Names{"original.loss"});
  CHECK(reads_of_stop("function(h) return h.best.score > 9 or h.last.step > 99 end") == Names{"score"});
  CHECK(reads_of_stop("function(h) return h.baseline.new.loss > 9 end") == Names{"baseline.new.loss"});
  CHECK(reads_of_stop("function(h) return h.seconds > 9 end").empty());
}

TEST_CASE("a walk over a set reads all of it") {
  CHECK(reads_of_stop(
            "function(h) for _, n in pairs(h.last.new) do if n > 9 then return true end end return false end") ==
        Names{"new.accuracy", "new.loss"});
}

TEST_CASE("nothing is added once reads are watched no longer, and names are checked as before") {
  LoadedText loaded(recipe_text(kTrain + "\n  score = function(m) return m.new.acuracy end,"));
  Names reads;
  loaded.script.watch_reads(&reads);
  CHECK_FALSE(refusal([&] { loaded.script.score(kMeasured, kMeasured); }).empty());
  loaded.script.watch_reads(nullptr);
  CHECK(refusal([&] { loaded.script.score(kMeasured, kMeasured); }).find("did you mean 'accuracy'") !=
        std::string::npos);
  CHECK(reads.empty());
}

TEST_CASE("settings that are written are known as such, and overrides count") {
  const LoadedText loaded(recipe_text("  train = { learning_rate = 1e-4, epochs = 3 }," + kScore),
                          {{"train.seed", "4"}});
  CHECK(loaded.script.written("train.epochs"));
  CHECK(loaded.script.written("train.seed"));
  CHECK(loaded.script.written("data.original.role"));
  CHECK_FALSE(loaded.script.written("train.clip"));
  CHECK_FALSE(loaded.script.written("data.new.role"));
}

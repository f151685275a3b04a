#include "support.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::tests;
using Names = std::vector<std::string>;

TEST_CASE("a careful recipe gets no advice") { CHECK(names(good_facts()).empty()); }

TEST_CASE("a score and a stop that read the new task alone are advised on") {
  advisor::Facts facts = good_facts();
  facts.guards = {.score_reads = {"new.accuracy"}, .stop_reads = {"score", "new.loss"}};
  facts.evaluation[1].rows = 4000;
  CHECK(only_text(facts) ==
        "score: neither score nor stop reads a metric of original: what the original task loses changes neither the "
        "checkpoint that is kept nor the end. change: score = require(\"engram.score\").penalised { gain = "
        "\"new.accuracy\", guard = \"original.accuracy\", tolerance = 0.01, weight = 2 }  [new_task_alone]");
}

TEST_CASE("a stopping rule that rolls back guards the original task as well as a score") {
  advisor::Facts facts = good_facts();
  facts.guards = {.score_reads = {"new.accuracy"},
                  .stop_reads = {"original.accuracy"},
                  .stop_rolls_back = true,
                  .stop_tolerates = 0.03};
  CHECK(names(facts).empty());
  facts.guards.stop_rolls_back = false;
  CHECK(only_text(facts) ==
        "stop: the stopping rule sees what original loses, but does not roll back, and score reads the new task alone: "
        "what is kept may be the evaluation that went too far. change: stop = require(\"engram.stop\").budget { metric "
        "= \"original.accuracy\", lose_at_most = 0.03 }, which rolls back; or a score that reads original  "
        "[new_task_alone]");
}

TEST_CASE("a waived original task is advised on unless score or stop read the drift") {
  advisor::Facts facts = good_facts();
  facts.evaluation.pop_back();
  facts.guards = {.score_reads = {"new.accuracy"}};
  CHECK(only_text(facts) ==
        "data: the new task is scored alone: there is no original evaluation set, and score reads neither drift nor "
        "kl, which tell without labels how far the model has moved. change: a data set with use = \"evaluate\", role = "
        "\"original\"; or score = function(m) return m.new.accuracy - m.new.kl end  [new_task_alone]");
  facts.guards.score_reads.insert("new.kl");
  CHECK(names(facts).empty());
}

TEST_CASE(
    "an original set too small for the drop that the rules tolerate is advised on, with the smallest drop it shows") {
  advisor::Facts facts = good_facts();
  facts.evaluation[1].rows = 200;
  facts.evaluation[1].rows_in_file = 200;
  CHECK(only_text(facts) ==
        "data.original: on 200 rows the smallest drop that can be told from chance is 4.4 points of accuracy (paired "
        "test, 95 % confidence, 80 % power), and 2 points matter. change: a larger file: this one has "
        "200 rows, and 979 are needed; or, where there are no more, accept that smaller drops go unnoticed (waive)  "
        "[small_original]");
  facts.evaluation[1].rows_in_file = 400;
  CHECK(only_text(facts).find("change: all 400 rows of its file, and better a larger one: 979 are needed; or") !=
        std::string::npos);
  facts.evaluation[1].rows_in_file = 100000;
  CHECK(only_text(facts).find("change: data.original.rows = 979 or more of the 100,000 in its file") !=
        std::string::npos);
  facts.evaluation[1].rows = 979;
  CHECK(names(facts).empty());
}

TEST_CASE("where no rule says which drop matters, one point does, and the strictest of two rules counts") {
  advisor::Facts facts = good_facts();
  facts.guards.score_tolerates = 1e-9;  // every loss counts
  CHECK(only_text(facts).find(
            "is 1.4 points of accuracy (paired test, 95 % confidence, 80 % power), and 1 point matters") !=
        std::string::npos);
  facts.guards.score_tolerates = 0.05;
  facts.guards.stop_tolerates = 0.01;
  CHECK(names(facts) == Names{"small_original"});
  facts.guards.stop_tolerates = 0.03;
  CHECK(names(facts).empty());
}

TEST_CASE("accuracy alone on a set where one label prevails is advised on") {
  advisor::Facts facts = good_facts();
  facts.evaluation[0].frequent_share = 0.9;
  CHECK(only_text(facts) ==
        "score: score reads the accuracy of new alone, where 'joy' is 90 % of the labels: always answering it scores "
        "0.90. change: new.macro_f1 in place of new.accuracy  [accuracy_only]");
  facts.guards.score_reads.insert("new.macro_f1");
  CHECK(names(facts).empty());
}

TEST_CASE("advice that the recipe waives is not given, and all other advice is") {
  advisor::Facts facts = good_facts();
  facts.evaluation[0].frequent_share = 0.9;
  facts.evaluation[1].rows = 200;
  CHECK(names(facts) == Names{"small_original", "accuracy_only"});
  facts.waived = {"small_original"};
  CHECK(names(facts) == Names{"accuracy_only"});
}

TEST_CASE("advice comes in the order of its names, whichever part found it") {
  advisor::Facts facts = good_facts();
  facts.evaluation[1].rows = 200;
  facts.training.freezes = false;
  facts.training.one_scale = true;
  CHECK(names(facts) == Names{"one_rate", "small_original"});
}

TEST_CASE("a place stands behind the setting") {
  CHECK(text_of({"rank", "strategies[1].rank", "why", "rank = 8", "r.lua:3"}) ==
        "strategies[1].rank (r.lua:3): why. change: rank = 8  [rank]");
}

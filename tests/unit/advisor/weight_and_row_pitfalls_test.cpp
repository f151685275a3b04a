#include "support.hpp"
#include "support/catch.hpp"

using namespace engram;
using namespace engram::tests;
using Names = std::vector<std::string>;

TEST_CASE("a rank below four is advised on, once for all sites") {
  advisor::Facts facts = good_facts();
  facts.low_rank = {{"encoder.layer.0.attention.self.query", 2, 384, "strategies[1].rank"},
                    {"encoder.layer.1.attention.self.query", 2, 384, "strategies[1].rank"}};
  CHECK(only_text(facts) ==
        "strategies[1].rank: rank 2 at encoder.layer.0.attention.self.query and 1 more: below 4 an adapter may be too "
        "small to learn the task. change: rank = 8  [rank]");
  for (advisor::LowRankSite& site : facts.low_rank) site.rank = 4;
  CHECK(names(facts).empty());
}

TEST_CASE("a rank above a quarter of the matrix's smaller side is advised on by site") {
  advisor::Facts facts = good_facts();
  facts.low_rank = {{"encoder.layer.0.attention.self.query", 97, 384, "strategies[2].rank"},
                    {"encoder.layer.0.output.dense", 97, 1536, "strategies[2].rank"}};
  CHECK(
      only_text(facts) ==
      "strategies[2].rank: rank 97 at encoder.layer.0.attention.self.query, whose smaller side is 384: above a quarter "
      "of it an adapter forgets like full fine-tuning, and saves little. change: rank = 8  [rank]");
  for (advisor::LowRankSite& site : facts.low_rank) site.rank = 96;
  CHECK(names(facts).empty());
}

TEST_CASE("a matrix too small for rank four asks for less, not for both") {
  advisor::Facts facts = good_facts();
  facts.low_rank = {{"a", 2, 8, "strategies[1].rank"}};
  CHECK(names(facts).empty());
  facts.low_rank[0].rank = 3;
  CHECK(only_text(facts).find("change: rank = 2") != std::string::npos);
}

TEST_CASE("weight decay that shrinks untouched embeddings is advised on, with how much") {
  advisor::Facts facts = good_facts();
  facts.decayed_tables = {{"embeddings.word_embeddings.weight", 30522, 0.1, 1, "train.weight_decay"}};
  CHECK(
      only_text(facts) ==
      "train.weight_decay: weight decay 0.1 shrinks every row of embeddings.word_embeddings.weight by 0.04 % over 375 "
      "steps; of its 30,522 rows those whose tokens never occur in the training data get nothing else. change: { "
      "\"freezing\", embeddings = \"frozen\" } as one more of strategies, or weight_decay = 0  [embedding_decay]");
  facts.has_strategies = false;
  CHECK(only_text(facts).find(
            "change: strategies = { { \"freezing\", embeddings = \"frozen\" } }, or weight_decay = 0") !=
        std::string::npos);
  facts.decayed_tables[0].weight_decay = 0.01;
  CHECK(names(facts).empty());
  facts.training.steps = 4000;
  CHECK(names(facts) == Names{"embedding_decay"});
}

TEST_CASE("rows that are scored and trained on are counted, with examples") {
  advisor::Facts facts = good_facts();
  facts.shared = {
      {.evaluated = "new", .used = "train", .rows = 12, .of = 500, .examples = {"new.csv:3 = train.csv:17"}}};
  CHECK(only_text(facts) ==
        "data.new: 12 of its 500 rows are also trained on as data.train, so its scores are flattered (new.csv:3 = "
        "train.csv:17). change: take these rows out of one of the two files  [shared_rows]");
  facts.shared[0].trains = false;
  CHECK(only_text(facts).find("are also read by strategies as data.train") != std::string::npos);
  facts.shared[0].rows = 0;
  CHECK(names(facts).empty());
}

TEST_CASE("many cut texts are advised on, up to what the model reads") {
  advisor::Facts facts = good_facts();
  facts.texts[0].cut = 300;
  facts.texts[0].words = 150;
  CHECK(
      only_text(facts) ==
      "train.max_length: too long for the 128 tokens that are read are at least 300 of the 2,000 texts of data.train: "
      "what comes after is not seen. change: max_length = 192  [cut_texts]");
  facts.texts.push_back({.name = "new", .rows = 10, .cut = 1, .words = 200});
  CHECK(only_text(facts).find("300 of the 2,000 texts of data.train, 1 of the 10 texts of data.new: what") !=
        std::string::npos);
  CHECK(only_text(facts).find("change: max_length = 256") != std::string::npos);
  facts.texts.pop_back();
  facts.max_length = 512;
  CHECK(only_text(facts).find("change: shorter texts: the model reads no more than that") != std::string::npos);
  facts.texts[0].cut = 199;
  CHECK(names(facts).empty());
}

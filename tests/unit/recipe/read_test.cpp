#include "recipe/describe.hpp"
#include "recipe/overrides.hpp"
#include "values.hpp"

using namespace engram;
using namespace engram::test;

TEST_CASE("a right recipe has no fault and the documented defaults") {
  const Recipe recipe = read_right(right());
  REQUIRE(recipe.train.epochs == 3);
  REQUIRE(recipe.train.batch_size == 16);
  REQUIRE(recipe.train.clip == 1.0);
  REQUIRE(recipe.checkpoints.keep_last == 2);
  REQUIRE_FALSE(recipe.train.spikes);
  REQUIRE(recipe.find_task("old")->head == HeadSource::from_model);
  REQUIRE(recipe.find_task("fresh")->head == HeadSource::fresh);
  REQUIRE(recipe.find_data("original")->role == DataRole::original_task);
  REQUIRE(recipe.find_data("new")->role == DataRole::new_task);
  REQUIRE(recipe.find_data("nothing") == nullptr);
}

TEST_CASE("every fault is told at once, with place, what is allowed and the nearest name") {
  Value top = right();
  entry(top, "trian") = table({});
  entry(top, "train") = table({{"learning_rat", number(1e-4)},
                               {"epochs", number(-1)},
                               {"batch_size", number(2.5)},
                               {"precision", text("bf61")},
                               {"seed", text("x")}});
  REQUIRE(
      faults_of(top) ==
      Texts{
          "r.lua:1: train.epochs is -1 (allowed: a number above 0)",
          "r.lua:1: train.batch_size is 2.5 (allowed: a whole number from 1 to 65536)",
          "r.lua:1: train.learning_rate is missing (allowed: a number above 0)",
          "r.lua:1: train.precision is 'bf61'; did you mean 'bf16'? (allowed: 'fp32', 'bf16')",
          "r.lua:1: train.seed is 'x' (allowed: a whole number at least 0)",
          "r.lua:1: unknown key train.learning_rat; did you mean 'learning_rate'? (allowed: epochs, batch_size, "
          "accumulation, learning_rate, weight_decay, beta1, beta2, epsilon, clip, max_length, precision, device, "
          "threads, seed, dropout, evaluations_in_first_epoch, evaluation_batch_size, spikes)",
          "r.lua:1: unknown key trian; did you mean 'train'? (allowed: model, adapter, tasks, data, strategies, train, "
          "checkpoints, metrics, schedule, score, stop, waive)"});
}

TEST_CASE("a policy for spikes has defaults of its own, and every value is checked") {
  Value top = right();
  entry(entry(top, "train"), "spikes") = table({});
  const Spikes spikes = read_right(top).train.spikes.value();
  REQUIRE(spikes.action == SpikeAction::skip);
  REQUIRE(spikes.factor == 10);
  REQUIRE(spikes.window == 50);
  REQUIRE(spikes.cut == 0.5);
  REQUIRE(spikes.most == 10);
  REQUIRE(resolved(read_right(top)).at("train").at("spikes") ==
          Json{{"action", "skip"}, {"factor", 10.0}, {"window", 50}, {"cut", 0.5}, {"most", 10}});
  entry(entry(top, "train"), "spikes") = table({{"action", text("rollback")},
                                                {"factor", number(1)},
                                                {"window", number(0)},
                                                {"cut", number(1)},
                                                {"most", number(0)},
                                                {"facter", number(3)}});
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: train.spikes.action is 'rollback'; did you mean 'roll back'? (allowed: 'skip', 'cut', 'roll "
                "back')",
                "r.lua:1: train.spikes.factor is 1 (allowed: a number above 1)",
                "r.lua:1: train.spikes.window is 0 (allowed: a whole number from 1 to 65536)",
                "r.lua:1: train.spikes.cut is 1 (allowed: a number above 0 to below 1)",
                "r.lua:1: train.spikes.most is 0 (allowed: a whole number from 1 to 65536)",
                "r.lua:1: unknown key train.spikes.facter; did you mean 'factor'? (allowed: action, factor, window, "
                "cut, most)"});
  entry(entry(top, "train"), "spikes") = text("skip");
  REQUIRE(faults_of(top) == Texts{"r.lua:1: train.spikes is 'skip' (allowed: a table)"});
}

TEST_CASE("rolling back needs a training state that is saved before the end") {
  Value top = right();
  entry(entry(top, "train"), "spikes") = table({{"action", text("roll back")}});
  REQUIRE(read_right(top).train.spikes->action == SpikeAction::roll_back);
  entry(entry(top, "train"), "epochs") = number(1);
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: train.spikes.action: there is nothing to go back to: checkpoints.every = \"epoch\" saves the "
                "first training state after an epoch, and train.epochs is 1 (allowed: 'skip', 'cut'). Fix: checkpoints "
                "= { every = \"evaluation\" } saves one at each evaluation"});
  entry(top, "checkpoints") = table({{"every", text("evaluation")}});
  REQUIRE(faults_of(top).empty());
}

TEST_CASE("compulsory sections are missed by name") {
  REQUIRE(faults_of(table({})) == Texts{"r.lua:1: model is missing (allowed: a string that is not empty)",
                                        "r.lua:1: tasks is missing (allowed: a table of tasks by name, such as { "
                                        "topics = { kind = \"classification\" } })",
                                        "r.lua:1: data is missing (allowed: a table of data sets by name, such as { "
                                        "train = { \"train.csv\", ... } })",
                                        "r.lua:1: train is missing (allowed: a table with at least learning_rate)"});
}

TEST_CASE("sections of a wrong type are refused") {
  Value top = right();
  entry(top, "train") = number(3);
  entry(top, "strategies") = text("lora");
  entry(top, "stop") = number(1);
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: strategies is 'lora' (allowed: a list of tables such as { \"lora\", rank = 8 })",
                "r.lua:1: train is 3 (allowed: a table)",
                "r.lua:1: stop is 1 (allowed: a function, or one made by engram.stop)"});
}

TEST_CASE("the sets that every run needs are missed") {
  Value top = right();
  entry(top, "data") = table({{"rest", set("a.csv", "fresh", "strategies")}});
  REQUIRE(
      faults_of(top) ==
      Texts{
          "r.lua:1: data: no training set (allowed: at least one data set with use = \"train\")",
          "r.lua:1: data: no evaluation set of the new task (allowed: at least one data set with use = \"evaluate\")",
          "r.lua:1: data: no evaluation set of the original task, so forgetting would go unseen (allowed: at least one "
          "data set "
          "with use = \"evaluate\" and role = \"original\"). Fix: add one, or write waive = { \"original\" } to "
          "go without"});
}

TEST_CASE("the original task is waived by name, and only when it is absent") {
  Value top = right();
  remove(top, "score");
  entry(top, "waive") = table({}, {text("original")});
  REQUIRE(
      faults_of(top) ==
      Texts{
          "r.lua:1: waive = { \"original\" } contradicts the evaluation set with role = \"original\". Fix: remove one "
          "of "
          "the two",
          "r.lua:1: score is missing: with both tasks evaluated, the recipe says how they are weighed (allowed: a "
          "function of "
          "the metrics, or one made by engram.score). Fix: score = score.penalised { gain = \"new.accuracy\", guard = "
          "\"original.accuracy\" }"});
  remove(entry(top, "data"), "original");
  REQUIRE(read_right(top).original_waived);
  entry(top, "waive") = table({}, {text("new")});
  REQUIRE(faults_of(top).front().starts_with("r.lua:1: waive names 'new'"));
}

TEST_CASE("advice is waived by its short name, and a wrong one gets the nearest") {
  Value top = right();
  entry(top, "waive") = table({}, {text("warm_up"), text("rank")});
  REQUIRE(read_right(top).waived_advice == std::vector<std::string>{"warm_up", "rank"});
  REQUIRE_FALSE(read_right(top).original_waived);
  REQUIRE(resolved(read_right(top)).at("waive") == Json{"warm_up", "rank"});
  entry(top, "waive") = table({}, {text("warmup"), text("rank")});
  REQUIRE(
      faults_of(top) ==
      std::vector<std::string>{
          "r.lua:1: waive names 'warmup'; did you mean 'warm_up'? (allowed: original, adapter_base, new_task_alone, "
          "over_training, under_training, "
          "one_rate, rate_too_high, rate_too_low, batch_and_rate, warm_up, rank, embedding_decay, shared_rows, "
          "small_original, accuracy_only, cut_texts)"});
}

TEST_CASE("references between sections are checked") {
  Value top = right();
  entry(entry(entry(top, "data"), "train"), "task") = text("frseh");
  entry(entry(entry(top, "tasks"), "old"), "head") = table({{"probe", text("nwe")}});
  REQUIRE(faults_of(top) == Texts{"r.lua:1: data.train.task names 'frseh', which is no task of this recipe; did you "
                                  "mean 'fresh'? (allowed: old, fresh)",
                                  "r.lua:1: data.new evaluates 'fresh' as the new task, and no set trains it. Fix: add "
                                  "role = \"original\", or a set of "
                                  "this task with use = \"train\"",
                                  "r.lua:1: tasks.old.head.probe names 'nwe', which is no data set of this recipe; did "
                                  "you mean 'new'? (allowed: train, "
                                  "new, original)"});
}

TEST_CASE("a probe's data set belongs to the task and is not scored itself") {
  Value top = right();
  entry(entry(entry(top, "tasks"), "old"), "head") = table({{"probe", text("train")}});
  REQUIRE(faults_of(top) == Texts{"r.lua:1: tasks.old.head.probe names 'train', whose task is 'fresh' (allowed: a data "
                                  "set with task = \"old\")"});
  entry(entry(entry(top, "tasks"), "old"), "head") = table({{"probe", text("original")}});
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: tasks.old.head.probe names 'original', which is an evaluation set: a head fitted on it would "
                "be scored on rows that it has seen (allowed: a data set with use = \"strategies\")"});
}

TEST_CASE("a fresh head has nothing to keep") {
  Value top = right();
  entry(entry(entry(top, "tasks"), "old"), "head") = text("fresh");
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: data.original measures what the model keeps of 'old', and the head of that task is fresh, so "
                "there is nothing to keep. Fix: set tasks.old.head to \"from model\" or { probe = \"a data set\" }"});
  entry(entry(entry(top, "tasks"), "old"), "head") = text("from modle");
  REQUIRE(faults_of(top).front() ==
          "r.lua:1: tasks.old.head is 'from modle'; did you mean 'from model'? (allowed: 'fresh', 'from model', "
          "{ probe = \"a data set\" })");
}

TEST_CASE("data sets are read with columns by name or position, label names and layout") {
  Value top = right();
  Value& train = entry(entry(top, "data"), "train");
  entry(train, "text") = table({}, {text("title"), number(3)});
  entry(train, "pair") = text("other");
  entry(train, "label_names") = table({{"0", text("none")}}, {text("World"), text("Sports")});
  entry(train, "delimiter") = text(";");
  entry(train, "quoting") = Value{false, {"r.lua", 1}, ""};
  entry(train, "encoding") = text("iso-8859-1");
  entry(train, "rows") = number(100);
  const Recipe recipe = read_right(top);
  const DataSet& set = recipe.data.front();
  REQUIRE(set.file == "train.csv");
  REQUIRE(set.text == std::vector<Column>{std::string("title"), 3});
  REQUIRE(set.pair == std::vector<Column>{std::string("other")});
  REQUIRE(set.label_names == std::map<std::string, std::string>{{"0", "none"}, {"1", "World"}, {"2", "Sports"}});
  REQUIRE(set.delimiter == ';');
  REQUIRE(set.quoting == false);
  REQUIRE(set.encoding == TextEncoding::iso_8859_1);
  REQUIRE(set.rows == 100);
}

TEST_CASE("faults of a data set") {
  Value top = right();
  Value& train = entry(entry(top, "data"), "train");
  const auto with = [&](const std::string& key, Value value) {
    Value copy = right();
    entry(entry(entry(copy, "data"), "train"), key) = std::move(value);
    return faults_of(copy);
  };
  REQUIRE(with("delimiter", text(";;")) ==
          Texts{"r.lua:1: data.train.delimiter is ';;' (allowed: a string of one character)"});
  REQUIRE(with("rows", number(0)) == Texts{"r.lua:1: data.train.rows is 0 (allowed: a whole number at least 1)"});
  REQUIRE(with("text", number(0)) ==
          Texts{"r.lua:1: data.train.text is 0 (allowed: a column's name, or its position counted from 1)"});
  REQUIRE(with("text", table({})) ==
          Texts{"r.lua:1: data.train.text: no column is listed (allowed: a column's name, or "
                "its position counted from 1, or a list of them)"});
  REQUIRE(
      with("text", table({{"a", text("b")}}, {text("c")})) ==
      Texts{"r.lua:1: data.train.text: columns have no keys (allowed: a column's name, or its position counted from "
            "1, or a list of them)"});
  REQUIRE(with("rows", text("ten")) == Texts{"r.lua:1: data.train.rows is 'ten' (allowed: a whole number at least 1)"});
  REQUIRE(with("header", number(0)) == Texts{"r.lua:1: data.train.header is 0 (allowed: true or false)"});
  REQUIRE(with("use", text("tarin")).front() ==
          "r.lua:1: data.train.use is 'tarin'; did you mean 'train'? (allowed: 'train', 'evaluate', 'strategies')");
  REQUIRE(with("role", text("original")) ==
          Texts{"r.lua:1: data.train: role = \"original\" stands on a training set (allowed: it on sets with use = "
                "\"evaluate\"). "
                "Fix: remove the role; a training set teaches whatever task it names"});
  REQUIRE(with("header", Value{false, {"r.lua", 1}, ""}) ==
          Texts{"r.lua:1: data.train: columns are named, and header = false says that the file has no names (allowed: "
                "positions counted from 1)"});
  REQUIRE(
      with("format", text("label lines")) ==
      Texts{"r.lua:1: data.train: text, pair, label and group name columns, and label lines have none. Fix: leave them "
            "out, or choose another format"});
  std::get<std::shared_ptr<Mixed>>(train.data)->list.clear();
  REQUIRE(
      faults_of(top) ==
      Texts{"r.lua:1: data.train: the file is missing (allowed: the file's name as the first entry). Fix: data.train = "
            "{ \"file.csv\", text = ..., ... }"});
  remove(train, "label");
  REQUIRE(faults_of(top).back() ==
          "r.lua:1: data.train.label is missing (allowed: a column's name, or its position counted from 1)");
}

TEST_CASE("a data set may not take a name that scores use") {
  Value top = right();
  entry(entry(top, "data"), "baseline") = set("a.csv", "fresh", "evaluate");
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: data.baseline: this name is taken: scores and stopping rules use it (allowed: any name but "
                "baseline, step, epoch, score)"});
}

TEST_CASE("a recipe names strategies by id, never by a plugin's file") {
  Value top = right();
  entry(top, "strategies") = table({}, {table({}, {text("./theirs.engram.so")})});
  REQUIRE(
      faults_of(top) ==
      Texts{"r.lua:1: strategies[1]: names the file './theirs.engram.so', and native code is not a recipe's to choose "
            "(allowed: a strategy's id). Fix: write the plugin's id, and run with --plugin ./theirs.engram.so"});
}

TEST_CASE("strategies keep their options as written") {
  Value top = right();
  entry(top, "strategies") = table({}, {table({{"rank", number(8)}}, {text("lora")})});
  const Recipe recipe = read_right(top);
  REQUIRE(recipe.strategies.size() == 1);
  REQUIRE(recipe.strategies[0].id == "lora");
  REQUIRE(recipe.strategies[0].options[0].first == "rank");
  entry(top, "strategies") = table({}, {table({{"rank", number(8)}})});
  REQUIRE(faults_of(top) ==
          Texts{"r.lua:1: strategies[1] is a table (allowed: a table that starts with the strategy's name, such as "
                "{ \"lora\", rank = 8 })"});
}

TEST_CASE("overrides replace what is there, add keys, and are read like the recipe") {
  Value top = right();
  entry(top, "strategies") = table({}, {table({{"rank", number(8)}}, {text("lora")})});
  name_paths(top, "");
  Faults faults;
  apply_overrides(top,
                  {{"train.epochs", "2"},
                   {"strategies[1].rank", "4"},
                   {"model", "other/model"},
                   {"data.train.rows", "100"},
                   {"checkpoints.keep_last", "3"},
                   {"data.new.quoting", "false"}},
                  faults);
  const Recipe recipe = read(top, faults);
  REQUIRE(faults.empty());
  REQUIRE(recipe.train.epochs == 2);
  REQUIRE(*recipe.strategies[0].options[0].second.number() == 4);
  REQUIRE(recipe.model == "other/model");
  REQUIRE(recipe.find_data("train")->rows == 100);
  REQUIRE(recipe.checkpoints.keep_last == 3);
  REQUIRE(recipe.find_data("new")->quoting == false);
}

TEST_CASE("wrong overrides are refused with the option's own place") {
  const auto refused = [](const std::string& path, const std::string& value) {
    Value top = right();
    name_paths(top, "");
    Faults faults;
    apply_overrides(top, {{path, value}}, faults);
    read(top, faults);
    return faults.empty() ? "" : faults.list().front().text();
  };
  REQUIRE(refused("train.epoch", "2").rfind("--set train.epoch: unknown key train.epoch; did you mean 'epochs'?", 0) ==
          0);
  REQUIRE(refused("train.epochs", "two") == "--set train.epochs: train.epochs is 'two' (allowed: a number above 0)");
  REQUIRE(refused("data.trian.rows", "3") ==
          "--set data.trian.rows: data has no 'trian'; did you mean 'train'? (allowed: train, new, original)");
  REQUIRE(refused("strategies[1].rank", "3") ==
          "--set strategies[1].rank: the recipe has no 'strategies' (allowed: model, tasks, data, train, score)");
  REQUIRE(refused("data.train[2].x", "3") == "--set data.train[2].x: data.train has no entry 2 (allowed: 1 to 1)");
  REQUIRE(refused("model.name", "3") ==
          "--set model.name: model is a string, so nothing can be set inside it (allowed: a table)");
  REQUIRE(refused("train..epochs", "3") ==
          "--set train..epochs: 'train..epochs' is no path (allowed: such as train.epochs or strategies[1].rank)");
}

TEST_CASE("data sets are read back as they were described, whatever they set") {
  DataSet set;
  set.name = "dev";
  set.file = "dev.txt";
  set.text = {Column("title"), Column(3)};
  set.pair = {Column("other")};
  set.label = Column(2);
  set.group = Column("domain");
  set.label_names = {{"0", "bad"}, {"1", "good"}};
  set.header = false;
  set.delimiter = ';';
  set.quoting = false;
  set.encoding = TextEncoding::iso_8859_1;
  set.format = DataFormat::label_lines;
  set.label_until = ':';
  set.rows = 100;
  set.task = "old";
  set.use = DataUse::evaluate;
  set.role = DataRole::original_task;
  Recipe all;
  all.data = {set, {.name = "plain", .file = "a.csv", .text = {Column("text")}}};
  Recipe again;
  const Json described = resolved(all)["data"];
  for (const auto& [name, json] : described.items()) again.data.push_back(data_set_from(json, name, "manifest.json"));
  REQUIRE(resolved(again)["data"] == described);
  REQUIRE(again.data[0].name == "dev");
  REQUIRE_THROWS_WITH(data_set_from({{"file", "a.csv"}}, "dev", "manifest.json"),
                      "manifest.json: data.dev is not described as this version of engram describes a data set");
}

TEST_CASE("the resolved recipe spells every setting out") {
  Value top = right();
  entry(top, "strategies") =
      table({}, {table({{"rank", number(8)}, {"targets", table({}, {text("query")})}}, {text("lora")})});
  const Json json = resolved(read_right(top));
  REQUIRE(
      json["train"].dump() ==
      R"({"epochs":3.0,"batch_size":16,"accumulation":1,"learning_rate":0.0001,"weight_decay":0.0,"beta1":0.9,"beta2":0.999,"epsilon":1e-08,)"
      R"("clip":1.0,"max_length":128,"precision":"fp32","device":"auto","threads":0,"seed":42,"dropout":null,)"
      R"("evaluations_in_first_epoch":4,"evaluation_batch_size":32,"spikes":null})");
  REQUIRE(json["strategies"].dump() == R"([{"id":"lora","options":{"rank":8.0,"targets":["query"]}}])");
  REQUIRE(
      json["data"]["original"].dump() ==
      R"({"file":"old.csv","task":"old","use":"evaluate","role":"original","format":"by extension","text":["text"],"pair":[],)"
      R"("label":"label","group":null,"label_names":{},"label_until":null,"header":true,"delimiter":null,"quoting":null,"encoding":"utf-8","rows":null})");
  REQUIRE(json["schedule"] == "constant");
  REQUIRE(json["score"] == "function");
  REQUIRE(json["stop"] == "never");
}

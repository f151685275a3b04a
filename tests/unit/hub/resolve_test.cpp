// What a name means: a folder, a snapshot of the cache, or a refusal that helps.
#include "hub/resolve.hpp"

#include "hub/missing_files.hpp"
#include "hub_support.hpp"

namespace engram::hub::test {
namespace {

const std::string kWhere = "r.lua:3";

fs::path snapshot(const CacheFolder& folder, const std::string& repository, const std::string& commit = kCommit) {
  return folder.cache() / repository / "snapshots" / commit;
}

}  // namespace

TEST_CASE("a reference leads to the snapshot that its branch, its tag or its commit names", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
    folder.add("models--org--name", kOtherCommit, name);
  }
  folder.point("models--org--name", "refs/pr/1", kOtherCommit + "\n");
  const Located main = resolve("org/name", folder / "", kWhere);
  CHECK(main.folder == snapshot(folder, "models--org--name"));
  CHECK(main.snapshot.value().commit == kCommit);
  CHECK(main.snapshot.value().pinned() == "org/name@" + kCommit);
  CHECK(resolve("org/name@refs/pr/1", folder / "", kWhere).snapshot.value().commit == kOtherCommit);
  CHECK(resolve("org/name@" + kOtherCommit, folder / "", kWhere).snapshot.value().commit == kOtherCommit);
}

TEST_CASE("a folder of the name wins over the cache, and paths are not looked up there", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  fs::create_directories(folder / "org/name");
  const Located local = resolve("org/name", folder / "", kWhere);
  CHECK(local.folder == folder / "org/name");
  CHECK_FALSE(local.snapshot.has_value());
  CHECK(resolve("../nowhere/at/all", folder / "x", kWhere).folder == folder / "nowhere/at/all");
}

TEST_CASE("where neither is there, the near names of the cache and the way to fetch are told", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  folder.add_model("models--gpt2", kCommit);
  CHECK(refusal([&] { resolve("org/nmae", folder / "recipes", kWhere); }) ==
        "r.lua:3: there is neither a folder " + (folder / "recipes/org/nmae").string() +
            " nor a model 'org/nmae' in the Hugging Face cache; did you mean 'org/name'? (allowed: a folder, or one of "
            "the cache " +
            folder.cache().string() +
            ": gpt2, org/name). Fix: correct the name, or fetch the model: engram pull org/nmae\n");
}

TEST_CASE("a mistyped name in a folder that is there is told with what the folder holds, and nothing is to be fetched",
          "[hub]") {
  const CacheFolder folder;
  fs::create_directories(folder / "runs/full-001");
  fs::create_directories(folder / "runs/other");
  CHECK(refusal([&] { resolve("runs/full-002", folder / "", kWhere); }) ==
        "r.lua:3: there is no folder " + (folder / "runs/full-002").string() +
            "; did you mean 'runs/full-001'? (allowed: runs/full-001, runs/other). Fix: correct the name\n");
  fs::create_directories(folder / "empty");
  CHECK(contains(refusal([&] { resolve("empty/full", folder / "", kWhere); }), "(allowed: empty holds no folder)"));
  folder.add_model("models--runs--full", kCommit);
  CHECK(resolve("runs/full", folder / "", kWhere).snapshot.has_value());
}

TEST_CASE("an empty cache, or none, is said to be empty", "[hub]") {
  const CacheFolder folder;
  CHECK(contains(refusal([&] { resolve("org/name", folder / "", kWhere); }),
                 "(allowed: a folder (the cache " + folder.cache().string() + " holds no model yet))"));
  fs::remove_all(folder.cache());
  CHECK(contains(refusal([&] { resolve("org/name", folder / "", kWhere); }), "holds no model yet"));
}

TEST_CASE("a revision that is not there is told with those that are", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  folder.point("models--org--name", "v1.0", kCommit);
  CHECK(refusal([&] { resolve("org/name@v1.1", folder / "", kWhere); }) ==
        "r.lua:3: the Hugging Face cache holds org/name, but not its revision 'v1.1'; did you mean 'v1.0'? (allowed: "
        "main, v1.0). Fix: engram pull org/name@v1.1\n");
}

TEST_CASE("a branch that points to a snapshot which is gone is not there", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  folder.point("models--org--name", "main", kOtherCommit);
  CHECK(contains(refusal([&] { resolve("org/name", folder / "", kWhere); }), "but not its revision 'main'"));
}

TEST_CASE("a reference file that names no commit is refused", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  folder.point("models--org--name", "main", "../../../elsewhere");
  CHECK(refusal([&] { resolve("org/name", folder / "", kWhere); }) ==
        (folder.cache() / "models--org--name/refs/main").string() +
            ": names no commit (allowed: 40 hexadecimal digits). Fix: engram pull org/name\n");
}

TEST_CASE("a snapshot that lacks files says which ones", "[hub]") {
  const CacheFolder folder;
  folder.add("models--org--name", kCommit, "config.json");
  folder.point("models--org--name", "main", kCommit);
  const std::string text = refusal([&] { resolve("org/name", folder / "", kWhere); });
  CHECK(text == "r.lua:3: org/name in the Hugging Face cache (" + snapshot(folder, "models--org--name").string() +
                    ") lacks model.safetensors, tokenizer.json. Fix: engram pull org/name; if the repository has no "
                    "tokenizer.json, load the tokenizer with transformers' AutoTokenizer and call "
                    "save_pretrained(folder)\n");
}

TEST_CASE("a link whose blob is gone is a missing file", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  const fs::path link = snapshot(folder, "models--org--name") / "model.safetensors";
  fs::remove(link);
  fs::create_symlink("../../blobs/none", link);
  CHECK(contains(refusal([&] { resolve("org/name", folder / "", kWhere); }),
                 "lacks model.safetensors. Fix: engram pull org/name\n"));
}

TEST_CASE("every shard of an index is wanted", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  const fs::path place = snapshot(folder, "models--org--name");
  fs::remove(place / "model.safetensors");
  folder.add("models--org--name", kCommit, "model.safetensors.index.json",
             R"({"weight_map": {"a": "model-00001-of-00003.safetensors", "b": "model-00002-of-00003.safetensors",
                 "c": "model-00003-of-00003.safetensors"}})");
  folder.add("models--org--name", kCommit, "model-00002-of-00003.safetensors", "two");
  CHECK(missing_files(place).names ==
        std::vector<std::string>{"model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"});
  folder.add("models--org--name", kCommit, "model-00001-of-00003.safetensors", "one");
  folder.add("models--org--name", kCommit, "model-00003-of-00003.safetensors", "three");
  CHECK(missing_files(place).names.empty());
}

TEST_CASE("an adapter needs its weights, and no tokenizer", "[hub]") {
  const CacheFolder folder;
  folder.add("models--org--adapter", kCommit, "adapter_config.json");
  const fs::path place = snapshot(folder, "models--org--adapter");
  CHECK(missing_files(place).names == std::vector<std::string>{"adapter_model.safetensors"});
  folder.add("models--org--adapter", kCommit, "adapter_model.safetensors", "weights");
  CHECK(missing_files(place).names.empty());
  folder.add("models--org--several", kCommit, "questions/adapter_config.json");
  CHECK(missing_files(snapshot(folder, "models--org--several")).names.empty());
}

TEST_CASE("weights as pickles only are refused with the reason", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  fs::remove(snapshot(folder, "models--org--name") / "model.safetensors");
  folder.add("models--org--name", kCommit, "pytorch_model.bin", "pickle");
  const std::string text = refusal([&] { resolve("org/name", folder / "", kWhere); });
  CHECK(contains(text,
                 "holds its weights as pickles only, which can run code when they are read (allowed: safetensors)"));
  CHECK(contains(text, "load the model with transformers and call save_pretrained(folder)"));
}

TEST_CASE("a link that leaves the cache is refused, in whatever folder of a snapshot", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  write_file_atomically(folder / "secret", "outside");
  const fs::path place = snapshot(folder, "models--org--name");
  fs::create_directories(place / "deep");
  fs::create_symlink("../../../../../secret", place / "deep/er");
  CHECK(refusal([&] { resolve("org/name", folder / "", kWhere); }) ==
        (place / "deep/er").string() + ": is a link that leaves the cache: it leads to " +
            (folder / "secret").string() + " (allowed: links to places in " + folder.cache().string() +
            "). Fix: remove " + (folder.cache() / "models--org--name").string() + " and engram pull org/name\n");
}

TEST_CASE("a snapshot that is itself a link out of the cache is refused", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  const fs::path place = snapshot(folder, "models--org--name");
  fs::rename(place, folder / "outside");
  fs::create_directory_symlink(folder / "outside", place);
  CHECK(contains(refusal([&] { resolve("org/name", folder / "", kWhere); }), "is a link that leaves the cache"));
}

TEST_CASE("a cache that is reached by a link is a cache", "[hub]") {
  const CacheFolder folder;
  folder.add_model("models--org--name", kCommit);
  fs::create_directory_symlink(folder.cache(), folder / "elsewhere");
  Variables variables;
  variables.set("HF_HUB_CACHE", (folder / "elsewhere").string());
  CHECK(resolve("org/name", folder / "", kWhere).snapshot.value().commit == kCommit);
}

}  // namespace engram::hub::test

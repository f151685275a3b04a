// What a server lists, and which of it a pull takes.
#include "hub/listing.hpp"

#include "base/json.hpp"
#include "hub/checksum.hpp"
#include "hub/selection.hpp"
#include "hub_support.hpp"

namespace engram::hub::test {
namespace {

const std::string kGit(40, '1');
const std::string kLfs(64, '2');

Json plain(const std::string& name, int size = 3) { return {{"rfilename", name}, {"size", size}, {"blobId", kGit}}; }

Json large(const std::string& name) {
  return {{"rfilename", name}, {"size", 134}, {"blobId", kGit}, {"lfs", {{"sha256", kLfs}, {"size", 1000}}}};
}

Json answer(const std::vector<Json>& files) { return {{"sha", kCommit}, {"siblings", files}}; }

Listing listing_of(const std::vector<std::string>& names) {
  std::vector<Json> files;
  for (const std::string& name : names) files.push_back(plain(name));
  return read_listing(answer(files), "address");
}

std::vector<std::string> taken(const std::vector<std::string>& names, Extent extent = Extent::needed) {
  std::vector<std::string> found;
  for (const RemoteFile& file : select(listing_of(names), extent, "org/name").files) found.push_back(file.name);
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("files in large file storage have its size and SHA-256, the others git's SHA-1", "[hub]") {
  const Listing listing = read_listing(answer({plain("z.json"), large("a.safetensors")}), "address");
  CHECK(listing.commit == kCommit);
  REQUIRE(listing.files.size() == 2);
  CHECK(listing.files[0].name == "a.safetensors");
  CHECK(listing.files[0].size == 1000);
  CHECK(listing.files[0].hash == kLfs);
  CHECK(listing.files[1].size == 3);
  CHECK(listing.files[1].hash == kGit);
}

TEST_CASE("file names that lead out of their folder are refused, all at once", "[hub]") {
  for (const char* name :
       {"/etc/passwd", "../x", "a/../../x", "a//b", "a/", "..", ".", "a/./b", "", "a\\..\\b", "a\nb"}) {
    INFO(name);
    CHECK(contains(refusal([&] { read_listing(answer({plain(name)}), "address"); }),
                   "which could be written anywhere (allowed: relative names without '..')"));
  }
  CHECK(refusal([] {
          read_listing(answer({plain("../x"), plain("config.json"), plain("/y")}), "https://hub/api");
        }) ==
        "https://hub/api: the server names a file '../x', which could be written anywhere (allowed: relative names "
        "without '..')\nhttps://hub/api: the server names a file '/y', which could be written anywhere (allowed: "
        "relative names without '..')\n");
  CHECK(read_listing(answer({plain("a..b/c...d")}), "address").files.size() == 1);
}

TEST_CASE("an answer without commit, sizes or checksums is refused", "[hub]") {
  const std::string no_hub = "the answer is not that of a Hugging Face hub: it names no commit or no files";
  CHECK(contains(refusal([] { read_listing(Json::array(), "address"); }), no_hub));
  CHECK(contains(refusal([] { read_listing({{"sha", "../../x"}, {"siblings", Json::array()}}, "address"); }), no_hub));
  CHECK(contains(refusal([] { read_listing({{"sha", kCommit}}, "address"); }), no_hub));
  for (const Json& entry : {Json{{"rfilename", "a"}}, Json{{"rfilename", "a"}, {"size", 3}, {"blobId", "../../x"}},
                            Json{{"rfilename", "a"}, {"size", -3}, {"blobId", kGit}}}) {
    CHECK(contains(refusal([&] { read_listing(answer({entry}), "address"); }),
                   "the server tells no size and checksum of 'a'"));
  }
}

TEST_CASE("a pull takes what engram uses, and names the rest", "[hub]") {
  const Listing listing = listing_of({"README.md", "config.json", "model.safetensors", "model.fp16.safetensors",
                                      "onnx/model.onnx", "pytorch_model.bin", "tokenizer.json", "vocab.txt"});
  const Selection selection = select(listing, Extent::needed, "org/name");
  CHECK(taken({"config.json", "model.safetensors", "tokenizer.json", "vocab.txt", "heads.json", "heads.safetensors",
               "provenance.json", "strategies.safetensors"})
            .size() == 8);
  CHECK(selection.left_out == Names{"README.md", "model.fp16.safetensors", "onnx/model.onnx", "pytorch_model.bin"});
  CHECK(selection.pickles == Names{"pytorch_model.bin"});
  CHECK(selection.bytes() == 4 * 3);
}

TEST_CASE("shards are taken with their index, unless the weights are also there in one file", "[hub]") {
  const Names sharded = {"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                         "model.safetensors.index.json"};
  CHECK(taken(sharded) == sharded);
  Names both = sharded;
  both.push_back("model.safetensors");
  CHECK(taken(both) == Names{"config.json", "model.safetensors"});
}

TEST_CASE("adapters are taken, also from folders of their names", "[hub]") {
  CHECK(taken({"README.md", "adapter_config.json", "adapter_model.safetensors", "training_args.bin"}) ==
        Names{"adapter_config.json", "adapter_model.safetensors"});
  CHECK(taken({"a/adapter_config.json", "a/adapter_model.safetensors", "a/b/adapter_config.json"}) ==
        Names{"a/adapter_config.json", "a/adapter_model.safetensors"});
}

TEST_CASE("--all takes everything but pickles", "[hub]") {
  CHECK(taken({"README.md", "data.npz", "model.ckpt", "onnx/model.onnx", "pytorch_model.bin", "rng.pth", "tf_model.h5"},
              Extent::everything) == Names{"README.md", "onnx/model.onnx", "tf_model.h5"});
}

TEST_CASE("a repository with pickles only is refused with the way out", "[hub]") {
  const std::string text = refusal([] { taken({"config.json", "pytorch_model.bin", "tokenizer.json"}); });
  CHECK(text ==
        "org/name: holds its weights as pickles only (pytorch_model.bin), which can run code when they are read "
        "(allowed: safetensors). Fix: load it with transformers in a place that may run its code, call "
        "save_pretrained(folder), and name that folder; or use another revision or repository that has safetensors\n");
  CHECK(contains(refusal([] { taken({"config.json", "tf_model.h5"}); }), "holds no weights as safetensors"));
}

TEST_CASE("a repository that is neither model nor adapter is refused", "[hub]") {
  CHECK(refusal([] {
          taken({"README.md", "data.csv"});
        }) ==
        "org/name: is neither a model nor an adapter: it has no config.json and no adapter_config.json. Fix: engram "
        "pull org/name --all fetches its files nevertheless\n");
}

TEST_CASE("a blob's checksum is git's", "[hub]") {
  const CacheFolder folder;
  write_file_atomically(folder / "empty", "");
  write_file_atomically(folder / "hello", "hello\n");
  // git hash-object
  CHECK(git_blob_hash(folder / "empty") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  CHECK(git_blob_hash(folder / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(checksum_like(kGit, folder / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a");
  CHECK(checksum_like(kLfs, folder / "hello") == sha256("hello\n"));
}

}  // namespace engram::hub::test

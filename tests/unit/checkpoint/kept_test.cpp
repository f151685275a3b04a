#include "checkpoint/kept.hpp"

#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "support/catch.hpp"

using namespace engram;
using checkpoint::Kept;
namespace fs = std::filesystem;

namespace {

const Kept kFirst{.evaluation = 1, .step = 12}, kSecond{.evaluation = 3, .step = 24};

// checkpoints/ with a best, as a run writes it.
class Checkpoints {
 public:
  Checkpoints() {
    std::string name = (fs::temp_directory_path() / "engram-kept-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Checkpoints() { fs::remove_all(path_); }
  fs::path best() const { return path_ / "best"; }
  fs::path before() const { return path_ / "best.before"; }
  void write(const Kept& kept, const std::string& weights, bool keeps = true) const {
    if (keeps) checkpoint::keep_before(best());
    fs::remove_all(best());
    write_file_atomically(best() / "weights", weights);
    write_file_atomically(best() / "nested/more", weights + "!");
    checkpoint::write_kept(best(), kept);
  }
  bool put_back(const std::optional<Kept>& named) const { return checkpoint::put_back(best(), named); }
  std::string weights() const { return read_file(best() / "weights") + read_file(best() / "nested/more"); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path_), fs::directory_iterator()));
  }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("what a checkpoint was kept for is read back") {
  const Checkpoints run;
  run.write({.evaluation = 4, .step = 30, .candidate = "alpha 0.5"}, "a");
  CHECK(checkpoint::read_kept(run.best()) == Kept{.evaluation = 4, .step = 30, .candidate = "alpha 0.5"});
  write_file_atomically(run.best() / checkpoint::kKeptFile, "{\"format\": 1");
  CHECK_FALSE(checkpoint::read_kept(run.best()));
  CHECK_FALSE(checkpoint::read_kept(run.before()));
}

TEST_CASE("killed after a better best was written and before the state that names it: the one before comes back") {
  const Checkpoints run;
  run.write(kFirst, "first");
  run.write(kSecond, "second");
  CHECK(run.entries() == 2);
  CHECK(run.put_back(kFirst));
  CHECK(run.weights() == "firstfirst!");
  CHECK(run.entries() == 1);
}

TEST_CASE("killed after the state was saved and before the one before was dropped: the better one stays") {
  const Checkpoints run;
  run.write(kFirst, "first");
  run.write(kSecond, "second");
  CHECK(run.put_back(kSecond));
  CHECK(run.weights() == "secondsecond!");
  CHECK(run.entries() == 1);
}

TEST_CASE("killed while the one before was being put back: it is put back the next time") {
  const Checkpoints run;
  run.write(kFirst, "first");
  run.write(kSecond, "second");
  fs::rename(run.best(), run.best().string() + ".new-1");
  CHECK(run.put_back(kFirst));
  CHECK(run.weights() == "firstfirst!");
}

TEST_CASE("a best that no state names is taken away") {
  const Checkpoints run;
  run.write(kFirst, "first");
  CHECK(run.put_back({}));
  CHECK(run.entries() == 0);
  CHECK(run.put_back({}));
}

TEST_CASE("a best that the state does not know stays where the one that it names is gone, and that is told") {
  const Checkpoints run;
  run.write(kSecond, "second");
  CHECK_FALSE(run.put_back(kFirst));
  CHECK(run.weights() == "secondsecond!");
}

TEST_CASE("the best before is kept once, whatever comes until the next state, and dropped then") {
  const Checkpoints run;
  run.write(kFirst, "first");
  run.write(kSecond, "second");
  run.write({.evaluation = 4, .step = 30}, "third");
  CHECK(read_file(run.before() / "weights") == "first");
  checkpoint::drop_before(run.best());
  CHECK(run.entries() == 1);
  checkpoint::drop_before(run.best());
}

TEST_CASE("the best before costs no room while it is the same") {
  const Checkpoints run;
  run.write(kFirst, "first");
  checkpoint::keep_before(run.best());
  CHECK(fs::hard_link_count(run.before() / "weights") == 2);
  CHECK(fs::hard_link_count(run.before() / "nested/more") == 2);
}

#include "checkpoint/own_folder.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.hpp"
#include "checkpoint/fresh_folder.hpp"
#include "support/catch.hpp"
#include "support/refusal.hpp"

using namespace engram;
using checkpoint::OwnFolder;
using test::refusal;
namespace fs = std::filesystem;

namespace {

// The current folder for as long as it lives.
struct Scratch {
  Scratch() : before(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "engram-own-XXXXXX").string();
    path = ::mkdtemp(name.data());
    fs::current_path(path);
  }
  ~Scratch() {
    fs::current_path(before);
    fs::remove_all(path);
  }
  std::vector<std::string> names(const fs::path& below = ".") const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path / below)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  fs::path before, path;
};

using Names = std::vector<std::string>;

void records(const fs::path& folder) {
  write_file_atomically(folder / "manifest.json", "{}");
  write_file_atomically(folder / "recipe.lua", "return {}");
}

// Runs `work` in a process of its own, which is killed once it has done it.
template <class Work>
pid_t killed_after(Work work) {
  const pid_t process = ::fork();
  if (process == 0) {
    work();
    ::raise(SIGKILL);
  }
  ::waitpid(process, nullptr, 0);
  return process;
}

}  // namespace

TEST_CASE("a run folder appears whole, with a lock, and is numbered on") {
  const Scratch scratch;
  const OwnFolder first = OwnFolder::make("", "tiny", records), second = OwnFolder::make("", "tiny", records);
  CHECK(first.path() == "runs/tiny-001");
  CHECK(second.path() == "runs/tiny-002");
  CHECK(scratch.names("runs") == Names{"tiny-001", "tiny-002"});
  CHECK(scratch.names("runs/tiny-001") == Names{".lock", "manifest.json", "recipe.lua"});
}

TEST_CASE("a folder whose first files cannot be written does not appear") {
  const Scratch scratch;
  const auto fails = [](const fs::path& folder) {
    write_file_atomically(folder / "recipe.lua", "");
    throw DataError(Fault{"no"});
  };
  CHECK_THROWS_AS(OwnFolder::make("out", "tiny", fails), DataError);
  CHECK(scratch.names().empty());
  fs::create_directory("out");
  CHECK_THROWS_AS(OwnFolder::make("out", "tiny", fails), DataError);
  CHECK(scratch.names("out").empty());
}

TEST_CASE("a folder that holds something is not taken, an empty one is, also the current one") {
  const Scratch scratch;
  fs::create_directories("full/of");
  CHECK(refusal([] { OwnFolder::make("full", "tiny", records); }) ==
        "full: exists already, and a run never overwrites another. Fix: name a new folder with --out, or go on with "
        "that run: engram run --resume full");
  write_file_atomically("file", "");
  CHECK(refusal([] { OwnFolder::make("file", "tiny", records); }).find("file: exists already") == 0);
  CHECK(scratch.names("full") == Names{"of"});
  fs::create_directory("empty");
  fs::current_path("empty");
  const OwnFolder here = OwnFolder::make(".", "tiny", records);
  here.require_present();
  CHECK(fs::equivalent(fs::current_path(), scratch.path / "empty"));
  CHECK(scratch.names("empty") == Names{".lock", "manifest.json", "recipe.lua"});
}

TEST_CASE("a folder that is written by another process is refused with its number, and free when that is killed") {
  const Scratch scratch;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t other = ::fork();
  if (other == 0) {
    const OwnFolder own = OwnFolder::make("out", "tiny", records);
    if (::write(ready[1], "y", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const std::string told = refusal([] { OwnFolder::take("out"); });
  CHECK(told.find("out: is being written by process " + std::to_string(other) + " on ") == 0);
  CHECK(told.find(". Fix: wait until that run ends or stop it with kill, or begin another run in a folder of its own: "
                  "--out") != std::string::npos);
  CHECK(refusal([] { OwnFolder::make("out", "tiny", records); }).find("out: is being written by process") == 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  CHECK(refusal([] { OwnFolder::take("out"); }).empty());
}

TEST_CASE("what a process left that was killed while it made the folder is no obstacle, and goes away") {
  const Scratch scratch;
  for (const bool there : {false, true}) {
    if (there) fs::create_directory("out");
    killed_after([] {
      OwnFolder::make("out", "tiny", [](const fs::path& folder) {
        records(folder);
        ::raise(SIGKILL);
      });
    });
    CHECK(scratch.names(there ? "out" : ".").size() == (there ? 2u : 1u));
    {
      const OwnFolder own = OwnFolder::make("out", "tiny", records);
      CHECK(scratch.names() == Names{"out"});
      CHECK(scratch.names("out") == Names{".lock", "manifest.json", "recipe.lua"});
    }
    fs::remove_all("out");
  }
}

TEST_CASE("a folder in the making is left alone while its process lives") {
  const Scratch scratch;
  int ready[2], done[2];
  REQUIRE((::pipe(ready) == 0 && ::pipe(done) == 0));
  const pid_t other = ::fork();
  if (other == 0) {
    OwnFolder::make("out", "tiny", [&](const fs::path&) {
      char byte = 0;
      if (::write(ready[1], "y", 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(1);
    });
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  checkpoint::remove_abandoned("out");
  CHECK(scratch.names() == Names{"out.new-" + std::to_string(other)});
  REQUIRE(::write(done[1], "y", 1) == 1);
  int status = 1;
  ::waitpid(other, &status, 0);
  CHECK(status == 0);
  CHECK(scratch.names() == Names{"out"});
}

TEST_CASE("going on clears away files that a killed process did not finish") {
  const Scratch scratch;
  { const OwnFolder own = OwnFolder::make("out", "tiny", records); }
  write_file_atomically("out/result.json.tmp-12", "{");
  const OwnFolder own = OwnFolder::take("out");
  CHECK(scratch.names("out") == Names{".lock", "manifest.json", "recipe.lua"});
}

TEST_CASE("a folder that vanishes while it is written is noticed") {
  const Scratch scratch;
  const OwnFolder own = OwnFolder::make("out", "tiny", records);
  own.require_present();
  fs::rename("out", "elsewhere");
  try {
    own.require_present();
    FAIL("present");
  } catch (const InternalError& error) {
    CHECK(error.exit_code() == ExitCode::resources);
    CHECK(
        std::string(error.what()) ==
        "out: the folder was removed, moved or unmounted during the run. Fix: bring it back and go on with engram run "
        "--resume out; what was removed is lost");
  }
}

TEST_CASE("a folder that is discarded leaves nothing, unless it holds something else") {
  const Scratch scratch;
  OwnFolder::make("a", "tiny", records).discard({"manifest.json", "recipe.lua"});
  CHECK(scratch.names().empty());
  const OwnFolder own = OwnFolder::make("b", "tiny", records);
  write_file_atomically("b/notes.txt", "mine");
  own.discard({"manifest.json", "recipe.lua"});
  CHECK(scratch.names("b") == Names{"notes.txt"});
}

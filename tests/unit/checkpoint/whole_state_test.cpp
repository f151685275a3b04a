#include "checkpoint/whole_state.hpp"

#include <ATen/ATen.h>

#include <cstdlib>
#include <functional>

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "support/catch.hpp"

using namespace engram;
using checkpoint::Wanted;
namespace fs = std::filesystem;

namespace {

// Two states of a run: of step 10, and of step 20.
struct States {
  States() {
    std::string name = (fs::temp_directory_path() / "engram-whole-XXXXXX").string();
    path = ::mkdtemp(name.data());
    save(10, true);
    save(20, true);
  }
  ~States() { fs::remove_all(path); }
  void save(int64_t step, bool accepted) const {
    checkpoint::TrainingState state{.record = {.step = step, .accepted = accepted, .script = Json::object()}};
    state.weights = {{"w", at::full({64}, static_cast<double>(step))}};
    checkpoint::write_training_state(path, state, 5);
  }
  bool has(const std::string& name) const { return fs::exists(path / name); }
  fs::path path;
};

void flip_bit(const fs::path& file) {
  std::string bytes = read_file(file);
  bytes[bytes.size() / 2] ^= 1;
  write_file_atomically(file, bytes);
}

void cut(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

const std::vector<std::pair<std::string, std::function<void(const fs::path&)>>> kDamages = {
    {"a bit flipped in the tensors", [](const fs::path& f) { flip_bit(f / "training_state.safetensors"); }},
    {"a bit flipped in the numbers", [](const fs::path& f) { flip_bit(f / "training_state.json"); }},
    {"tensors cut off", [](const fs::path& f) { cut(f / "training_state.safetensors"); }},
    {"numbers cut off", [](const fs::path& f) { cut(f / "training_state.json"); }},
    {"no tensors", [](const fs::path& f) { fs::remove(f / "training_state.safetensors"); }},
    {"no numbers", [](const fs::path& f) { fs::remove(f / "training_state.json"); }},
    {"no checksums", [](const fs::path& f) { fs::remove(f / "SHA256SUMS"); }},
    {"checksums cut off", [](const fs::path& f) { cut(f / "SHA256SUMS"); }},
    {"an empty folder",
     [](const fs::path& f) {
       fs::remove_all(f);
       fs::create_directory(f);
     }},
    {"empty files",
     [](const fs::path& f) {
       for (const auto& entry : fs::directory_iterator(f)) fs::resize_file(entry.path(), 0);
     }},
    {"a file in its place",
     [](const fs::path& f) {
       fs::remove_all(f);
       write_file_atomically(f, "");
     }},
    {"another format",
     [](const fs::path& f) {
       const fs::path file = f / "training_state.json";
       write_file_atomically(file, text::replaced(read_file(file), "\"format\": 3", "\"format\": 2"));
     }},
    {"no object", [](const fs::path& f) { write_file_atomically(f / "training_state.json", "[]"); }},
};

}  // namespace

TEST_CASE("the newest training state is taken when it is whole") {
  const States states;
  const auto found = checkpoint::newest_whole_state(states.path, Wanted::any);
  REQUIRE(found);
  CHECK(found->folder == states.path / "step-000020");
  CHECK(found->state.record.step == 20);
  CHECK(found->passed_over.empty());
}

TEST_CASE("a newest training state that is damaged in any way is passed over, and can be set aside") {
  for (const auto& [what, damage] : kDamages) {
    INFO(what);
    const States states;
    damage(states.path / "step-000020");
    const auto found = checkpoint::newest_whole_state(states.path, Wanted::any);
    REQUIRE(found);
    CHECK(found->state.record.step == 10);
    CHECK(found->state.weights.at(0).tensor[0].item<float>() == 10);
    REQUIRE(found->passed_over.size() == 1);
    CHECK(found->passed_over[0].folder == states.path / "step-000020");
    CHECK(found->passed_over[0].why.find("step-000020") != std::string::npos);
    CHECK(checkpoint::set_aside(found->passed_over[0]) == states.path / "step-000020.damaged");
    CHECK(states.has("step-000020.damaged"));
    CHECK_FALSE(states.has("step-000020"));
  }
}

TEST_CASE("when no training state is whole, all are named and none is touched") {
  for (const auto& [what, damage] : kDamages) {
    INFO(what);
    const States states;
    damage(states.path / "step-000010");
    damage(states.path / "step-000020");
    try {
      checkpoint::newest_whole_state(states.path, Wanted::any);
      FAIL("found");
    } catch (const DataError& error) {
      REQUIRE(error.faults().size() == 2);
      CHECK(error.exit_code() == ExitCode::refused);
      CHECK(error.faults()[0].where == (states.path / "step-000020").string());
      CHECK(error.faults()[0].what.find("is no whole training state, and no older one will do: ") == 0);
      CHECK(error.faults()[0].fix == "put the folder back as the run wrote it, or begin a new run");
    }
    CHECK(states.has("step-000010"));
    CHECK(states.has("step-000020"));
  }
}

TEST_CASE(
    "a training state of another version is no damage: it is refused by version, also where an older one is whole") {
  const States states;
  const fs::path newest = states.path / "step-000020";
  fs::remove(newest / "SHA256SUMS");
  const fs::path file = newest / "training_state.json";
  write_file_atomically(file, text::replaced(read_file(file), "\"format\": 3", "\"format\": 2"));
  try {
    checkpoint::newest_whole_state(states.path, Wanted::any);
    FAIL("found");
  } catch (const checkpoint::OtherFormat& error) {
    CHECK(error.faults()[0].what == "the training state has format 2");
    CHECK(error.faults()[0].allowed == "format 3");
    CHECK(error.faults()[0].fix == "go on with the version of engram that wrote it");
  }
  CHECK(states.has("step-000020"));
}

TEST_CASE("a roll-back goes to a whole state that was accepted") {
  const States states;
  states.save(30, false);
  flip_bit(states.path / "step-000020/training_state.safetensors");
  const auto found = checkpoint::newest_whole_state(states.path, Wanted::accepted);
  REQUIRE(found);
  CHECK(found->state.record.step == 10);
  CHECK(states.has("step-000030"));
}

TEST_CASE("without any training state there is none, and none is damaged") {
  const States states;
  CHECK_FALSE(checkpoint::newest_whole_state(states.path / "nowhere", Wanted::any));
  fs::create_directories(states.path / "others/step-x");
  fs::create_directories(states.path / "others/step-000001.damaged");
  CHECK_FALSE(checkpoint::newest_whole_state(states.path / "others", Wanted::any));
}

TEST_CASE("a damaged state of earlier steps stops no saving") {
  const States states;
  write_file_atomically(states.path / "step-000010/training_state.json", "{");
  checkpoint::TrainingState state{.record = {.step = 30, .accepted = true, .script = Json::object()}};
  checkpoint::write_training_state(states.path, state, 2);
  CHECK_FALSE(states.has("step-000010"));
  CHECK(states.has("step-000020"));
  CHECK(states.has("step-000030"));
}

// What a folder is, by its files.
#include "checkpoint/artefact.hpp"

#include "adapter_support.hpp"

using namespace engram;
using namespace engram::tests;
using checkpoint::ArtefactKind;

namespace {

std::string refusal(const fs::path& folder) {
  try {
    checkpoint::identify(folder);
  } catch (const DataError& error) {
    return text::replaced(error.what(), folder.string() + ": ", "");
  }
  return "accepted";
}

void touch(const fs::path& file) { write_file_atomically(file, "{}"); }

}  // namespace

TEST_CASE("a folder is what its files say") {
  const std::pair<const char*, ArtefactKind> kinds[] = {
      {"config.json", ArtefactKind::model_folder}, {"adapter_config.json", ArtefactKind::adapter},
      {"manifest.json", ArtefactKind::run},        {"training_state.json", ArtefactKind::training_state},
      {"grid.json", ArtefactKind::grid},           {"chain.json", ArtefactKind::chain}};
  for (const auto& [file, kind] : kinds) {
    INFO(file);
    const Scratch scratch;
    touch(scratch.path / file);
    CHECK(checkpoint::identify(scratch.path).kind == kind);
    CHECK(checkpoint::identify(scratch.path).folder == scratch.path);
  }
}

TEST_CASE("an adapter with another name than default lies in a subfolder; of several one has to be named") {
  const Scratch scratch;
  touch(scratch.path / "news" / "adapter_config.json");
  touch(scratch.path / "logs" / "notes.json");
  CHECK(checkpoint::identify(scratch.path).kind == ArtefactKind::adapter);
  CHECK(checkpoint::identify(scratch.path).folder == scratch.path / "news");
  touch(scratch.path / "mail" / "adapter_config.json");
  CHECK(refusal(scratch.path) ==
        "holds several adapters: mail, news. Fix: name one of them: " + (scratch.path / "mail").string());
  touch(scratch.path / "adapter_config.json");
  CHECK(checkpoint::identify(scratch.path).folder == scratch.path);
}

TEST_CASE("what is none of them says what was looked for") {
  const Scratch scratch;
  CHECK(refusal(scratch.path) ==
        "is no model, adapter or run (allowed: a folder with config.json, adapter_config.json or manifest.json)");
  CHECK(refusal(scratch.path / "none") == "nothing is there");
  for (const char* file : {"adapter_model.safetensors", "adapter_model.bin"}) {
    const Scratch half;
    touch(half.path / file);
    CHECK(refusal(half.path / file) == "is a file. Fix: name the folder that holds it");
    CHECK(refusal(half.path) ==
          "holds the tensors of an adapter without its adapter_config.json. Fix: copy the file from where the adapter "
          "was "
          "made: it says which tensors belong where");
  }
}

#include "options.hpp"

#include <algorithm>
#include <charconv>

namespace engram_freezing {
namespace {

// "last 4 blocks" -> {last, 4}; empty when it is written otherwise.
std::optional<Keep> parsed(const std::string& text) {
  Keep keep;
  std::string rest;
  if (text.rfind("last ", 0) == 0) {
    rest = text.substr(5);
  } else if (text.rfind("first ", 0) == 0) {
    keep.end = Keep::End::first;
    rest = text.substr(6);
  }
  const char* end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data(), end, keep.blocks);
  const std::string unit(stop, end);
  const bool fits = error == std::errc() && keep.blocks >= 0 && (unit == " blocks" || unit == " block");
  return fits ? std::optional(keep) : std::nullopt;
}

void check(const Options& options, Complaints& complaints) {
  if (!options.keep_text.empty() && !options.keep) {
    complaints.add("keep is '" + options.keep_text + "'", "write it as \"last 4 blocks\" or \"first 2 blocks\"");
  }
  if (options.every_epochs && options.every_steps) {
    complaints.add("both every_epochs and every_steps are set", "give one of the two");
  }
  if (options.gradual() && options.keep && options.keep->end == Keep::End::first) {
    complaints.add("keep is '" + options.keep_text + "', but blocks are let go from the top",
                   "keep the last blocks, or drop every_epochs and every_steps");
  }
  for (const std::string& pattern : options.freeze) {
    if (std::find(options.train.begin(), options.train.end(), pattern) == options.train.end()) continue;
    complaints.add("'" + pattern + "' stands in freeze and in train", "name it in one of the two");
  }
  const bool any = !options.keep_text.empty() || options.gradual() || !options.freeze.empty() ||
                   !options.train.empty() || options.embeddings == Options::Embeddings::frozen;
  if (any) return;
  if (options.embeddings == Options::Embeddings::trained) {
    complaints.add("embeddings = \"trained\" alone freezes nothing", "set keep, freeze, train or every_epochs besides");
  } else {
    complaints.add("nothing is set to freeze", "set keep, embeddings, freeze, train, every_epochs or every_steps");
  }
}

}  // namespace

std::vector<sdk::ParameterSpec> parameters() {
  return {
      sdk::string("keep", "")
          .optional()
          .doc("Which blocks train: \"last 4 blocks\", with the pooler, or \"first 2 blocks\", with the embeddings. "
               "The rest of the model is frozen."),
      sdk::string("embeddings", "")
          .optional()
          .one_of({"frozen", "trained"})
          .doc("Whether the embeddings train, where keep says otherwise or nothing."),
      sdk::strings("freeze", {}).doc("Patterns over parameter names: these never train, whatever keep says."),
      sdk::strings("train", {})
          .doc("Patterns over parameter names: these train from the start, whatever keep and freeze say; without "
               "either, the rest of the model is frozen."),
      sdk::number("every_epochs", 1)
          .optional()
          .above(0)
          .doc("Gradual unfreezing: the next lower block starts to train after so many epochs, embeddings last."),
      sdk::integer("every_steps", 1).optional().range(1, 1e9).doc("The same, counted in optimizer steps.")};
}

Options options_of(const sdk::Settings& settings) {
  Options options;
  Complaints complaints;
  if (settings.has("keep")) {
    options.keep_text = settings.string("keep");
    options.keep = parsed(options.keep_text);
    if (options.keep_text.empty()) complaints.add("keep is empty", "write it as \"last 4 blocks\", or leave it out");
  }
  if (settings.has("embeddings")) {
    options.embeddings =
        settings.string("embeddings") == "frozen" ? Options::Embeddings::frozen : Options::Embeddings::trained;
  }
  options.freeze = settings.strings("freeze");
  options.train = settings.strings("train");
  if (settings.has("every_epochs")) options.every_epochs = settings.number("every_epochs");
  if (settings.has("every_steps")) options.every_steps = settings.integer("every_steps");
  check(options, complaints);
  complaints.raise();
  return options;
}

void Complaints::add(const std::string& what, const std::string& fix) {
  what_ += (what_.empty() ? "" : "; ") + what;
  fix_ += (fix_.empty() ? "" : "; ") + fix;
}

void Complaints::raise() const {
  if (!what_.empty()) throw sdk::Error(what_, fix_);
}

}  // namespace engram_freezing

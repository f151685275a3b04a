// What a recipe says about freezing, checked as far as that needs no model.
#pragma once

#include <engram/sdk.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace engram_freezing {

namespace sdk = engram::sdk;

// "last 4 blocks", "first 2 blocks".
struct Keep {
  enum class End { first, last };
  End end = End::last;
  int64_t blocks = 0;
};

struct Options {
  std::string keep_text;  // as written
  std::optional<Keep> keep;
  enum class Embeddings { unsaid, frozen, trained };
  Embeddings embeddings = Embeddings::unsaid;
  std::vector<std::string> freeze;  // patterns over parameter names
  std::vector<std::string> train;
  std::optional<double> every_epochs;
  std::optional<int64_t> every_steps;

  bool gradual() const { return every_epochs || every_steps; }
  // Whether it says for every parameter of the model when it trains, rather than for the named ones.
  bool covers_all() const { return keep || gradual() || (freeze.empty() && !train.empty()); }
};

std::vector<sdk::ParameterSpec> parameters();

// Throws sdk::Error with everything that is wrong.
Options options_of(const sdk::Settings& settings);

// Gathers what is wrong, so that all of it is said at once.
class Complaints {
 public:
  void add(const std::string& what, const std::string& fix);
  // Throws sdk::Error when there is something.
  void raise() const;

 private:
  std::string what_, fix_;
};

}  // namespace engram_freezing

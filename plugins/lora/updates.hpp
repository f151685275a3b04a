// Which projections get an update, of which rank and scale.
#pragma once

#include <engram/sdk.hpp>

#include <map>
#include <string>
#include <vector>

namespace engram_lora {

namespace sdk = engram::sdk;

struct Options {
  int64_t rank = 8;
  double alpha = 32;
  double dropout = 0.1;
  sdk::Setting targets;
  sdk::TargetLimits limits;
  std::map<std::string, double> rank_pattern;
  std::map<std::string, double> alpha_pattern;
  bool rslora = false;
};

struct Update {
  sdk::LinearSite site;
  int64_t rank = 0;
  double scale = 0;  // alpha / rank, or alpha / sqrt(rank)
};

struct Updates {
  std::vector<Update> list;
  std::string text;  // for people: "rank 8, scale 32 / 8, 12 sites (query 6, value 6)"
};

// Throws sdk::Error where a rank of rank_pattern is no whole number.
Options options_of(const sdk::Settings& settings);

// Throws sdk::Error where targets, patterns and ranks do not fit the model.
Updates updates_of(const sdk::ModelView& model, const Options& options);

}  // namespace engram_lora

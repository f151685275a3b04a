// Which linear sites a list of targets means. The rules are PEFT's, but nothing is accepted silently.
//
//   { "query", "output.dense" }   each entry is a site's full name or a dotted suffix of it
//   "encoder\\.layer\\.[0-2].*"   one string is a regular expression (ECMAScript) over the full name
//   "all-linear"                  every linear site
//
// Sites of heads are never targets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <engram/sdk/export.hpp>
#include <engram/sdk/model_view.hpp>
#include <engram/sdk/settings.hpp>

namespace engram::sdk {

struct ENGRAM_SDK_EXPORT TargetMatch {
  std::vector<LinearSite> sites;                        // in the model's order, each once
  std::vector<std::pair<std::string, int64_t>> counts;  // per pattern as written, sites matched
  std::string text() const;                             // "query 6, value 6"
};

// What is taken out of the targets again.
struct ENGRAM_SDK_EXPORT TargetLimits {
  Setting exclude = {};              // written as targets are, but for "all-linear"; empty: nothing is left out
  std::vector<int64_t> layers = {};  // blocks, from 0; empty: all. Sites outside blocks are in none
};

// `targets` is the value of a `strings` parameter. Throws Error naming every pattern that matches nothing with the
// nearest names and the counts of the others, every entry of `exclude` that takes nothing out, every target of which
// `exclude` leaves nothing, every layer that the model does not have; and when a regular expression is malformed.
ENGRAM_SDK_EXPORT TargetMatch match_linear_sites(const ModelView& model, const Setting& targets,
                                                 const TargetLimits& limits = {});

// A number for each matched site, in order: that of the pattern which matches it, else `otherwise`. A pattern is a
// regular expression over the end of the full name that starts it or follows a dot: "query" and "1.output.dense" match
// as suffixes do. `setting` is what the recipe calls the table. Throws Error naming every pattern that matches no
// target, and when two patterns give one site different numbers.
ENGRAM_SDK_EXPORT std::vector<double> numbers_by_site(const TargetMatch& match, const std::string& setting,
                                                      const std::map<std::string, double>& patterns, double otherwise);

// Throws Error when `rank` is larger than the smaller side of a matched site's matrix, naming the sites.
ENGRAM_SDK_EXPORT void check_rank(int64_t rank, const TargetMatch& match);

}  // namespace engram::sdk

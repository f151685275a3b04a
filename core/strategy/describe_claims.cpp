#include "strategy/describe_claims.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace engram::strategy {
namespace {

std::string counted(size_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string rows_text(int64_t rows, const std::string& data) {
  return (rows == 0 ? "all" : text::thousands(rows)) + " rows of data." + data;
}

std::string labels_text(sdk::LabelMode labels) {
  switch (labels) {
    case sdk::LabelMode::automatic:
    case sdk::LabelMode::exact: return "every label by its probability";
    case sdk::LabelMode::sampled: return "labels drawn from the model";
    case sdk::LabelMode::given: return "the data's labels";
    case sdk::LabelMode::predicted: return "the most probable labels";
  }
  return "";
}

std::string pass_text(const ResolvedPass& resolved) {
  const sdk::Pass& pass = resolved.pass;
  std::string text = pass.name + ": " + rows_text(pass.samples, pass.data);
  text += pass.when == sdk::Pass::When::before_training ? " before training" : " after training";
  const auto* squares = std::get_if<sdk::SquaredGradients>(&pass.work);
  if (squares == nullptr) return text + ", forward";
  text += ", squared gradients of " + counted(resolved.parameters.size(), "parameter", "parameters") + " under " +
          labels_text(resolved.labels);
  if (squares->squares == sdk::SquareMode::per_sample) return text;
  return text + ", squared by batches of " + std::to_string(pass.batch_size);
}

std::string term_text(const sdk::LossTerm& term, const std::string& strategy) {
  std::vector<std::string> read;
  for (const std::string& head : term.heads) read.push_back("the head of " + head);
  for (const std::string& tap : term.taps) read.push_back(tap);
  std::string text = term.name + ": weight " + strategy + "." + term.weight;
  if (!read.empty()) text += ", reads " + text::join(read, ", ");
  return text + (term.start ? ", also of the untouched model" : "");
}

// Claims of which a strategy makes many, counted by strategy in recipe order.
template <class Owned>
std::vector<std::pair<std::string, size_t>> by_strategy(const std::vector<Owned>& claims) {
  std::vector<std::pair<std::string, size_t>> counts;
  for (const Owned& claim : claims) {
    if (counts.empty() || counts.back().first != claim.strategy) counts.emplace_back(claim.strategy, 0);
    ++counts.back().second;
  }
  return counts;
}

void add_structure(const Resolution& resolution, std::vector<ClaimLine>& lines) {
  for (const auto& [strategy, count] : by_strategy(resolution.adapters)) {
    lines.push_back({strategy, "adapters", counted(count, "projection", "projections")});
  }
  for (const auto& [strategy, count] : by_strategy(resolution.prefixes)) {
    lines.push_back({strategy, "prefixes",
                     std::to_string(resolution.prefixes.front().claim.tokens) +
                         " tokens before the keys and values of " + counted(count, "block", "blocks")});
  }
  if (!resolution.prompt) return;
  lines.push_back({resolution.prompt->strategy, "prompt",
                   std::to_string(resolution.prompt->claim.tokens) + " tokens before every text"});
}

void add_steps(const Resolution& resolution, std::vector<ClaimLine>& lines) {
  for (const auto& [strategy, mix] : resolution.mixes) {
    lines.push_back({strategy, "mix", rows_text(mix.rows, mix.data) + ", a share of " + text::shortest(mix.share)});
  }
  for (const auto& [strategy, term] : resolution.loss_terms) {
    lines.push_back({strategy, "loss term", term_text(term, strategy)});
  }
  for (const auto& [strategy, penalty] : resolution.penalties) {
    lines.push_back({strategy, "penalty",
                     penalty.name + ": weight " + strategy + "." + penalty.weight + ", " +
                         counted(penalty.watched.size(), "parameter", "parameters")});
  }
  if (resolution.project) lines.push_back({resolution.project->strategy, "projection", resolution.project->claim.name});
}

}  // namespace

std::vector<ClaimLine> claim_lines(const Resolution& resolution) {
  std::vector<ClaimLine> lines;
  add_structure(resolution, lines);
  for (const ResolvedPass& pass : resolution.passes) lines.push_back({pass.strategy, "pass", pass_text(pass)});
  add_steps(resolution, lines);
  for (const auto& [strategy, finish] : resolution.finishes) lines.push_back({strategy, "finish", finish.name});
  if (!resolution.snapshot.empty()) {
    lines.push_back({"host", "snapshot",
                     counted(resolution.snapshot.size(), "parameter", "parameters") + " as before the first step"});
  }
  return lines;
}

}  // namespace engram::strategy

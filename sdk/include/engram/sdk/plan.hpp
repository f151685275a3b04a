// What a strategy fills in plan(): its claims, in order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <engram/sdk/claims.hpp>
#include <engram/sdk/export.hpp>

namespace engram::sdk {

// Collects one strategy's claims. Filling it touches no model.
class ENGRAM_SDK_EXPORT Plan {
 public:
  void freeze(std::string pattern);
  void train(std::string pattern, From from = {});
  void group(std::string pattern, double rate_scale, std::optional<double> weight_decay = {});
  void tensor(std::string name, std::vector<int64_t> shape, std::string init);
  void kept_tensor(std::string name, std::vector<int64_t> shape, std::string init);
  void carried_tensor(std::string name, std::vector<int64_t> shape, std::string init);
  void adapt(std::string site, LowRank adapter);
  void adapt(std::string site, Custom adapter);
  void prefix(Prefix prefix);
  void prompt(Prompt prompt);
  void penalty(Penalty penalty);
  void loss_term(LossTerm term);
  void snapshot(std::string pattern);
  void project(Project project);
  void pass(Pass pass);
  void mix(Mix mix);
  void finish(Finish finish);
  // A line for people, shown by `engram plan` and at the start of a run.
  void note(std::string line);

  const std::vector<Claim>& claims() const { return claims_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<Claim> claims_;
  std::vector<std::string> notes_;
};

}  // namespace engram::sdk

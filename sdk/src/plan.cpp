#include <engram/sdk/plan.hpp>

#include <utility>

namespace engram::sdk {

void Plan::freeze(std::string pattern) { claims_.emplace_back(Freeze{{std::move(pattern)}}); }

void Plan::train(std::string pattern, From from) { claims_.emplace_back(Train{{std::move(pattern)}, from}); }

void Plan::group(std::string pattern, double rate_scale, std::optional<double> weight_decay) {
  claims_.emplace_back(Group{{std::move(pattern)}, rate_scale, weight_decay});
}

void Plan::tensor(std::string name, std::vector<int64_t> shape, std::string init) {
  claims_.emplace_back(Tensor{std::move(name), std::move(shape), std::move(init), Tensor::Use::trained});
}

void Plan::kept_tensor(std::string name, std::vector<int64_t> shape, std::string init) {
  claims_.emplace_back(Tensor{std::move(name), std::move(shape), std::move(init), Tensor::Use::kept});
}

void Plan::carried_tensor(std::string name, std::vector<int64_t> shape, std::string init) {
  claims_.emplace_back(Tensor{std::move(name), std::move(shape), std::move(init), Tensor::Use::carried});
}

void Plan::adapt(std::string site, LowRank adapter) {
  claims_.emplace_back(Adapt{std::move(site), std::move(adapter)});
}

void Plan::adapt(std::string site, Custom adapter) { claims_.emplace_back(Adapt{std::move(site), std::move(adapter)}); }

void Plan::prefix(Prefix prefix) { claims_.emplace_back(std::move(prefix)); }
void Plan::prompt(Prompt prompt) { claims_.emplace_back(std::move(prompt)); }
void Plan::penalty(Penalty penalty) { claims_.emplace_back(std::move(penalty)); }
void Plan::loss_term(LossTerm term) { claims_.emplace_back(std::move(term)); }
void Plan::snapshot(std::string pattern) { claims_.emplace_back(Snapshot{{std::move(pattern)}}); }
void Plan::project(Project project) { claims_.emplace_back(std::move(project)); }
void Plan::pass(Pass pass) { claims_.emplace_back(std::move(pass)); }
void Plan::mix(Mix mix) { claims_.emplace_back(std::move(mix)); }
void Plan::finish(Finish finish) { claims_.emplace_back(std::move(finish)); }

void Plan::note(std::string line) { notes_.push_back(std::move(line)); }

}  // namespace engram::sdk

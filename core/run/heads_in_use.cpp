#include "run/heads_in_use.hpp"

#include <algorithm>

#include "base/errors.hpp"
#include "base/text.hpp"
#include "checkpoint/adapter_heads.hpp"
#include "checkpoint/merge.hpp"

namespace engram::run {
namespace {

void add(std::vector<model::Head>& heads, model::Head head) {
  const auto taken = [&](const model::Head& other) { return other.task == head.task; };
  if (std::none_of(heads.begin(), heads.end(), taken)) heads.push_back(std::move(head));
}

}  // namespace

void refuse_unknown_head(const std::string& task, const std::vector<std::string>& names,
                         const std::filesystem::path& folder) {
  throw DataError({.what = "has no head '" + task + "'" + text::did_you_mean(task, names),
                   .where = folder.string(),
                   .allowed = text::join(names, ", ")});
}

BaseHeads heads_of_base(const model::Model& base, const model::FolderFacts& facts) {
  BaseHeads found{.heads = base.heads()};
  for (const model::Head& head : found.heads) {
    const auto named = [&](const auto& listed) { return listed.task == head.task; };
    if (std::none_of(facts.heads.begin(), facts.heads.end(), named)) found.unnamed = head.task;
  }
  return found;
}

std::vector<model::Head> heads_of(const Opened& opened) {
  std::vector<model::Head> heads;
  const auto& adapter = opened.trained.adapter;
  if (!adapter || adapter->head_weight.defined()) add(heads, opened.trained.head);
  if (adapter) {
    const at::Device device = opened.model->device();
    for (model::Head& head : checkpoint::read_heads_beside(adapter->folder, opened.base.view, device)) {
      add(heads, std::move(head));
    }
  }
  // Beside a run's adapter every head that the run had lies under its task's name, also one that its base gives none.
  const bool listed = adapter && std::filesystem::exists(adapter->folder / "heads.json");
  const BaseHeads base = heads_of_base(*opened.model, opened.base);
  for (const model::Head& head : base.heads) {
    if (!listed || head.task != base.unnamed) add(heads, head);
  }
  return heads;
}

std::optional<model::Head> base_head_for(const BaseHeads& base, const model::Head& head) {
  const auto named = [&](const std::string& task) -> std::optional<model::Head> {
    for (const model::Head& candidate : base.heads) {
      if (candidate.task != task) continue;
      model::Head ordered = checkpoint::in_order_of(candidate, head.labels);
      if (!ordered.weight.defined()) return {};
      ordered.task = head.task;
      return ordered;
    }
    return {};
  };
  const auto same_task = [&](const model::Head& candidate) { return candidate.task == head.task; };
  if (std::any_of(base.heads.begin(), base.heads.end(), same_task)) return named(head.task);
  return base.unnamed.empty() ? std::nullopt : named(base.unnamed);
}

}  // namespace engram::run

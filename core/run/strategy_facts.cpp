#include "run/strategy_facts.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace engram::run {
namespace {

int64_t virtual_tokens(const strategy::Resolution& resolution) {
  const int64_t prefix = resolution.prefixes.empty() ? 0 : resolution.prefixes.front().claim.tokens;
  return prefix + (resolution.prompt ? resolution.prompt->claim.tokens : 0);
}

}  // namespace

std::vector<strategy::DataFacts> data_facts(const std::vector<SetFacts>& sets, const std::vector<TaskFacts>& tasks) {
  std::vector<strategy::DataFacts> facts;
  for (const SetFacts& set : sets) {
    strategy::DataFacts fact{
        .name = set.set->name,
        .task = set.set->task,
        .rows = set.rows.rows,
        .labelled = set.set->label.has_value() || set.set->format == recipe::DataFormat::label_lines,
        .evaluates = set.set->use == recipe::DataUse::evaluate};
    for (const TaskFacts& task : tasks) {
      if (task.name != fact.task) continue;
      fact.classes = static_cast<int64_t>(task.labels.size());
      fact.fresh_head = task.head == recipe::HeadSource::fresh;
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

void refuse_long_sequences(const recipe::Recipe& recipe, const sdk::ModelView& view,
                           const strategy::Resolution& resolution, Faults& faults) {
  const int64_t added = virtual_tokens(resolution);
  const int64_t room = view.max_positions - added;
  if (added == 0 || recipe.train.max_length <= room) return;
  const std::string fix =
      room > 0 ? "set train.max_length to " + std::to_string(room) + " or less" : "use fewer of them";
  faults.add({.what = "train.max_length is " + std::to_string(recipe.train.max_length) + ", " + std::to_string(added) +
                      " virtual tokens come before every text, and the model reads at most " +
                      std::to_string(view.max_positions) + " tokens",
              .where = recipe.file,
              .fix = fix});
}

void refuse_unknown_numbers(const recipe::ScheduleResult& schedule, const strategy::Resolution& resolution,
                            const std::optional<recipe::FunctionHandle>& callback) {
  Faults faults;
  const std::string where = callback ? callback->place.text() : "schedule";
  std::vector<std::string> known = {"lr"};
  known.insert(known.end(), resolution.schedulable.begin(), resolution.schedulable.end());
  for (const auto& [name, value] : schedule.strategy_numbers) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      faults.add({.what = "the schedule sets '" + name + "', which no strategy of this run takes from a schedule" +
                          text::did_you_mean(name, known),
                  .where = where,
                  .allowed = text::join(known, ", ")});
    } else if (!std::isfinite(value) || value < 0) {
      faults.add({.what = "the schedule sets '" + name + "' to " + text::shortest(value),
                  .where = where,
                  .allowed = "a factor of the strategy's setting, 0 or greater"});
    }
  }
  faults.raise<RecipeError>();
}

}  // namespace engram::run

// Steps that stand out, and what a run says and keeps when numbers or memory fail.
#include <cmath>

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "checkpoint/deployable.hpp"
#include "eval/not_finite_scores.hpp"
#include "run/session_parts.hpp"
#include "run/step_cause_text.hpp"
#include "train/not_finite.hpp"

namespace engram::run {
namespace {

constexpr const char* kNewRun = "in a new run, ";

bool all_finite(const std::vector<strategy::StrategyState>& states) {
  for (const strategy::StrategyState& state : states) {
    for (const auto& [name, tensor] : state.tensors) {
      if (!at::isfinite(tensor).all().item<bool>()) return false;
    }
  }
  return true;
}

// A disk that failed is told with how to go on once it works again; of a run that had begun, a folder that is gone is
// the cause of whatever failed.
std::exception_ptr with_way_on(const std::exception_ptr& thrown, const checkpoint::RunFolder& run, bool begun) {
  const std::string way = "engram run --resume " + run.path().string();
  try {
    if (begun) run.require_present();
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    Fault fault = error.faults().front();
    const bool told = fault.fix.find(way) != std::string::npos;
    if (error.exit_code() != ExitCode::resources || told) return std::current_exception();
    fault.fix += (fault.fix.empty() ? "" : "; ") + way + " then goes on from the last state that was saved";
    return std::make_exception_ptr(InternalError(fault, ExitCode::resources));
  } catch (...) {
    return thrown;
  }
}

// Of scores, as step_cause_text.hpp has it of a step.
Json fields_of(const Json& step, const std::string& measure, const eval::NotFiniteRows& found, const Json& rows) {
  return {{"step", step},
          {"measure", measure},
          {"culprit", nullptr},
          {"layer", found.layer.empty() ? Json(nullptr) : Json(found.layer)},
          {"weights", found.weights},
          {"gradients", Json::array()},
          {"rows", rows},
          {"faulty_rows", rows}};
}

}  // namespace

void Session::log_steps() {
  // Read later, a spike would change the steps between, and how many those are depends on where a run was interrupted.
  const bool changes_steps = settings().spikes && settings().spikes->action != recipe::SpikeAction::skip;
  step_log_.emplace(*trainer_, device_, events_, terminal_,
                    StepRules{.not_finite = [this](const ReadStep& read) { not_finite(read); },
                              .spike = [this](const ReadStep& read) { return spike(read); }},
                    changes_steps ? Reading::at_every_step : Reading::now_and_then);
}

bool Session::read_steps() {
  if (step_log_) step_log_->flush();
  if (undone_by_.empty()) return false;
  go_back(settings().spikes->cut, std::exchange(undone_by_, {}));
  return true;
}

After Session::spike(const ReadStep& read) {
  const recipe::Spikes& policy = *settings().spikes;
  const std::string what = spike_text(read, policy);
  ++spikes_;
  const bool ends = spikes_ > policy.most;
  const bool goes_back = policy.action == recipe::SpikeAction::roll_back && states_->can_roll_back();
  const bool cuts = policy.action != recipe::SpikeAction::skip;
  const std::string done = ends ? "run ended" : goes_back ? "rolled back" : cuts ? "rate cut" : "skipped";
  if (cuts && !goes_back && !ends) rate_cut_ *= policy.cut;
  const SpikeMeasure measure = spike_measure(read);
  const std::vector<PlacedRows> rows = places_.of(read.result.rows);
  const Json fields = {{"step", read.progress.step},
                       {"measure", measure.name},
                       {"value", measure.value},
                       {"threshold", measure.limit},
                       {"done", done},
                       {"spikes", spikes_},
                       {"rate_cut", rate_cut_},
                       {"rows", rows_json(rows)}};
  events_.event("spike", fields);
  terminal_.event("spike", fields, what + ": " + done + " (" + rows_text(rows) + ")");
  if (ends) too_many_spikes(read, what);
  if (rate_cut_ * (goes_back ? policy.cut : 1) < kLeastRateCut) {
    throw InternalError({.what = what +
                                 ", and the learning rate has been cut to less than a millionth of what the "
                                 "recipe says; the step's rows are " +
                                 rows_text(rows),
                         .fix = kNewRun +
                                std::string("lower train.learning_rate, or look at the rows of the spikes "
                                            "(events.jsonl); ") +
                                kept()},
                        ExitCode::resources);
  }
  if (!goes_back) return After::kept;
  undone_by_ = what;
  return After::undone;
}

void Session::too_many_spikes(const ReadStep& read, const std::string& what) {
  const bool finite = std::isfinite(read.progress.loss) && std::isfinite(read.progress.gradient_norm);
  if (!finite) not_finite(read);
  throw InternalError({.what = what + ": the run's spike number " + std::to_string(spikes_) + "; the step's rows are " +
                               rows_text(places_.of(read.result.rows)),
                       .allowed = "train.spikes.most = " + std::to_string(settings().spikes->most),
                       .fix = kNewRun +
                              std::string("lower train.learning_rate, mend the rows of the spikes "
                                          "(events.jsonl), or allow more; ") +
                              kept()},
                      ExitCode::resources);
}

// A search that fails, or that a signal ends, leaves the cause unknown.
train::StepCause Session::cause_of(const ReadStep& read) {
  try {
    return trainer_->cause_of(read.result, {.strategy_numbers = read.factors});
  } catch (const interrupt::Interrupted&) {
    return {};
  } catch (const std::exception&) {
    return {};
  }
}

void Session::not_finite(const ReadStep& read) {
  const train::StepCause cause = cause_of(read);
  const std::vector<PlacedRows> rows = places_.of(read.result.rows), faulty = places_.of(cause.rows);
  Fault fault = not_finite_fault(read, *trainer_, cause, rows, faulty);
  // The run goes on from the step before, which it then takes again: all that it has learnt is kept.
  if (cause.weights.empty() && read.result.step == trainer_->done() && !settings().spikes) {
    trainer_->take_back(read.result);
    prepared_.script.restore(script_before_);
    save_failed();
  }
  const Json fields = not_finite_fields(read, cause, rows, faulty);
  events_.event("not_finite", fields);
  terminal_.event("not_finite", fields, "");
  if (!settings().spikes) fault.fix += ", or leave such steps out with train.spikes = { action = \"skip\" }";
  fault.fix = kNewRun + fault.fix + "; " + kept();
  throw InternalError(fault, ExitCode::resources);
}

// The losses of all rows were finite; what is derived from two models' outputs may still not be.
void Session::refuse_not_finite(const recipe::Metrics& metrics) {
  for (const auto& [set, values] : metrics) {
    for (const auto& [name, value] : values) {
      if (std::isfinite(value)) continue;
      const Json fields = fields_of(trainer_->done(), name, {}, Json::object());
      events_.event("not_finite", fields);
      terminal_.event("not_finite", fields, "");
      throw InternalError({.what = "the " + name + " of data." + set + " at step " + std::to_string(trainer_->done()) +
                                   " is not finite",
                           .fix = kNewRun + std::string("lower train.learning_rate; ") + kept()},
                          ExitCode::resources);
    }
  }
}

// Never more than a try: what failed may fail again.
void Session::save_failed() {
  const bool trains = step_log_.has_value();  // everything is restored
  if (!trains || !trainer_->whole()) return;
  try {
    step_log_->flush();
    if (!undone_by_.empty()) return;
    const auto weights = checkpoint::training_weights(*material_.model, prepared_.strategies, prepared_.resolution);
    if (!train::not_finite(weights).empty() || !all_finite(prepared_.strategies.save_state())) return;
    save_state(When::between, "failed");
  } catch (const std::exception& error) {
    terminal_.note(std::string("where training stands was not saved: ") + error.what());
  }
}

std::string Session::kept() const {
  const std::filesystem::path state = checkpoint::newest_training_state(folder_.checkpoints());
  std::string text =
      "no training state was saved yet, and engram run --resume " + folder_.path().string() + " begins again";
  if (!state.empty()) {
    text = "what was learnt until then is kept in checkpoints/" + state.filename().string() +
           ", from which engram run --resume " + folder_.path().string() + " goes on";
  }
  if (!std::filesystem::exists(folder_.best())) return text;
  const bool whole =
      checkpoint::form_of(prepared_.resolution, material_.model->view()) == checkpoint::Form::model_folder;
  return text + "; a new run can start from the best checkpoint: " + (whole ? "model" : "adapter") + " = \"" +
         folder_.best().string() + "\"";
}

std::exception_ptr Session::told(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const eval::NotFiniteScores& error) {
    const eval::NotFiniteRows& found = error.found();
    const PlacedRows rows = places_.of(found.set, found.rows);
    const Json step = !trainer_ ? Json(nullptr) : Json(trainer_->done());
    const std::string when = !trainer_ ? "of the untouched model" : "at step " + step.dump();
    if (found.weights.empty() && can_repeat_) save_failed();
    const Json fields = fields_of(step, "evaluation loss", found, rows_json({rows}));
    events_.event("not_finite", fields);
    terminal_.event("not_finite", fields, "");
    return std::make_exception_ptr(
        InternalError({.what = "the loss of " + std::to_string(found.rows.size()) + " of the " +
                               std::to_string(found.of) + " rows of data." + found.set + " " + when +
                               " is not finite: " + rows_text({rows}) + eval::cause_text(found.layer, found.weights),
                       .fix = !trainer_ ? "the model's weights or texts are damaged: take another copy of them"
                                        : kNewRun + std::string("lower train.learning_rate; ") + kept()},
                      ExitCode::resources));
  } catch (...) {
    auto memory = out_of_memory(thrown, doing_, prepared_);
    if (!memory) return with_way_on(thrown, folder_, trainer_.has_value());
    if (can_repeat_) save_failed();
    memory->fault.fix += "; " + kept();
    events_.event("out_of_memory", memory->fields);
    terminal_.event("out_of_memory", memory->fields, "");
    return std::make_exception_ptr(InternalError(memory->fault, ExitCode::resources));
  }
}

}  // namespace engram::run

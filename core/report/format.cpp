#include "report/format.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace engram::report {
namespace {

// One decimal of a percentage is what a set of some hundred rows can resolve; losses are told apart to four.
double shown(Unit unit, double value) { return unit == Unit::share ? 100 * value : value; }
int decimals(Unit unit) { return unit == Unit::share ? 1 : unit == Unit::nats ? 4 : 3; }

bool prints_as_zero(Unit unit, double value) {
  return text::fixed(std::abs(shown(unit, value)), decimals(unit)) == text::fixed(0, decimals(unit));
}

}  // namespace

std::string metric_label(const std::string& metric) {
  if (metric == "macro_f1") return "macro F1";
  if (metric == "kl") return "KL";
  std::string label = metric;
  for (char& c : label) c = c == '_' ? ' ' : c;
  return label;
}

std::string role_label(Role role) { return role == Role::new_task ? "new task" : "original task"; }

std::string value_text(Unit unit, double value) {
  return text::fixed(shown(unit, value), decimals(unit)) + (unit == Unit::share ? " %" : "");
}

std::string change_text(Unit unit, double change) {
  if (prints_as_zero(unit, change)) return text::fixed(0, decimals(unit));
  return (change > 0 ? "+" : "") + text::fixed(shown(unit, change), decimals(unit));
}

std::string amount_text(Unit unit, double amount) {
  const std::string number = text::fixed(std::abs(shown(unit, amount)), decimals(unit));
  if (unit == Unit::share) return number + (number == "1.0" ? " point" : " points");
  return unit == Unit::nats ? number + " nats" : number;
}

bool larger_is_better(const EvaluationRow& row) {
  return row.better == Better::by_unit ? row.unit == Unit::share : row.better == Better::larger;
}

Colour change_colour(const EvaluationRow& row, double change) {
  if (prints_as_zero(row.unit, change)) return Colour::none;
  return (change > 0) == larger_is_better(row) ? Colour::good : Colour::bad;
}

std::string rate_text(double rate) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), rate, std::chars_format::scientific, 1);
  return {buffer.data(), end.ptr};
}

std::string share_of_parameters(int64_t trainable, int64_t total) {
  const double share = total > 0 ? 100.0 * static_cast<double>(trainable) / static_cast<double>(total) : 0;
  return text::thousands(trainable) + " of " + text::thousands(total) + " parameters (" +
         text::fixed(share, share < 10 ? 2 : 1) + " %)";
}

std::string point_text(const RunPoint& point) {
  return "step " + text::fixed(point.step, 0) + " (epoch " + text::fixed(point.epoch, 2) + ")";
}

}  // namespace engram::report

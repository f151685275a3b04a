#include "report/terminal.hpp"

#include "report/event_json.hpp"
#include "report/run_text.hpp"
#include "report/summary_json.hpp"

namespace engram::report {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 30;

std::string json_line(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

Terminal::Terminal(std::ostream& out, Style style, Clock clock)
    : out_(out), style_(style), clock_(std::move(clock)), last_shown_(clock_()) {}

Terminal::~Terminal() { clear_line(); }

void Terminal::header(const RunHeader& header) {
  if (style_.mode == Mode::json) print(json_line(run_started_event(header)));
  if (style_.mode == Mode::normal) print(header_text(header, style_));
}

void Terminal::phase(std::string_view text) {
  if (style_.mode == Mode::json) print(json_line({{"event", "phase"}, {"text", text}}));
  if (style_.mode != Mode::normal) return;
  const std::string line = "  " + std::string(text) + (style_.unicode ? " \u2026" : " ...");
  if (style_.live) {
    draw(style_.paint(Colour::dim, cut(line, static_cast<size_t>(style_.width) - 1)));
  } else if (text != last_phase_) {
    print(line + "\n");
  }
  last_phase_ = text;
}

void Terminal::step(const StepProgress& progress) {
  if (style_.mode == Mode::quiet) return;
  if (style_.mode == Mode::json) {
    Json event = step_event(progress);
    event["samples_per_second"] = progress.samples_per_second;
    event["seconds_left"] = progress.seconds_left < 0 ? Json(nullptr) : Json(progress.seconds_left);
    return print(json_line(event));
  }
  if (!due(progress)) return;
  if (style_.live) {
    draw(progress_bar(progress, style_));
  } else {
    print(progress_line(progress) + "\n");
  }
}

bool Terminal::due(const StepProgress& progress) {
  const double now = clock_();
  const int64_t tenth = progress.steps > 0 ? 10 * progress.step / progress.steps : 0;
  const bool waited = now - last_shown_ >= (style_.live ? kRedrawSeconds : kLineSeconds);
  const bool show = waited || (style_.live ? !drawn_ || progress.step == progress.steps : tenth != last_tenth_);
  if (!show) return false;
  last_shown_ = now;
  last_tenth_ = tenth;
  return true;
}

void Terminal::evaluation(const EvaluationView& evaluation) {
  if (style_.mode == Mode::json) {
    Json event = evaluation_event(evaluation);
    event["seconds"] = evaluation.seconds;
    print(json_line(event));
  }
  if (style_.mode == Mode::normal) print(evaluation_text(evaluation, style_));
}

void Terminal::warning(std::string_view text) {
  if (style_.mode == Mode::json) print(json_line({{"event", "warning"}, {"text", text}}));
  if (style_.mode == Mode::normal) {
    print("  " + style_.paint(Colour::bad, "warning") + "  " + wrap(text, static_cast<size_t>(style_.width) - 11, 11) +
          "\n");
  }
}

void Terminal::advice(const advisor::Advice& advice) {
  if (style_.mode == Mode::json) print(json_line(advice_event(advice)));
  if (style_.mode != Mode::normal) return;
  const auto width = static_cast<size_t>(style_.width) - 11;
  print("  " + style_.paint(Colour::bad, "advice") + "   " + wrap(advisor::finding_of(advice), width, 11) + "\n" +
        std::string(11, ' ') + wrap(advisor::change_of(advice), width, 11) + "\n");
}

void Terminal::note(std::string_view text) {
  if (style_.mode == Mode::json) print(json_line({{"event", "note"}, {"text", text}}));
  if (style_.mode == Mode::normal) print("  " + wrap(text, static_cast<size_t>(style_.width) - 2, 2) + "\n");
}

void Terminal::event(std::string_view kind, const Json& fields, std::string_view text) {
  if (style_.mode != Mode::json) return text.empty() ? void() : note(text);
  Json event = {{"event", kind}};
  event.update(fields);
  print(json_line(event));
}

void Terminal::summary(const RunSummary& summary) {
  if (style_.mode == Mode::json) {
    Json event = {{"event", "finished"}};
    event.update(to_json(summary));
    print(json_line(event));
  } else {
    print(summary_text(summary, style_));
  }
}

void Terminal::print(const std::string& text) {
  clear_line();
  out_ << text << std::flush;
}

void Terminal::draw(const std::string& line) {
  out_ << "\r\033[K" << line << std::flush;
  drawn_ = true;
}

void Terminal::clear_line() {
  if (drawn_) out_ << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace engram::report

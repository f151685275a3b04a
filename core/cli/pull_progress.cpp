#include "cli/pull_progress.hpp"

#include <unistd.h>

#include <iostream>

#include "base/json.hpp"
#include "base/text.hpp"
#include "report/style.hpp"

namespace engram::cli {
namespace {

constexpr size_t kNameWidth = 32;
constexpr int kBarWidth = 10;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr size_t kShownCommit = 12;
constexpr size_t kShownNames = 6;

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

Json sizes(const char* event, const std::string& file, uint64_t size) {
  return {{"event", event}, {"file", file}, {"size", size}};
}

Json listed_json(const hub::Listed& listed) {
  Json files = Json::array();
  for (const hub::RemoteFile& file : listed.selection.files) files.push_back(file.name);
  return {{"event", "listed"},
          {"repository", listed.reference.repository},
          {"revision", listed.reference.revision},
          {"commit", listed.commit},
          {"files", files},
          {"bytes", listed.selection.bytes()},
          {"left_out", listed.selection.left_out}};
}

// Growth is for the eye: a reader of JSON gets beginnings and ends.
Json json_of(const hub::Event& event) {
  return std::visit(Match{[](const hub::Listed& listed) { return listed_json(listed); },
                          [](const hub::WaitsForOther&) {
                            return Json{{"event", "waits"}};
                          },
                          [](const hub::FileBegins& begins) {
                            Json json = sizes("file_begins", begins.file, begins.size);
                            json["from"] = begins.from;
                            return json;
                          },
                          [](const hub::FileGrows&) { return Json(); },
                          [](const hub::FileEnds& ends) {
                            Json json = sizes("file_ends", ends.file, ends.size);
                            json["source"] = ends.source == hub::Source::network ? "network" : "cache";
                            return json;
                          },
                          [](const hub::Retries& retries) {
                            return Json{{"event", "retries"},
                                        {"file", retries.file.empty() ? Json(nullptr) : Json(retries.file)},
                                        {"reason", retries.reason},
                                        {"seconds", retries.seconds}};
                          }},
                    event);
}

void print_json(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
}

std::string left_out_text(std::vector<std::string> names) {
  if (names.empty()) return "";
  const size_t more = names.size() > kShownNames ? names.size() - kShownNames : 0;
  names.resize(names.size() - more);
  return "  left out: " + text::join(names, ", ") + (more == 0 ? "" : " and " + std::to_string(more) + " more") + "\n";
}

std::string listed_text(const hub::Listed& listed) {
  const size_t files = listed.selection.files.size();
  return listed.reference.text() + ", commit " + listed.commit.substr(0, kShownCommit) + ": " + std::to_string(files) +
         (files == 1 ? " file, " : " files, ") + text::bytes(listed.selection.bytes()) + "\n" +
         left_out_text(listed.selection.left_out);
}

std::string row(const std::string& file, const std::string& rest) {
  return "  " + report::pad_right(file, kNameWidth) + "  " + rest;
}

}  // namespace

PullProgress::PullProgress(Form form) : form_(form), live_(form == Form::text && ::isatty(STDERR_FILENO) == 1) {}

PullProgress::~PullProgress() { clear_line(); }

void PullProgress::tell(const hub::Event& event) {
  if (form_ == Form::text) return text(event);
  if (const Json json = json_of(event); !json.is_null()) print_json(json);
}

void PullProgress::text(const hub::Event& event) {
  if (const auto* growth = std::get_if<hub::FileGrows>(&event)) return draw(*growth);
  if (const auto* begins = std::get_if<hub::FileBegins>(&event)) {
    began_ = Clock::now();
    from_ = begins->from;
    if (from_ > 0) {
      std::cerr << row(begins->file, "goes on at " + text::bytes(from_) + " of " + text::bytes(begins->size)) << "\n";
    }
    return;
  }
  clear_line();
  std::visit(Match{[](const hub::Listed& listed) { std::cerr << listed_text(listed); },
                   [](const hub::WaitsForOther&) { std::cerr << "  waiting: another pull of it is going on\n"; },
                   [](const hub::FileEnds& ends) {
                     const std::string where = ends.source == hub::Source::cache ? " (in the cache already)" : "";
                     std::cerr << row(ends.file, text::bytes(ends.size) + where) << "\n";
                   },
                   [](const hub::Retries& retries) {
                     std::cerr << row(retries.file.empty() ? "list of files" : retries.file,
                                      retries.reason + "; again in " + text::fixed(retries.seconds, 1) + " s")
                               << "\n";
                   },
                   [](const auto&) {}},
             event);
}

void PullProgress::draw(const hub::FileGrows& growth) {
  const Clock::time_point now = Clock::now();
  if (!live_ || (drawn_ && now - last_drawn_ < kRedraw)) return;
  const double share = growth.size == 0 ? 1 : static_cast<double>(growth.done) / static_cast<double>(growth.size);
  const double seconds = std::max(std::chrono::duration<double>(now - began_).count(), 1e-3);
  const double rate = static_cast<double>(growth.done - std::min(from_, growth.done)) / seconds;
  const auto filled = static_cast<size_t>(share * kBarWidth);
  std::string rest = "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " +
                     report::pad_left(text::fixed(100 * share, 0), 3) + " %";
  if (rate > 0) {
    rest += "  " + text::bytes(static_cast<uint64_t>(rate)) + "/s, " +
            text::duration(static_cast<double>(growth.size - growth.done) / rate);
  }
  const report::Style style = report::detect_style(report::Mode::normal);
  std::cerr << "\r\033[K" << report::cut(row(growth.file, rest), static_cast<size_t>(style.width) - 1) << std::flush;
  drawn_ = true;
  last_drawn_ = now;
}

void PullProgress::clear_line() {
  if (drawn_) std::cerr << "\r\033[K" << std::flush;
  drawn_ = false;
}

void PullProgress::end(const hub::Pulled& pulled) {
  const std::string folder = pulled.snapshot.folder.string();
  if (form_ == Form::json) {
    return print_json({{"event", "pulled"},
                       {"folder", folder},
                       {"commit", pulled.snapshot.commit},
                       {"downloaded", pulled.downloaded},
                       {"notes", pulled.notes}});
  }
  clear_line();
  for (const std::string& note : pulled.notes) std::cerr << "  note: " << note << "\n";
  std::cerr << (pulled.downloaded == 0 ? "Nothing to fetch; all of it is in the cache. "
                                       : "Fetched " + text::bytes(pulled.downloaded) + ". ")
            << "Use it: model = \"" << pulled.snapshot.reference.text() << "\"\n";
  std::cout << folder << "\n";
}

}  // namespace engram::cli

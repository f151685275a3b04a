#include "claim_text.hpp"

#include <sstream>

#include "base/text.hpp"

namespace engram::contract {
namespace {

std::string list(const std::vector<std::string>& names) { return "[" + text::join(names, ", ") + "]"; }

std::string list(const std::vector<int64_t>& sizes) {
  std::vector<std::string> texts;
  for (const int64_t size : sizes) texts.push_back(std::to_string(size));
  return list(texts);
}

std::string list(const std::vector<sdk::Pattern>& patterns) {
  std::vector<std::string> texts;
  for (const sdk::Pattern& pattern : patterns) texts.push_back(pattern.text);
  return list(texts);
}

std::string from(const sdk::From& from) {
  if (from.step) return " from step " + std::to_string(*from.step);
  if (from.epoch) return " from epoch " + text::shortest(*from.epoch);
  return "";
}

// Doubles are written so that they read back the same.
template <class... Parts>
std::string line(const Parts&... parts) {
  std::ostringstream out;
  out.precision(17);
  ((out << parts << ' '), ...);
  return text::trim(out.str());
}

struct ToText {
  std::string operator()(const sdk::Freeze& claim) const { return line("freeze", claim.pattern.text); }
  std::string operator()(const sdk::Train& claim) const { return line("train", claim.pattern.text) + from(claim.from); }
  std::string operator()(const sdk::Group& claim) const {
    const std::string decay = claim.weight_decay ? text::shortest(*claim.weight_decay) : "none";
    return line("group", claim.pattern.text, "rate scale", claim.rate_scale, "weight decay", decay);
  }
  std::string operator()(const sdk::Tensor& claim) const {
    return line("tensor", claim.name, list(claim.shape), "use", static_cast<int>(claim.use), "init", claim.init);
  }
  std::string operator()(const sdk::Adapt& claim) const {
    if (const auto* low_rank = std::get_if<sdk::LowRank>(&claim.adapter)) {
      return line("adapt", claim.site, "by", low_rank->a, low_rank->b, "scale", low_rank->scale, "dropout",
                  low_rank->dropout);
    }
    return line("adapt", claim.site, "by a custom adapter", std::get<sdk::Custom>(claim.adapter).peft_kind);
  }
  std::string operator()(const sdk::Prefix& claim) const { return line("prefix", claim.site, claim.tokens); }
  std::string operator()(const sdk::Prompt& claim) const { return line("prompt", claim.tokens); }
  std::string operator()(const sdk::Penalty& claim) const {
    std::string text = line("penalty", claim.name, "weight", claim.weight);
    for (const sdk::Watched& watched : claim.watched) {
      text += " " + line("on", watched.parameter, "importance", watched.importance, "anchor", watched.anchor);
    }
    return text;
  }
  std::string operator()(const sdk::LossTerm& claim) const {
    return line("loss term", claim.name, "weight", claim.weight, "heads", list(claim.heads), "taps", list(claim.taps),
                claim.start ? "with the start's" : "");
  }
  std::string operator()(const sdk::Snapshot& claim) const { return line("snapshot", claim.pattern.text); }
  std::string operator()(const sdk::Project& claim) const { return line("project", claim.name); }
  std::string operator()(const sdk::Pass& claim) const {
    const std::string head = line("pass", claim.name, "data", claim.data, "samples", claim.samples, "batch",
                                  claim.batch_size, "when", static_cast<int>(claim.when));
    if (const auto* squares = std::get_if<sdk::SquaredGradients>(&claim.work)) {
      return line(head, "squares", list(squares->parameters), static_cast<int>(squares->labels),
                  static_cast<int>(squares->squares));
    }
    const auto& forward = std::get<sdk::Forward>(claim.work);
    return line(head, "forward, taps", list(forward.taps), "inputs", list(forward.inputs));
  }
  std::string operator()(const sdk::Mix& claim) const {
    return line("mix", claim.data, "share", claim.share, "rows", claim.rows);
  }
  std::string operator()(const sdk::Finish& claim) const { return line("finish", claim.name); }
};

}  // namespace

std::string claim_text(const sdk::Claim& claim) { return std::visit(ToText{}, claim); }

std::vector<std::string> plan_lines(const sdk::Plan& plan) {
  std::vector<std::string> lines;
  for (const sdk::Claim& claim : plan.claims()) lines.push_back(claim_text(claim));
  for (const std::string& note : plan.notes()) lines.push_back("note " + note);
  return lines;
}

}  // namespace engram::contract

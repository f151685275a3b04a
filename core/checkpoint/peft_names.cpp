#include "checkpoint/peft_names.hpp"

#include <set>

namespace engram::checkpoint {

bool is_saved_with(const std::string& module, const std::string& parameter) {
  for (size_t end = parameter.rfind('.'); end != std::string::npos && end > 0; end = parameter.rfind('.', end - 1)) {
    if (std::string_view(parameter).substr(0, end).ends_with(module)) return true;
  }
  return false;
}

std::vector<std::string> endings_of(const std::vector<std::string>& modules) {
  std::set<std::string> endings;
  for (const std::string& module : modules) {
    endings.insert(module);
    for (size_t dot = module.find('.'); dot != std::string::npos; dot = module.find('.', dot + 1)) {
      endings.insert(module.substr(dot + 1));
    }
  }
  return {endings.begin(), endings.end()};
}

TokenLayout token_layout(VirtualTokens::Kind kind, const sdk::ModelView& view) {
  const sdk::AttentionSite& site = view.attention_sites.front();
  if (kind == VirtualTokens::Kind::prompt) return {view.hidden, site.heads, view.hidden};
  return {key_width(site), site.key_value_heads, 2 * view.layers * key_width(site)};
}

}  // namespace engram::checkpoint

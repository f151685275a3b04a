#include "model/view_lookup.hpp"

#include <vector>

namespace engram::model {
namespace {

template <class Entry>
const Entry* named(const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

const sdk::Parameter* parameter_named(const sdk::ModelView& view, const std::string& name) {
  return named(view.parameters, name);
}

const sdk::LinearSite* linear_site_named(const sdk::ModelView& view, const std::string& name) {
  return named(view.linear_sites, name);
}

}  // namespace engram::model

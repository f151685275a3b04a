#include "recipe/recipe.hpp"

#include <filesystem>

namespace engram::recipe {
namespace {

template <class Entry>
const Entry* find_named(const std::vector<Entry>& entries, const std::string& name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

const Task* Recipe::find_task(const std::string& name) const { return find_named(tasks, name); }

const DataSet* Recipe::find_data(const std::string& name) const { return find_named(data, name); }

std::string Recipe::resolve(const std::string& path) const {
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

}  // namespace engram::recipe

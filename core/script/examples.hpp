// The table `e` that the recipe's own metrics read: a scored set, its big arrays made when they are first read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "recipe/scored_set.hpp"
#include "script/lua.hpp"

namespace engram::script {

// e.set, e.role ("new" or "original"), e.count, e.classes (names); e.labels[i], e.predictions[i] (class indices from
// 1); e.probabilities[class][i]; e.groups[i] (nil without groups); e.confusion[label][predicted];
// e.counts.labels[class], e.counts.predictions[class], e.counts.right[class]. Tables by name are read-only views; the
// lists are the caller's own. What was made belongs to the host (budget.hpp, Giving). `e` reads from here only between
// push() and close(): a script that kept it gets an error.
class Examples {
 public:
  // `set` must stay until close(). Throws InternalError for a class index out of range.
  void open(const recipe::ScoredSet& set);
  void close();
  // A new `e`; arrays are not shared between two of them. Inside LuaState::protect, once opened.
  void push(lua_State* lua);

 private:
  enum class Table { top, probabilities };
  static int missing(lua_State* lua);
  void push_lazy(lua_State* lua, Table table);
  std::vector<std::string> keys(Table table) const;
  bool push_entry(lua_State* lua, Table table, const std::string& key);
  void push_indices(lua_State* lua, std::span<const int64_t> indices) const;
  void push_probabilities_of(lua_State* lua, size_t index) const;
  void push_groups(lua_State* lua) const;
  void push_classes(lua_State* lua) const;
  void push_by_class(lua_State* lua, const std::vector<int64_t>& numbers, const std::string& kind) const;
  void push_confusion(lua_State* lua) const;
  void push_counts(lua_State* lua) const;
  std::vector<int64_t> confusion() const;

  const recipe::ScoredSet* set_ = nullptr;
  int64_t opened_ = 0;  // counts openings, by which a kept `e` is known
};

}  // namespace engram::script

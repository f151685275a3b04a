#include "script/recipe_script.hpp"

#include <iostream>
#include <iterator>

#include "base/files.hpp"
#include "recipe/overrides.hpp"
#include "recipe/read.hpp"
#include "script/base_library.hpp"
#include "script/callbacks.hpp"
#include "script/dry_run.hpp"
#include "script/modules.hpp"
#include "script/source_map.hpp"
#include "script/state.hpp"
#include "script/tree.hpp"

namespace engram::script {

namespace fs = std::filesystem;

struct RecipeScript::State {
  LuaState lua;
  ModuleFolders folders;
  std::vector<int> functions;  // registry references, by FunctionHandle::index
  recipe::Recipe recipe;
  std::unique_ptr<Callbacks> callbacks;
};

namespace {

std::string read_source(const std::string& file) {
  if (file == "-") return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    throw RecipeError(Fault{"no such recipe file", file, "a Lua file that returns a table, or - for standard input"});
  }
  return read_file(file);
}

std::string name_of(const std::string& file) { return file == "-" ? "stdin" : fs::path(file).stem().string(); }

// Pushes the compiled recipe; a syntax error becomes a RecipeError.
void push_recipe_chunk(LuaState& state, lua_State* lua, const std::string& source, const std::string& name,
                       int environment) {
  struct Input {
    const std::string& source;
    const std::string& name;
  } input{source, name};
  lua_pushcfunction(lua, [](lua_State* inner) {
    const Input& given = *static_cast<const Input*>(lua_touserdata(inner, 1));
    push_chunk(inner, given.source, given.name, 2);
    return 1;
  });
  lua_pushlightuserdata(lua, &input);
  lua_pushvalue(lua, environment);
  state.call(lua, 2, 1, "the recipe", {name, 0}, kRecipeSteps);
}

void push_environment(lua_State* lua, const ModuleFolders& folders) {
  push_globals(lua);
  const int globals = lua_gettop(lua);
  lua_pushvalue(lua, globals);
  make_environment(lua);
  push_require(lua, folders);
  lua_setfield(lua, globals, "require");
  lua_remove(lua, globals);
}

Callback callback_of(const std::optional<recipe::FunctionHandle>& handle, const std::vector<int>& functions,
                     const SourceMap& map, const std::string& file, const std::string& key) {
  if (!handle) return {};
  return {functions.at(static_cast<size_t>(handle->index)), {file, find_place(map, key).line}};
}

std::string default_score_set(const recipe::Recipe& recipe) {
  for (const recipe::DataSet& set : recipe.data) {
    if (set.use == recipe::DataUse::evaluate && set.role == recipe::DataRole::new_task) return set.name;
  }
  return "";
}

}  // namespace

RecipeScript::RecipeScript(std::unique_ptr<State> state) : state_(std::move(state)) {}
RecipeScript::~RecipeScript() = default;
RecipeScript::RecipeScript(RecipeScript&&) noexcept = default;
RecipeScript& RecipeScript::operator=(RecipeScript&&) noexcept = default;

RecipeScript RecipeScript::load(const std::string& file, const Overrides& overrides, const fs::path& library) {
  auto state = std::make_unique<State>();
  const std::string source = read_source(file);
  const std::string shown = file == "-" ? "stdin" : file;
  const SourceMap map = map_source(source);
  const fs::path folder = file == "-" ? fs::path(".") : fs::path(file).parent_path();
  state->folders = {library, folder};

  Faults faults;
  recipe::Value top;
  state->lua.protect([&](lua_State* lua) {
    push_environment(lua, state->folders);
    push_recipe_chunk(state->lua, lua, source, chunk_name(shown), lua_gettop(lua));
    state->lua.call(lua, 0, 1, "the recipe", {shown, 0}, kRecipeSteps);
    top = read_tree(lua, {map, shown, state->functions, faults});
  });
  recipe::apply_overrides(top, overrides, faults);
  recipe::Recipe recipe = recipe::read(top, faults);
  faults.raise<RecipeError>();

  recipe.file = file;
  recipe.name = name_of(file);
  recipe.folder = folder.empty() ? "." : folder.string();
  recipe.source = source;
  recipe.overrides = overrides;
  std::vector<std::string> ids;
  for (const recipe::StrategyEntry& entry : recipe.strategies) ids.push_back(entry.id);
  const auto callback = [&](const std::optional<recipe::FunctionHandle>& handle, const char* key) {
    return callback_of(handle, state->functions, map, shown, key);
  };
  const recipe::Callbacks& written = recipe.callbacks;
  state->callbacks = std::make_unique<Callbacks>(state->lua, callback(written.schedule, "schedule"),
                                                 callback(written.score, "score"), callback(written.stop, "stop"), ids);
  state->recipe = std::move(recipe);
  return RecipeScript(std::move(state));
}

const recipe::Recipe& RecipeScript::recipe() const { return state_->recipe; }

void RecipeScript::resolve(const recipe::Metrics& names) const {
  Faults faults;
  dry_run(*state_->callbacks, names, faults);
  faults.raise<RecipeError>();
}

recipe::ScheduleResult RecipeScript::schedule(const recipe::ScheduleInput& input) {
  return state_->callbacks->schedule(input);
}

double RecipeScript::score(const recipe::Metrics& metrics, const recipe::Metrics& baseline) {
  if (const std::optional<double> score = state_->callbacks->score(metrics, baseline)) return *score;
  const std::string set = default_score_set(state_->recipe);
  const auto found = metrics.find(set);
  if (found == metrics.end() || found->second.count("accuracy") == 0) {
    throw InternalError(Fault{"the default score needs the accuracy of '" + set + "', which was not measured"});
  }
  return found->second.at("accuracy");
}

recipe::StopDecision RecipeScript::stop(const recipe::History& history) { return state_->callbacks->stop(history); }

Json RecipeScript::state() const { return state_->callbacks->state(); }

void RecipeScript::restore(const Json& state) { state_->callbacks->restore(state); }

}  // namespace engram::script

#include "run/editor_settings.hpp"

#include "base/json.hpp"

namespace engram::run {
namespace {

std::string folder_name(const std::filesystem::path& scripts) {
  return std::filesystem::absolute(scripts).lexically_normal().generic_string();
}

}  // namespace

std::string editor_settings(const std::filesystem::path& scripts) {
  Json absent = Json::object();
  // Libraries of Lua's that recipes do not have; engram's types declare what is left of os.
  for (const char* name : {"coroutine", "debug", "ffi", "io", "jit", "os", "package"}) absent[name] = "disable";
  return Json{{"runtime.version", "LuaJIT"},
              {"runtime.builtin", absent},
              {"workspace.library", {folder_name(scripts)}},
              {"workspace.checkThirdParty", false}}
             .dump(2) +
         "\n";
}

std::string missing_setting(const std::string& settings, const std::filesystem::path& scripts) {
  const std::string folder = folder_name(scripts);
  if (settings.find(Json(folder).dump()) != std::string::npos) return "";
  return "\"workspace.library\": [" + Json(folder).dump() + "]";
}

}  // namespace engram::run

// How a shared library becomes a plugin: one macro, one registrar.
//
//   ENGRAM_PLUGIN(registrar) { registrar.strategy<Lora>(); }
//
// A strategy class T has `static constexpr const char* kId`, `static Schema schema()` and a constructor from Settings.
// Its file is named <kId>.engram.so. A plugin's globals must not do work: the host checks, then calls the entry.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <engram/sdk/export.hpp>
#include <engram/sdk/fingerprint.hpp>
#include <engram/sdk/settings.hpp>
#include <engram/sdk/strategy.hpp>
#include <engram/sdk/version.hpp>

namespace engram::sdk {

// What a strategy says of itself.
struct ENGRAM_SDK_EXPORT Schema {
  std::string doc;                        // one sentence: what the strategy does
  std::vector<ParameterSpec> parameters;  // every option a recipe may set
};

struct ENGRAM_SDK_EXPORT StrategyDescription {
  std::string id;
  Schema schema;
  std::function<std::shared_ptr<Strategy>(const Settings&)> make;
};

class ENGRAM_SDK_EXPORT Registrar {
 public:
  Registrar();
  ~Registrar();

  template <class T>
  void strategy() {
    add({T::kId, T::schema(),
         [](const Settings& settings) -> std::shared_ptr<Strategy> { return std::make_shared<T>(settings); }});
  }

  // Throws Error when the id is registered already.
  void add(StrategyDescription description);
  const std::vector<StrategyDescription>& strategies() const { return strategies_; }

 private:
  std::vector<StrategyDescription> strategies_;
};

}  // namespace engram::sdk

// Writes the ABI tag (a small sized object whose name is the tag), the fingerprint and the entry; the body follows.
#define ENGRAM_PLUGIN(registrar)                                                    \
  extern "C" {                                                                      \
  extern ENGRAM_SDK_EXPORT const char ENGRAM_ABI_TAG[8];                            \
  __attribute__((used)) const char ENGRAM_ABI_TAG[8] = "engram";                    \
  ENGRAM_SDK_EXPORT const EngramFingerprint* engram_plugin_fingerprint() {          \
    static const EngramFingerprint fingerprint = ::engram::sdk::make_fingerprint(); \
    return &fingerprint;                                                            \
  }                                                                                 \
  ENGRAM_SDK_EXPORT void engram_plugin_entry(::engram::sdk::Registrar& registrar);  \
  }                                                                                 \
  void engram_plugin_entry(::engram::sdk::Registrar& registrar)

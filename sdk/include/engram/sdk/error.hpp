// What a strategy throws to refuse: the host puts plugin, phase and recipe line before the text.
#pragma once

#include <stdexcept>
#include <string>

#include <engram/sdk/export.hpp>

namespace engram::sdk {

class ENGRAM_SDK_EXPORT Error : public std::runtime_error {
 public:
  // `what` is one sentence that names the setting and the value; `fix` is the one change that helps.
  explicit Error(const std::string& what, std::string fix = {});
  ~Error() override;
  const std::string& fix() const { return fix_; }

 private:
  std::string fix_;
};

}  // namespace engram::sdk

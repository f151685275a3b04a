#include <engram/sdk/error.hpp>

#include <utility>

namespace engram::sdk {

Error::Error(const std::string& what, std::string fix) : std::runtime_error(what), fix_(std::move(fix)) {}
Error::~Error() = default;

}  // namespace engram::sdk

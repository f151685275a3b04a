#include "strategy/synchronisations.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace engram::strategy {
namespace {

constexpr std::array<std::string_view, 7> kWaiting = {"aten::_local_scalar_dense", "aten::equal",    "aten::nonzero",
                                                      "aten::masked_select",       "aten::_unique2", "aten::unique_dim",
                                                      "aten::unique_consecutive"};

// Where the calls of this thread are counted; null: nowhere.
thread_local std::map<std::string, int64_t>* counting = nullptr;

bool waits(std::string_view operation) {
  return std::find(kWaiting.begin(), kWaiting.end(), operation) != kWaiting.end();
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& operation) {
  if (counting != nullptr && waits(operation.name())) ++(*counting)[operation.name()];
  return nullptr;
}

}  // namespace

SynchronisationCount::SynchronisationCount() : outer_(counting) {
  if (outer_ == nullptr) {
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(count).scopes({at::RecordScope::FUNCTION}));
  }
  counting = &counts_;
}

SynchronisationCount::~SynchronisationCount() {
  counting = outer_;
  if (outer_ == nullptr) at::removeCallback(handle_);
}

}  // namespace engram::strategy

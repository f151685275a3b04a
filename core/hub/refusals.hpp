// What a server's refusal or a failed connection means, and what to do about it.
#pragma once

#include "base/errors.hpp"
#include "hub/environment.hpp"
#include "hub/http.hpp"
#include "hub/reference.hpp"

namespace engram::hub {

// `reply` has a status other than success; `access` says whether a token went along.
Fault refusal_of(const Reply& reply, const Reference& reference, const Access& access);

Fault fault_of(const ConnectionFailed& failed);

// 408, 429 and 5xx: another attempt could help.
bool passes(long status);

}  // namespace engram::hub

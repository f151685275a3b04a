// The SDK for strategy authors: include this, and ATen operator headers, and nothing else of engram.
#pragma once

#include <engram/sdk/claims.hpp>
#include <engram/sdk/dora.hpp>
#include <engram/sdk/error.hpp>
#include <engram/sdk/export.hpp>
#include <engram/sdk/fingerprint.hpp>
#include <engram/sdk/generator.hpp>
#include <engram/sdk/match.hpp>
#include <engram/sdk/model_view.hpp>
#include <engram/sdk/plan.hpp>
#include <engram/sdk/plugin.hpp>
#include <engram/sdk/settings.hpp>
#include <engram/sdk/strategy.hpp>
#include <engram/sdk/version.hpp>
#include <engram/sdk/views.hpp>

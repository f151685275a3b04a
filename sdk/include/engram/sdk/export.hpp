// Visibility of the SDK's types: default everywhere, so that one type information exists on both sides of a plugin's
// border although plugins are compiled with hidden visibility.
#pragma once

#define ENGRAM_SDK_EXPORT __attribute__((visibility("default")))

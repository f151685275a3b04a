// What a strategy may know of a model before anything is allocated: names, shapes, roles, sites. No weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <engram/sdk/export.hpp>

namespace engram::sdk {

enum class Role {
  embedding,  // word, position and token-type embeddings and their normalisation
  block,      // encoder or decoder block `layer`
  pooler,     // what turns hidden states into one vector per sequence, shared by the heads
  head,       // the head of task `task`
};

struct ENGRAM_SDK_EXPORT Parameter {
  std::string name;  // "encoder.layer.0.attention.self.query.weight"
  std::vector<int64_t> shape;
  Role role = Role::block;
  int64_t layer = -1;         // for Role::block, from 0
  std::string task = {};      // for Role::head
  bool trained_head = false;  // the head of the task that this run trains: it always trains, other heads never do
  int64_t count() const;      // product of the shape
};

// A projection y = x W^T + b that accepts adapters.
struct ENGRAM_SDK_EXPORT LinearSite {
  std::string name;  // "encoder.layer.0.attention.self.query"; W is name + ".weight", b name + ".bias"
  int64_t in = 0;
  int64_t out = 0;
  bool bias = true;
  Role role = Role::block;
  int64_t layer = -1;
};

// A table look-up that accepts adapters: rows of (vocabulary, width).
struct ENGRAM_SDK_EXPORT EmbeddingSite {
  std::string name;
  int64_t vocabulary = 0;
  int64_t width = 0;
};

// A block's attention: where keys and values can be prepended.
struct ENGRAM_SDK_EXPORT AttentionSite {
  std::string name;  // "encoder.layer.0.attention"
  int64_t layer = 0;
  int64_t heads = 0;
  int64_t key_value_heads = 0;
  int64_t head_size = 0;
  std::string input = {};  // the tap whose hidden state the projections read
  std::string key = {};    // the linear site that makes the keys
  std::string value = {};  // the linear site that makes the values
};

struct ENGRAM_SDK_EXPORT ModelView {
  std::string family;  // "bert"
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t vocabulary = 0;
  int64_t max_positions = 0;
  std::vector<Parameter> parameters;  // in forward order
  std::vector<LinearSite> linear_sites;
  std::vector<EmbeddingSite> embedding_sites;
  std::vector<AttentionSite> attention_sites;
  std::vector<std::string> taps;  // names of hidden states: "embeddings", "encoder.layer.0", ...
};

}  // namespace engram::sdk

// The precompiled header of every room that computes with tensors. torch/torch.h and torch/nn.h stay out of it.
#pragma once

#include <ATen/ATen.h>

#include "base/plain_pch.hpp"

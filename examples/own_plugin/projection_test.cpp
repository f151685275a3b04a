// Directions and projection against what defines them, and against torch's singular value decomposition.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <iostream>

#include "projection.hpp"

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "fails: " << what << "\n";
  ++failures;
}

bool close(const at::Tensor& a, const at::Tensor& b) { return at::allclose(a, b, 1e-4, 1e-5); }

}  // namespace

int main() {
  const at::Generator random = at::make_generator<at::CPUGeneratorImpl>(3);
  // Inputs whose variance falls off by a quarter from one direction to the next.
  const at::Tensor scales = at::pow(at::full({12}, 0.75), at::arange(12));
  const at::Tensor inputs =
      at::matmul(at::randn({200, 12}, random).mul(scales), std::get<0>(at::linalg_qr(at::randn({12, 12}, random))));
  const at::Tensor moment = at::matmul(inputs.t(), inputs);

  const at::Tensor basis = gpm::leading_directions(moment, 0.9, 12);
  const int64_t count = basis.size(1);
  check(close(at::matmul(basis.t(), basis), at::eye(count)), "the directions are orthonormal");
  const double whole = inputs.square().sum().item<double>();
  const auto share = [&](const at::Tensor& m) { return at::matmul(inputs, m).square().sum().item<double>() / whole; };
  check(share(basis) >= 0.9, "they hold the wanted share of the energy");
  check(share(basis.slice(1, 0, count - 1)) < 0.9, "one fewer would not");
  const at::Tensor singular = std::get<2>(at::linalg_svd(inputs, false)).slice(0, 0, count);
  check(close(at::matmul(basis, basis.t()), at::matmul(singular.t(), singular)), "they span the singular vectors");
  check(gpm::leading_directions(moment, 0.9, 3).size(1) == 3, "there are never more than allowed");
  check(gpm::leading_directions(moment, 1, 12).size(1) == 12, "the whole energy takes every direction");

  const at::Tensor gradient = at::randn({5, 12}, random), projected = gradient.clone();
  gpm::remove_along(projected, basis);
  check(at::matmul(projected, basis).abs().max().item<double>() < 1e-5, "nothing is left along the directions");
  at::Tensor again = projected.clone();
  gpm::remove_along(again, basis);
  check(close(projected, again), "a second projection changes nothing");
  at::Tensor padded = gradient.clone();
  gpm::remove_along(padded, at::cat({basis, at::zeros({12, 2})}, 1));
  check(close(projected, padded), "zero columns change nothing");
  return failures == 0 ? 0 : 1;
}

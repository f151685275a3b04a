#include "kernels/dropout.hpp"

namespace engram::kernels {

at::Tensor dropout(const at::Tensor& x, double probability, const DropoutSource& source) {
  if (!source || probability == 0) return x;
  if (probability == 1) return at::mul(x, at::zeros({}, x.options()));
  const double keep = 1 - probability;
  at::Tensor mask = at::empty_like(x, at::MemoryFormat::Contiguous).detach();
  mask.bernoulli_(keep, source);
  // In half precision 1 / keep would be rounded once for every element alike, a bias; a scalar factor is not.
  if (x.scalar_type() != at::kFloat) return at::mul(at::mul(x, mask), 1 / keep);
  return at::mul(x, mask.div_(keep));
}

}  // namespace engram::kernels

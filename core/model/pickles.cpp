#include "model/pickles.hpp"

#include "base/errors.hpp"

namespace engram::model {

namespace fs = std::filesystem;

void refuse_pickles(const fs::path& folder, const std::string& stem, const std::string& wanted) {
  const std::string file = stem + ".bin";
  const bool sharded = !fs::exists(folder / file) && fs::exists(folder / (file + ".index.json"));
  if (!sharded && !fs::exists(folder / file)) return;
  throw DataError(
      {.what = "holds weights as " + file + (sharded ? " in shards" : "") +
               " only, a pickle: reading one can run any code that its writer put into it",
       .where = folder.string(),
       .allowed = wanted,
       .fix = "convert it in that folder, where torch refuses code in it: python3 -c 'import glob, torch; from "
              "safetensors.torch import save_file; tensors = {name: tensor.clone().contiguous() for file in "
              "sorted(glob.glob(\"" +
              stem +
              "*.bin\")) for name, tensor in torch.load(file, map_location=\"cpu\", weights_only=True).items()}; "
              "save_file(tensors, \"" +
              wanted + "\", metadata={\"format\": \"pt\"})'"});
}

}  // namespace engram::model

#include "base/errors.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "model/safetensors.hpp"
#include "model/safetensors_dtype.hpp"

namespace engram::model {

struct SafetensorsFile::Impl {
  explicit Impl(const std::filesystem::path& file)
      : map(std::make_shared<MappedFile>(file)),
        header(parse_safetensors_header(map->bytes(), map->bytes().size(), file.string())) {
    for (const SafetensorsEntry& entry : header.entries) by_name.emplace(entry.name, &entry);
  }

  std::shared_ptr<MappedFile> map;
  SafetensorsHeader header;
  std::map<std::string, const SafetensorsEntry*> by_name;
};

SafetensorsFile::SafetensorsFile(const std::filesystem::path& file) : impl_(std::make_shared<Impl>(file)) {}
SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;
SafetensorsFile& SafetensorsFile::operator=(SafetensorsFile&&) noexcept = default;

const SafetensorsHeader& SafetensorsFile::header() const { return impl_->header; }

at::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = impl_->by_name.find(name);
  if (found == impl_->by_name.end()) {
    throw DataError({.what = "holds no tensor '" + name + "'" + text::did_you_mean(name, impl_->header.names()),
                     .where = impl_->map->path().string()});
  }
  const SafetensorsEntry& entry = *found->second;
  const at::TensorOptions options = at::dtype(scalar_type_of(entry.dtype));
  if (entry.begin == entry.end) return at::empty(entry.shape, options);
  std::byte* data = impl_->map->bytes().data() + impl_->header.data_start + entry.begin;
  if (reinterpret_cast<uintptr_t>(data) % bytes_of(entry.dtype) != 0) {
    at::Tensor copy = at::empty(entry.shape, options);
    std::memcpy(copy.mutable_data_ptr(), data, entry.end - entry.begin);
    return copy;
  }
  return at::from_blob(
      data, entry.shape, [map = impl_->map](void*) {}, options);
}

}  // namespace engram::model

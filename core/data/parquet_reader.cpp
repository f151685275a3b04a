// Parquet through Arrow; every value becomes its text.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/visit_array_inline.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/file_reader.h>

#include <algorithm>

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "data/raw_table.hpp"

namespace engram::data {
namespace {

constexpr int64_t kPieceRows = 1024;
constexpr const char* kAllowed = "strings, integers, numbers and booleans";

[[noreturn]] void refuse(const arrow::Status& status, const std::string& file) {
  throw DataError({.what = "cannot be read as Parquet: " + status.message(), .where = file});
}

template <class T>
T checked(arrow::Result<T> result, const std::string& file) {
  if (!result.ok()) refuse(result.status(), file);
  return std::move(result).ValueUnsafe();
}

std::unique_ptr<parquet::arrow::FileReader> open(const std::filesystem::path& file) {
  arrow::MemoryPool* pool = arrow::system_memory_pool();
  const std::string name = file.string();
  auto source = checked(arrow::io::ReadableFile::Open(name, pool), name);
  auto reader = checked(parquet::arrow::OpenFile(std::move(source), pool), name);
  reader->set_use_threads(false);
  return reader;
}

// Appends the text of every value of one array.
class Texts {
 public:
  explicit Texts(std::vector<Cell>& cells) : cells_(cells) {}

  template <class Array>
  arrow::Status Visit(const Array& array) {
    using Type = typename Array::TypeClass;
    if constexpr (arrow::is_base_binary_type<Type>::value || arrow::is_binary_view_like_type<Type>::value) {
      append(array, [&](int64_t i) { return std::string(array.GetView(i)); });
    } else if constexpr (arrow::is_integer_type<Type>::value) {
      append(array, [&](int64_t i) { return std::to_string(array.Value(i)); });
    } else if constexpr (std::is_same_v<Type, arrow::FloatType> || std::is_same_v<Type, arrow::DoubleType>) {
      append(array, [&](int64_t i) { return text::shortest(array.Value(i)); });
    } else if constexpr (std::is_same_v<Type, arrow::BooleanType>) {
      append(array, [&](int64_t i) { return std::string(array.Value(i) ? "true" : "false"); });
    } else if constexpr (std::is_same_v<Type, arrow::DictionaryType>) {
      return dictionary(array);
    } else {
      return arrow::Status::TypeError("holds values of type ", array.type()->ToString());
    }
    return arrow::Status::OK();
  }

 private:
  template <class Array, class ToText>
  void append(const Array& array, ToText to_text) {
    for (int64_t i = 0; i < array.length(); ++i) cells_.push_back(array.IsNull(i) ? Cell() : Cell(to_text(i)));
  }

  arrow::Status dictionary(const arrow::DictionaryArray& array) {
    std::vector<Cell> words;
    Texts visitor(words);
    ARROW_RETURN_NOT_OK(arrow::VisitArrayInline(*array.dictionary(), &visitor));
    append(array, [&](int64_t i) { return words[static_cast<size_t>(array.GetValueIndex(i))].value_or(""); });
    return arrow::Status::OK();
  }

  std::vector<Cell>& cells_;
};

std::vector<Cell> texts_of(const arrow::ChunkedArray& column, int64_t limit, const std::string& name,
                           LineFaults& faults) {
  std::vector<Cell> cells;
  Texts visitor(cells);
  const std::shared_ptr<arrow::ChunkedArray> kept = column.Slice(0, limit);
  for (const auto& chunk : kept->chunks()) {
    const arrow::Status status = arrow::VisitArrayInline(*chunk, &visitor);
    if (!status.ok()) {
      faults.add_for_file({.what = name + " " + status.message(), .allowed = kAllowed});
      faults.raise();
    }
  }
  return cells;
}

}  // namespace

RawTable read_parquet(const recipe::DataSet& set, const std::filesystem::path& file, LineFaults& faults) {
  const auto reader = open(file);
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status status = reader->GetSchema(&schema); !status.ok()) refuse(status, file.string());
  const std::vector<recipe::Column> asked = columns_asked_for(set);
  const std::vector<size_t> indices = find_columns(asked, schema->field_names(), "", faults);
  const int64_t rows = std::min(reader->parquet_reader()->metadata()->num_rows(), set.rows.value_or(INT64_MAX));
  if (rows == 0) faults.add_for_file({.what = "holds no rows"});
  if (indices.size() < asked.size() || rows == 0) return {};

  RawTable table;
  for (size_t i = 0; i < asked.size(); ++i) {
    interrupt::check();
    std::shared_ptr<arrow::ChunkedArray> column;
    const arrow::Status status = reader->ReadColumn(static_cast<int>(indices[i]), &column);
    if (!status.ok()) refuse(status, file.string());
    table.names.push_back(shown(asked[i]));
    table.columns.push_back(texts_of(*column, rows, table.names.back(), faults));
  }
  for (int64_t row = 1; row <= rows; ++row) table.lines.push_back(row);
  return table;
}

struct ParquetPieces::Impl {
  std::string file;
  std::unique_ptr<parquet::arrow::FileReader> reader;
  std::vector<std::string> present;
  std::vector<std::string> names;   // of the chosen columns, as faults show them
  std::vector<std::string> fields;  // and as the file calls them
  std::unique_ptr<arrow::RecordBatchReader> batches;
  std::shared_ptr<arrow::RecordBatch> batch;
  int64_t taken = 0;  // rows of the batch
  int64_t row = 0;    // rows given out
};

ParquetPieces::ParquetPieces(const std::filesystem::path& file)
    : impl_(new Impl{.file = file.string(), .reader = open(file)}) {
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status status = impl_->reader->GetSchema(&schema); !status.ok()) refuse(status, impl_->file);
  impl_->present = schema->field_names();
}

ParquetPieces::~ParquetPieces() = default;

const std::vector<std::string>& ParquetPieces::names() const { return impl_->present; }

void ParquetPieces::choose(const std::vector<recipe::Column>& columns) {
  LineFaults faults(impl_->file, "row");
  const std::vector<size_t> indices = find_columns(columns, impl_->present, "", faults);
  faults.raise();
  std::vector<int> leaves, groups;
  for (size_t i = 0; i < columns.size(); ++i) {
    const parquet::arrow::SchemaField& field = impl_->reader->manifest().schema_fields[indices[i]];
    impl_->names.push_back(shown(columns[i]));
    impl_->fields.push_back(field.field->name());
    if (!field.is_leaf()) {
      faults.add_for_file({.what = impl_->names.back() + " holds values of type " + field.field->type()->ToString(),
                           .allowed = kAllowed});
    }
    leaves.push_back(field.column_index);
  }
  faults.raise();
  for (int group = 0; group < impl_->reader->num_row_groups(); ++group) groups.push_back(group);
  impl_->reader->set_batch_size(kPieceRows);
  impl_->batches = checked(impl_->reader->GetRecordBatchReader(groups, leaves), impl_->file);
}

RawTable ParquetPieces::next(int64_t most) {
  if (!impl_->batch || impl_->taken == impl_->batch->num_rows()) {
    impl_->batch = checked(impl_->batches->Next(), impl_->file);
    impl_->taken = 0;
  }
  RawTable table{.names = impl_->names};
  if (!impl_->batch) return table;
  const std::shared_ptr<arrow::RecordBatch> rows = impl_->batch->Slice(impl_->taken, most);
  LineFaults faults(impl_->file, "row");
  for (size_t i = 0; i < impl_->fields.size(); ++i) {
    const arrow::ChunkedArray column(rows->GetColumnByName(impl_->fields[i]));
    table.columns.push_back(texts_of(column, rows->num_rows(), impl_->names[i], faults));
  }
  impl_->taken += rows->num_rows();
  for (int64_t i = 0; i < rows->num_rows(); ++i) table.lines.push_back(++impl_->row);
  return table;
}

std::vector<std::string> parquet_columns(const std::filesystem::path& file) {
  std::shared_ptr<arrow::Schema> schema;
  if (const arrow::Status status = open(file)->GetSchema(&schema); !status.ok()) refuse(status, file.string());
  std::vector<std::string> names;
  for (const auto& field : schema->fields()) {
    if (!arrow::is_nested(field->type()->id())) names.push_back(field->name());
  }
  return names;
}

int64_t count_parquet_rows(const std::filesystem::path& file) {
  return open(file)->parquet_reader()->metadata()->num_rows();
}

}  // namespace engram::data

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/device_option.hpp"
#include "cli/output.hpp"
#include "cli/predict_output.hpp"
#include "run/label_stream.hpp"

namespace engram::cli {
namespace {

const std::map<std::string, data::RowFormat> kFormats = {{"lines", data::RowFormat::lines},
                                                         {"csv", data::RowFormat::csv},
                                                         {"tsv", data::RowFormat::tsv},
                                                         {"jsonl", data::RowFormat::json_lines},
                                                         {"parquet", data::RowFormat::parquet}};
const std::map<std::string, OutputFormat> kOutputs = {
    {"text", OutputFormat::text}, {"jsonl", OutputFormat::json_lines}, {"csv", OutputFormat::csv}};

struct Options {
  run::OpenRequest open{.head = run::HeadWanted::optional};
  std::vector<std::string> adapters;  // NAME=PATH
  std::optional<std::string> use;
  bool force = false;
  std::string file = "-";
  std::optional<data::RowFormat> format;
  std::vector<std::string> text;
  std::vector<std::string> pair;
  std::string delimiter;
  bool no_header = false;
  OutputFormat output = OutputFormat::text;
  bool json = false;
  bool echo = false;
  predict::BatchLimits limits;
  DeviceOption device;
};

std::string check_adapter(const std::string& text) {
  const size_t equals = text.find('=');
  const bool fine = equals != std::string::npos && equals > 0 && equals + 1 < text.size();
  return fine ? std::string() : "'" + text + "' is not NAME=PATH, such as news=runs/news-001";
}

std::string check_delimiter(const std::string& text) {
  return text.size() == 1 ? std::string() : "'" + text + "' is not one character";
}

// A column's name, or its position where the file has no names.
std::vector<recipe::Column> columns(const std::vector<std::string>& asked, const Options& options) {
  std::vector<recipe::Column> columns;
  for (const std::string& column : asked) {
    const bool digits = column.size() < 6 && column.find_first_not_of("0123456789") == std::string::npos;
    if (!options.no_header) {
      columns.emplace_back(column);
    } else if (digits && !column.empty()) {
      columns.emplace_back(std::stoi(column));
    } else {
      throw CLI::ValidationError("with --no-header a column is its position, such as 1, and not '" + column + "'");
    }
  }
  return columns;
}

data::RowLayout layout_of(const Options& options) {
  const data::RowFormat format = options.format.value_or(data::row_format(options.file));
  if (format == data::RowFormat::lines) {
    const bool columns_named = !options.text.empty() || !options.pair.empty();
    if (columns_named || options.no_header || !options.delimiter.empty()) {
      throw CLI::ValidationError("--text, --pair, --no-header and --delimiter are for tables, and lines of text are " +
                                 std::string("read here; name the format, such as --format csv"));
    }
  }
  const bool separated = format == data::RowFormat::csv || format == data::RowFormat::tsv;
  if (!separated && (options.no_header || !options.delimiter.empty())) {
    throw CLI::ValidationError("--no-header and --delimiter are for the formats csv and tsv");
  }
  data::RowLayout layout{.format = format, .header = !options.no_header};
  layout.text = columns(
      options.text.empty() ? std::vector<std::string>{options.no_header ? "1" : "text"} : options.text, options);
  layout.pair = columns(options.pair, options);
  layout.extras = run::kExtraColumns;
  if (!options.delimiter.empty()) layout.delimiter = options.delimiter.front();
  return layout;
}

std::vector<run::NamedAdapter> adapters_of(const Options& options) {
  std::vector<run::NamedAdapter> adapters;
  for (const std::string& text : options.adapters) {
    const size_t equals = text.find('=');
    adapters.push_back({.name = text.substr(0, equals), .path = text.substr(equals + 1)});
  }
  return adapters;
}

// A model that was trained on pairs says so, and then lines hold two texts and tables a column "pair".
void expect_pairs(const run::Labelling& labelling, const run::Choice& choice, data::RowLayout& layout) {
  const auto wants_pairs = [](predict::Input input) { return input == predict::Input::pair; };
  const bool pairs = choice.variant ? wants_pairs(labelling.inputs[*choice.variant])
                                    : std::all_of(labelling.inputs.begin(), labelling.inputs.end(), wants_pairs);
  if (!pairs) return;
  layout.pairs = true;
  if (!layout.pair.empty()) return;
  layout.pair.push_back(layout.header ? recipe::Column("pair") : recipe::Column(2));
}

// Said once, where rows name adapters and nobody listens.
class UnreadColumn {
 public:
  UnreadColumn(const Options& options, const run::Choice& choice) : options_(options), unread_(!choice.rows_choose) {}

  void look_at(const std::vector<run::LabelledRow>& rows) {
    for (const run::LabelledRow& labelled : rows) {
      const auto& extras = labelled.row.extras;
      if (!unread_ || extras.empty() || extras[run::kAdapterColumn].value_or("").empty()) continue;
      unread_ = false;
      std::cerr << "engram: note: the column 'adapter' is not read: "
                << (options_.use ? "--use names one for all rows" : "no adapter is named with --adapter") << "\n";
    }
  }

 private:
  const Options& options_;
  bool unread_;
};

void execute(Options& options) {
  interrupt::watch();
  data::RowLayout layout = layout_of(options);
  const at::Device device = options.device.open();
  options.open.other_base = options.force ? run::OtherBase::forced : run::OtherBase::refused;
  const run::Labelling labelling =
      run::labelling(run::open(options.open, device), adapters_of(options), options.open.other_base, options.limits);
  print_notes(labelling.notes);
  const run::Choice choice = run::choice_of(labelling, options.use);
  expect_pairs(labelling, choice, layout);
  const std::unique_ptr<data::RowStream> stream = data::open_rows(options.file, layout);
  const PredictOutput output(labelling, choice, *stream, options.output, options.echo ? Echo::yes : Echo::no);
  UnreadColumn unread(options, choice);
  bool begun = false;
  run::label_stream(labelling, choice, *stream, [&](const std::vector<run::LabelledRow>& rows) {
    unread.look_at(rows);
    const std::string header = begun ? "" : output.header();
    begun = true;
    return write_standard_output(header + output.lines(rows));
  });
  if (!begun) write_standard_output(output.header());
  if (const int64_t blank = stream->blank_lines(); blank > 0) {
    print_notes({text::thousands(blank) + (blank == 1 ? " line holds" : " lines hold") +
                 " no text and got no answer; --format jsonl or csv has an answer for every row"});
  }
}

void add_model_options(CLI::App& command, Options& options) {
  command.add_option("path", options.open.path, "A run, a checkpoint, an adapter, a model folder or org/name")
      ->required();
  command.add_option("--adapter", options.adapters, "A further adapter over the same base (may be repeated)")
      ->type_name("NAME=PATH")
      ->check(check_adapter)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      .add_option("--use", options.use,
                  "Who labels: the name of an adapter, or base (default: PATH, or what each row's column 'adapter' "
                  "names)")
      ->type_name("NAME");
  command.add_option("--base", options.open.base, "The model that adapters are put on (default: the one they name)");
  command.add_flag("--force", options.force, "Puts an adapter on a model that it was not trained on");
  command.add_option("--task", options.open.task, "The head to read (default: the one that was trained)");
  command
      .add_option("--labels", options.open.labels,
                  "What the classes of PATH are called, in order, where nothing says it")
      ->type_name("A,B,...")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_input_options(CLI::App& command, Options& options) {
  command.add_option("--file", options.file, "Texts or a table (default: standard input)");
  command
      .add_option("--format", options.format,
                  "lines (a text each, or two with a TAB between them), csv, tsv, jsonl or parquet (default: by the "
                  "file's ending, else lines)")
      ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case).description(""))
      ->type_name("FORMAT");
  command.add_option("--text", options.text, "The column with the text; several are joined by a space (default: text)")
      ->type_name("COLUMN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--pair", options.pair, "The column with the second text (default: pair, of a model for pairs)")
      ->type_name("COLUMN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--delimiter", options.delimiter, "What stands between values of csv and tsv")
      ->check(check_delimiter)
      ->type_name("CHARACTER");
  command.add_flag("--no-header", options.no_header, "A csv or tsv without names: columns are positions from 1");
}

void add_output_options(CLI::App& command, Options& options) {
  command
      .add_option("--out", options.output,
                  "text (label, probability and text), jsonl or csv (with the probability of every class)")
      ->transform(CLI::CheckedTransformer(kOutputs, CLI::ignore_case).description(""))
      ->type_name("FORMAT");
  command.add_flag("--echo", options.echo, "The texts as well, with jsonl and csv");
  command.add_flag("--json", options.json, "The same as --out jsonl --echo");
  command
      .add_option("--batch-size", options.limits.rows,
                  "Texts that go through the model together (default: as many as have " +
                      text::thousands(predict::BatchLimits{}.tokens) + " tokens)")
      ->check(CLI::PositiveNumber);
  options.device.add_to(command);
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand("predict", "Labels texts with a run, a model or adapters");
  add_model_options(command, *options);
  add_input_options(command, *options);
  add_output_options(command, *options);
  command.callback([options, &context] {
    if (options->json) {
      options->output = OutputFormat::json_lines;
      options->echo = true;
    }
    context.json = options->output == OutputFormat::json_lines;
    try {
      execute(*options);
    } catch (const interrupt::Interrupted&) {
      context.exit_code = ExitCode::interrupted;
    }
  });
}

}  // namespace engram::cli

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

#include "base/files.hpp"
#include "base/installation.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/machine.hpp"
#include "cli/plugin_state.hpp"
#include "kernels/device.hpp"
#include "report/style.hpp"
#include "strategy/fingerprint.hpp"

namespace engram::cli {
namespace {

namespace fs = std::filesystem;

// ok: nothing to do. note: works, but worth knowing. broken: a run would fail.
enum class Verdict { ok, note, broken };

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string subject;
  std::string text;
  std::string fix = {};
};

constexpr uint64_t kMemoryNeeded = 1'000'000'000;  // a run of MiniLM stays below it
constexpr uint64_t kDiskNeeded = 1'000'000'000;    // checkpoints and caches of a few runs

Finding processor_finding() {
  if (has_avx2()) return {Verdict::ok, "processor", processor()};
  return {Verdict::note, "processor", processor(),
          "LibTorch is several times slower without AVX2: use another machine"};
}

Finding memory_finding() {
  const Memory now = memory();
  const std::string text = text::bytes(now.total) + ", " + text::bytes(now.available) + " of it free";
  if (now.available >= kMemoryNeeded) return {Verdict::ok, "memory", text};
  return {Verdict::note, "memory", text, "a small model needs about 1 GB: end other programs"};
}

Finding disk_finding(const std::string& subject, const fs::path& folder) {
  const uint64_t free = free_bytes(folder);
  const std::string text = folder.string() + ", " + text::bytes(free) + " free";
  if (free >= kDiskNeeded) return {Verdict::ok, subject, text};
  return {Verdict::note, subject, text, "free some space, or choose another disk (ENGRAM_CACHE, --runs)"};
}

// The version of the torch that is loaded, from its C interface: major, minor and patch in the three highest bytes.
std::string loaded_torch_version(const LoadedSymbol& version) {
  const uint64_t packed = reinterpret_cast<uint64_t (*)()>(version.address)();
  return std::to_string(packed >> 56) + "." + std::to_string(packed >> 48 & 0xff) + "." +
         std::to_string(packed >> 40 & 0xff);
}

Finding torch_finding() {
  const LoadedSymbol version = loaded_symbol("aoti_torch_abi_version");
  const std::string built = strategy::host_fingerprint().torch_version;
  if (version.address == nullptr)
    return {Verdict::note, "torch", "built for " + built + "; the one loaded tells no version"};
  const std::string loaded = loaded_torch_version(version);
  const std::string text = loaded + ", " + version.library.string();
  if (loaded == built) return {Verdict::ok, "torch", text};
  return {Verdict::broken, "torch", text + "; engram was built for " + built,
          "take the other torch off LD_LIBRARY_PATH, or build engram against it"};
}

Finding tokenizer_finding() {
  const LoadedSymbol open = loaded_symbol("engram_tokenizer_open");
  if (open.address != nullptr) return {Verdict::ok, "tokenizer", open.library.string()};
  return {Verdict::broken, "tokenizer", "libengram_tokenizers.so is not loaded", "install engram again"};
}

Finding scripts_finding(const Installation& here) {
  const std::string folder = here.scripts.string();
  if (fs::exists(here.scripts / "engram" / "schedule.lua")) return {Verdict::ok, "scripts", folder};
  return {Verdict::broken, "scripts", folder + " does not hold engram/schedule.lua",
          "install engram again, or let ENGRAM_SCRIPTS name the folder that holds engram/"};
}

Finding gpu_finding(kernels::DeviceRequest request) {
  if (!gpu_driver_present() && request != kernels::DeviceRequest::cuda) {
    return {Verdict::ok, "GPU", "none (no NVIDIA driver is loaded); runs use the processor"};
  }
  const std::string facts = gpu_driver_present() ? gpu_names() + ", driver " + gpu_driver() : "none";
  try {
    kernels::open_device(kernels::DeviceRequest::cuda);
    return {Verdict::ok, "GPU", facts};
  } catch (const Error& error) {
    const Verdict verdict = request == kernels::DeviceRequest::cuda ? Verdict::broken : Verdict::note;
    return {verdict, "GPU", facts + ": " + error.faults().front().what,
            gpu_driver_present() ? "put the CUDA libraries that torch's wheel names beside torch, or use --device cpu"
                                 : "load NVIDIA's driver, or use --device cpu"};
  }
}

std::vector<Finding> plugin_findings(const Installation& here) {
  std::vector<Finding> findings;
  for (const strategy::FoundPlugin& plugin : strategy::list_plugins(strategy::plugin_search_path())) {
    const PluginState state = plugin_state(plugin);
    const Verdict verdict = state.fit == PluginFit::fits ? Verdict::ok : Verdict::note;
    const std::string fix =
        state.fit == PluginFit::refused ? "build " + plugin.file.string() + " against this engram" : "";
    findings.push_back({verdict, "plugin", plugin.id + ": " + state.text, fix});
  }
  if (findings.empty()) {
    findings.push_back(
        {Verdict::note, "plugins", "none found", "install engram again; " + here.plugins.string() + " is empty"});
  }
  return findings;
}

std::vector<Finding> examine(kernels::DeviceRequest request) {
  const Installation here = Installation::locate();
  std::vector<Finding> findings = {processor_finding(),
                                   memory_finding(),
                                   disk_finding("cache", cache_folder()),
                                   disk_finding("here", fs::current_path()),
                                   gpu_finding(request),
                                   {Verdict::ok, "program", here.program.string()},
                                   torch_finding(),
                                   tokenizer_finding(),
                                   scripts_finding(here)};
  for (Finding& finding : plugin_findings(here)) findings.push_back(std::move(finding));
  return findings;
}

std::string line(const Finding& finding, const report::Style& style) {
  static constexpr const char* kWords[] = {"ok", "note", "broken"};
  static constexpr report::Colour kColours[] = {report::Colour::good, report::Colour::strong, report::Colour::bad};
  const auto index = static_cast<size_t>(finding.verdict);
  std::string text = "  " + style.paint(kColours[index], report::pad_right(kWords[index], 8)) +
                     report::pad_right(finding.subject, 11) + finding.text + "\n";
  if (!finding.fix.empty()) text += std::string(21, ' ') + "fix: " + finding.fix + "\n";
  return text;
}

ExitCode doctor(kernels::DeviceRequest request) {
  const report::Style style = report::detect_style(report::Mode::normal);
  int broken = 0;
  for (const Finding& finding : examine(request)) {
    std::cout << line(finding, style);
    broken += finding.verdict == Verdict::broken ? 1 : 0;
  }
  std::cout << (broken == 0 ? "\n  Everything that a run needs is here.\n"
                            : "\n  A run would fail; see the fixes above.\n");
  return broken == 0 ? ExitCode::done : ExitCode::refused;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("doctor", "Says what is there and what is missing, and how to mend it");
  const auto device = std::make_shared<std::string>("auto");
  command->add_option("--device", *device, "Also open this device: auto, cpu, cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command->callback([device, &context] { context.exit_code = doctor(kernels::device_request(*device)); });
}

}  // namespace engram::cli

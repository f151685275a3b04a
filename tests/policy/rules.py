"""The rules of docs/architecture.md that a machine can check. Each rule yields "path:line: what is wrong" texts."""
import pathlib
import re

ROOMS = ["base", "recipe", "advisor", "script", "hub", "data", "kernels", "model", "strategy", "train", "eval",
         "predict", "checkpoint", "report", "run", "cli"]
LONGEST_FILE = 400
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
STANDARD = re.compile(r"^[a-z0-9_]+$")            # <vector>, <cstdint>: a name without a dot or a slash
SYSTEM_HEADERS = {"stdint.h", "stddef.h"}
TORCH = ("ATen/", "c10/", "torch/")


class Tree:
    """The text files of a repository, by path relative to its root."""

    def __init__(self, root, paths):
        self.root = pathlib.Path(root)
        self.files = {}
        for path in paths:
            file = self.root / path
            if file.is_file() and not file.is_symlink():
                try:
                    self.files[path] = file.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    pass

    def matching(self, *prefixes, suffixes=None):
        for path, text in sorted(self.files.items()):
            if path.startswith(prefixes) and (suffixes is None or path.endswith(suffixes)):
                yield path, text


def lines(text):
    return enumerate(text.splitlines(), 1)


def includes(text):
    for number, line in lines(text):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


CPP = (".cpp", ".hpp", ".h")


def rooms_include_only_rooms_above_them(tree):
    for path, text in tree.matching("core/", suffixes=CPP):
        room = path.split("/")[1]
        if room not in ROOMS:
            continue
        for number, quote, header in includes(text):
            target = header.split("/")[0]
            if quote == '"' and target in ROOMS and ROOMS.index(target) > ROOMS.index(room):
                yield f"{path}:{number}: {room} includes {header}, but {target} comes later in the way of the data"


def core_includes_are_rooted_at_core(tree):
    for path, text in tree.matching("core/", suffixes=CPP):
        for number, quote, header in includes(text):
            top = header.split("/")[0]
            if quote == '"' and top not in ROOMS and top != "engram" and header != "engram_tokenizers.h":
                yield f"{path}:{number}: includes \"{header}\"; write the path from core/, as \"data/batch.hpp\""


TESTING = "engram/sdk/testing.hpp"


def sdk_includes_only_torch_and_the_standard_library(tree):
    for path, text in tree.matching("sdk/include/", "sdk/src/", suffixes=CPP):
        for number, quote, header in includes(text):
            own = header.startswith("engram/") or (quote == '"' and (tree.root / "sdk/src" / header).is_file())
            if not (own or header.startswith(TORCH) or STANDARD.match(header) or header in SYSTEM_HEADERS):
                yield f"{path}:{number}: the SDK includes {header}; allowed: LibTorch and the standard library"


# The suite's front is all that a plugin's test compiles: it needs no torch. What stands behind it runs the host, and
# nobody but tests of plugins builds on it.
def contract_suite_is_a_front_before_the_host(tree):
    for path, text in tree.matching("sdk/include/" + TESTING, suffixes=CPP):
        for number, _, header in includes(text):
            if not (STANDARD.match(header) or header in ("engram/sdk/export.hpp", "engram/sdk/settings.hpp")):
                yield f"{path}:{number}: the suite's header includes {header}; allowed: settings and the standard library"
    for path, text in tree.matching("sdk/testing/", suffixes=CPP):
        for number, quote, header in includes(text):
            room = header.split("/")[0]
            host = room in ROOMS[:ROOMS.index("predict")] and room != "script"
            beside = quote == '"' and (tree.root / "sdk/testing" / header).is_file()
            if not (host or beside or header.startswith(TORCH + ("engram/",)) or STANDARD.match(header)):
                yield f"{path}:{number}: the contract suite includes {header}; allowed: core from base to eval, the SDK"
    for path, text in tree.matching("core/", "plugins/", "sdk/src/", suffixes=CPP):
        for number, _, header in includes(text):
            if header == TESTING:
                yield f"{path}:{number}: includes {header}, which is for tests of plugins"


def plugins_include_only_the_sdk(tree):
    for path, text in tree.matching("plugins/", "examples/own_plugin/", suffixes=CPP):
        is_test = path.endswith("_test.cpp")
        for number, quote, header in includes(text):
            beside = quote == '"' and (tree.root / path).parent.joinpath(header).is_file()
            operators = header.startswith("ATen/ops/") or header in ("ATen/ATen.h", "ATen/core/Tensor.h")
            for_tests = is_test and header in (TESTING, "ATen/CPUGeneratorImpl.h")
            if not (header == "engram/sdk.hpp" or operators or beside or for_tests or STANDARD.match(header)):
                yield f"{path}:{number}: a plugin includes {header}; allowed: <engram/sdk.hpp> and ATen operators"


# What may be included where: pattern of the header, allowed places, reason.
CONFINED = [
    (re.compile(r"^torch/(torch|nn)\.h$|^torch/all\.h$"), (), "LibTorch's catch-all headers are nowhere included"),
    (re.compile(r"^(spdlog|fmt)/"), ("core/base/log.cpp", "core/report/"), "logging stays in core/base/log.cpp"),
    (re.compile(r"^boost/"), ("core/strategy/plugin_library.cpp",), "Boost.DLL stays in core/strategy/plugin_library.cpp"),
    (re.compile(r"^(lua\w*\.(h|hpp)|luajit.*)$"), ("core/script/", "tests/unit/script/"), "Lua stays in core/script"),
    (re.compile(r"^(arrow|parquet)/"), ("core/data/", "tests/unit/data/"), "Arrow stays in core/data"),
    (re.compile(r"^nlohmann/"), ("core/base/json.hpp", "core/base/plain_pch.hpp", "tests/"), "JSON goes through core/base/json.hpp"),
    (re.compile(r"^curl/|^(netdb|sys/socket|netinet/\w+)\.h$"), ("core/hub/http.cpp",),
     "the network stays in core/hub/http.cpp"),
    (re.compile(r"^CLI/"), ("core/cli/",), "the command line stays in core/cli"),
    (re.compile(r"^(cuda|cublas|cudnn|nccl)\w*\.h|^ATen/cuda/|^c10/cuda/"), (), "no CUDA header: the build needs no toolkit"),
]


def confined_headers_stay_in_their_place(tree):
    for path, text in tree.matching("core/", "sdk/", "plugins/", "tests/", suffixes=CPP):
        for number, _, header in includes(text):
            for pattern, places, reason in CONFINED:
                if pattern.search(header) and not (places and path.startswith(places)):
                    yield f"{path}:{number}: includes {header}; {reason}"


SOURCES = CPP + (".lua", ".py", ".rs")
GENERATED = ("scripts/meta/engram.lua",)      # by `make docs`: nobody reads it from top to bottom


def files_are_short(tree):
    for path, text in tree.matching("core/", "sdk/", "plugins/", "scripts/", "tests/", suffixes=SOURCES):
        count = text.count("\n")
        if count > LONGEST_FILE and path not in GENERATED:
            yield f"{path}:{count}: {count} lines; at most {LONGEST_FILE}, one idea per file"


# Written apart, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def nothing_is_left_for_later(tree):
    for path, text in tree.matching("", suffixes=SOURCES + (".md", ".txt", ".cmake", "Makefile", "run", "bootstrap")):
        if path.startswith("examples/data/"):
            continue
        for number, line in lines(text):
            found = UNFINISHED.search(line)
            if found:
                yield f"{path}:{number}: '{found.group()}': finish it, or open an issue"


# Paths of one machine, and hosts that only one place can reach.
PRIVATE = re.compile(r"(?<![\w.])/(work|root)/[\w.-]+|\b(localhost|127\.0\.0\.1):\d+|\b\w+\.internal\b")


def nothing_names_one_machine(tree):
    for path, text in tree.matching(""):
        if path.startswith(("examples/data/", "LICENSE")):
            continue
        for number, line in lines(text):
            found = PRIVATE.search(line)
            if found:
                yield f"{path}:{number}: '{found.group()}' exists on one machine only"


LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*)$")
FENCE = re.compile(r"^\s*```")


def anchors(text):
    """The names of a page's headings, as GitHub makes them."""
    names = set()
    for _, line in lines(text):
        found = HEADING.match(line)
        if found:
            words = re.sub(r"[^\w\s-]", "", found.group(1).replace("`", "").lower())
            names.add(re.sub(r"\s", "-", words.strip()))
    return names


def links_in_pages_resolve(tree):
    for path, text in tree.matching("", suffixes=(".md",)):
        fenced = False
        for number, line in lines(text):
            fenced ^= bool(FENCE.match(line))
            for link in [] if fenced else LINK.findall(line):
                if re.match(r"[a-z]+:", link):
                    continue
                name, _, anchor = link.partition("#")
                target = (tree.root / path).parent / name if name else tree.root / path
                if not target.exists():
                    yield f"{path}:{number}: the link '{link}' leads nowhere"
                elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
                    yield f"{path}:{number}: '{link}': the page has no such heading"


RULES = [rooms_include_only_rooms_above_them, core_includes_are_rooted_at_core,
         sdk_includes_only_torch_and_the_standard_library, contract_suite_is_a_front_before_the_host,
         plugins_include_only_the_sdk,
         confined_headers_stay_in_their_place, files_are_short, nothing_is_left_for_later, nothing_names_one_machine,
         links_in_pages_resolve]

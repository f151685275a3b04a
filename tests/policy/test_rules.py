"""Every rule can fail: each is shown a small tree with one planted violation, and the same tree mended."""
import pathlib
import tempfile
import unittest

import rules

# The markers are put together here, so that this file does not break the rule that it tests.
UNFINISHED = "TO" + "DO"
PRIVATE = "/" + "root/notes.txt"
SOMEWHERE_LOCAL = "local" + "host:8080"

# rule: [(files with a violation, the part of its text that must appear, the same files without it)]
CASES = {
    rules.rooms_include_only_rooms_above_them: [
        ({"core/data/a.cpp": '#include "train/trainer.hpp"\n'}, "core/data/a.cpp:1: data includes train/trainer.hpp",
         {"core/train/a.cpp": '#include "data/batch.hpp"\n'}),
        ({"core/report/a.hpp": '\n  #  include "run/session.hpp"\n'}, "core/report/a.hpp:2",
         {"core/run/a.hpp": '#include "report/views.hpp"\n'})],
    rules.core_includes_are_rooted_at_core: [
        ({"core/data/a.cpp": '#include "batch.hpp"\n'}, 'includes "batch.hpp"',
         {"core/data/a.cpp": '#include "data/batch.hpp"\n'}),
        ({"core/data/a.cpp": '#include "../base/text.hpp"\n'}, 'includes "../base/text.hpp"',
         {"core/data/a.cpp": '#include "base/text.hpp"\n'})],
    rules.sdk_includes_only_torch_and_the_standard_library: [
        ({"sdk/include/engram/sdk/a.hpp": "#include <nlohmann/json.hpp>\n"}, "the SDK includes nlohmann/json.hpp",
         {"sdk/include/engram/sdk/a.hpp": "#include <ATen/core/Tensor.h>\n#include <vector>\n"}),
        ({"sdk/src/a.cpp": '#include "base/text.hpp"\n'}, "the SDK includes base/text.hpp",
         {"sdk/src/a.cpp": '#include "nearest.hpp"\n', "sdk/src/nearest.hpp": ""})],
    rules.contract_suite_is_a_front_before_the_host: [
        ({"sdk/include/engram/sdk/testing.hpp": "#include <ATen/core/Tensor.h>\n"}, "the suite's header includes ATen/",
         {"sdk/include/engram/sdk/testing.hpp": "#include <map>\n#include <engram/sdk/settings.hpp>\n"}),
        ({"sdk/testing/a.cpp": '#include "run/session.hpp"\n'}, "the contract suite includes run/session.hpp",
         {"sdk/testing/a.cpp": '#include "train/trainer.hpp"\n#include "a.hpp"\n', "sdk/testing/a.hpp": ""}),
        ({"core/run/a.cpp": "#include <engram/sdk/testing.hpp>\n"}, "which is for tests of plugins",
         {"tests/contract/a.cpp": "#include <engram/sdk/testing.hpp>\n"})],
    rules.plugins_include_only_the_sdk: [
        ({"examples/own_plugin/a.cpp": "#include <engram/sdk/testing.hpp>\n"}, "a plugin includes engram/sdk/testing.hpp",
         {"examples/own_plugin/a_test.cpp": "#include <engram/sdk/testing.hpp>\n"}),
        ({"plugins/lora/a.cpp": "#include <engram/sdk/plan.hpp>\n"}, "a plugin includes engram/sdk/plan.hpp",
         {"plugins/lora/a.cpp": "#include <engram/sdk.hpp>\n#include <ATen/ops/zeros.h>\n"}),
        ({"plugins/lora/a.cpp": '#include "model/model.hpp"\n'}, "a plugin includes model/model.hpp",
         {"plugins/lora/a.cpp": '#include "targets.hpp"\n', "plugins/lora/targets.hpp": ""})],
    rules.confined_headers_stay_in_their_place: [
        ({"core/model/a.cpp": f"#include <{header}>\n"}, f"includes {header}", {place: f"#include <{header}>\n"})
        for header, place in [
            ("spdlog/spdlog.h", "core/base/log.cpp"), ("boost/dll.hpp", "core/strategy/plugin_library.cpp"),
            ("lua.h", "core/script/state.cpp"), ("arrow/api.h", "core/data/table.cpp"),
            ("nlohmann/json.hpp", "core/base/json.hpp"), ("curl/curl.h", "core/hub/http.cpp"),
            ("sys/socket.h", "core/hub/http.cpp"), ("CLI/CLI.hpp", "core/cli/main.cpp"),
            ("torch/torch.h", "docs/page.md"), ("torch/nn.h", "docs/page.md"),
            ("cuda_runtime.h", "docs/page.md"), ("ATen/cuda/CUDAContext.h", "docs/page.md")]],
    rules.files_are_short: [
        ({"core/base/a.cpp": "\n" * 401}, "401 lines; at most 400", {"core/base/a.cpp": "\n" * 400})],
    rules.nothing_is_left_for_later: [
        ({"core/base/a.cpp": f"// {UNFINISHED}: more\n"}, f"core/base/a.cpp:1: '{UNFINISHED}'",
         {"core/base/a.cpp": "// a todo list is a fine thing to read from a file\n"})],
    rules.nothing_names_one_machine: [
        ({"docs/page.md": f"see {PRIVATE}\n"}, "exists on one machine only", {"docs/page.md": "see ~/notes.txt\n"}),
        ({"core/base/a.cpp": f'"{SOMEWHERE_LOCAL}"\n'}, "exists on one machine only",
         {"core/base/a.cpp": '"/proc/self/exe"\n'})],
    rules.links_in_pages_resolve: [
        ({"docs/page.md": "[a](missing.md)\n"}, "the link 'missing.md' leads nowhere",
         {"docs/page.md": "[a](other.md) and [b](https://example.org)\n", "docs/other.md": ""}),
        ({"docs/page.md": "# One\n[a](#two)\n"}, "no such heading", {"docs/page.md": "# The `one` thing\n[a](#the-one-thing)\n"}),
        ({"README.md": "[a](docs/x.md#b)\n", "docs/x.md": "# A\n"}, "no such heading",
         {"README.md": "```\n[a](nowhere.md)\n```\n"})],
}


def violations(rule, files):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return list(rule(rules.Tree(folder, files)))


class Rules(unittest.TestCase):
    def test_every_rule_has_a_case(self):
        self.assertEqual(set(rules.RULES), set(CASES))

    def test_a_planted_violation_is_found_and_only_that(self):
        for rule, cases in CASES.items():
            for wrong, text, mended in cases:
                with self.subTest(rule=rule.__name__, files=wrong):
                    found = violations(rule, wrong)
                    self.assertEqual(len(found), 1, found)
                    self.assertIn(text, found[0])
                    self.assertEqual(violations(rule, mended), [])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""What the command line says, word for word: python3 cli.py BUILD_FOLDER [--update]

Each case runs the built program in a folder that holds the recipes of tests/golden/plan and a tiny model; its exit code,
standard output and standard error are compared with tests/golden/cli/NAME.txt. --update writes those files anew: read the
difference before committing it.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
HELP_SECONDS = 0.3      # the promise; best of five starts, since a busy machine is not the program's fault

CASES = {
    "help": ["--help"],
    "no_command": [],
    "wrong_command": ["rnu"],
    "unknown_command": ["bake"],
    "wrong_option": ["run", "--quite", "recipe.lua"],
    "unknown_option": ["doctor", "--zzz"],
    "too_many": ["plan", "a.lua", "b.lua"],
    "too_few": ["compare", "runs/a"],
    "wrong_choice": ["doctor", "--device", "tpu"],
    "plugins_no_command": ["plugins"],
    "plugins_help": ["plugins", "--help"],
    "plugin_info": ["plugins", "info", "lora"],
    "plugin_unknown": ["plugins", "info", "lorra"],
    "plugin_no_library": ["plugins", "check", "./text.engram.so"],
    "plugin_list": ["plugins", "list"],
    "plugin_info_compulsory": ["plugins", "info", "replay"],
    "plugin_docs": ["plugins", "docs", "weight_interpolation", "replay", "--pages", "../plugins/*/README.md"],
    "plugin_docs_lua": ["plugins", "docs", "freezing", "--format", "lua"],
    "new_plugin_name": ["new", "plugin", "Gentle"],
    "new_plugin_taken": ["new", "plugin", "lora"],
    "missing_run": ["compare", "runs/a", "runs/b"],
    "version": ["--version"],
    "plan_careless": ["plan", "careless.lua"],
    "plan_careful": ["plan", "careful.lua"],
    "plan_strict": ["plan", "careless.lua", "--strict"],
}
# What differs from machine to machine.
MASKS = [(re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"), (re.compile(r"\b1[0-9]\.\d\.\d\b"), "COMPILER"),
         (re.compile(r"\b2\.\d+\.\d+\b"), "TORCH"), (re.compile(r"torch_2_\d+"), "torch_TORCH")]


def run(program, arguments, folder):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ENGRAM_")}
    environment.update(XDG_DATA_HOME="/nowhere", LC_ALL="C.UTF-8", ENGRAM_CACHE=os.path.join(folder, "cache"))
    return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def transcript(program, arguments, build):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "text.engram.so").write_text("This is no library.\n")
        shutil.copytree(HERE / "plan", folder, dirs_exist_ok=True)
        pathlib.Path(folder, "model").symlink_to(HERE / "losses/model")
        done = run(program, arguments, folder)
        text = f"exit {done.returncode}\n--- output\n{done.stdout}--- errors\n{done.stderr}"
        text = text.replace(os.path.realpath(folder), "HERE").replace(folder, "HERE").replace(str(build), "BUILD")
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def golden_texts(program, build, update):
    wrong = []
    for name, arguments in CASES.items():
        file = HERE / "cli" / f"{name}.txt"
        text = transcript(program, arguments, build)
        if update:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            expected = file.read_text(encoding="utf-8") if file.exists() else "(no file)\n"
            wrong.append(f"engram {' '.join(arguments)}\n=== expected\n{expected}=== got\n{text}")
    return wrong


def help_is_quick(program):
    seconds = []
    for _ in range(5):
        start = time.monotonic()
        run(program, ["--help"], "/")
        seconds.append(time.monotonic() - start)
    return [] if min(seconds) < HELP_SECONDS else [f"--help took {min(seconds):.2f} s, promised are {HELP_SECONDS} s"]


def stored_help_is_the_real_help(program):
    # A second --help takes the launcher's stored text out of play.
    return [f"the stored help of '{' '.join(command)}' is old" for command in (["run"], ["plugins", "info"], [])
            if run(program, [*command, "--help"], "/").stdout != run(program, [*command, "--help", "--help"], "/").stdout]


def lost_output_is_no_success(program):
    with open("/dev/full", "w") as full:
        code = subprocess.run([program, "--version"], stdout=full).returncode
    return [] if code == 6 else [f"--version into a full disk ends with {code}, not with 6"]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    program = str(build / "bin/engram")
    wrong = golden_texts(program, build, "--update" in sys.argv)
    wrong += help_is_quick(program) + stored_help_is_the_real_help(program) + lost_output_is_no_success(program)
    print("\n\n".join(wrong) or f"{len(CASES)} command lines, as written")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

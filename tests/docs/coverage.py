#!/usr/bin/env python3
"""coverage.py BUILD_FOLDER: the editor types cover every option of every shipped plugin, and the generated pages show
everything that stands in them (Markdown takes <set> for a tag unless it is code)."""
import pathlib
import re
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parents[2]
OPTION = re.compile(r"^  (\w+)(?: = |, compulsory|, may be left out)")


def options_of(program, plugins, name):
    told = subprocess.run([program, "plugins", "info", name, "--plugin", plugins], capture_output=True, text=True, check=True)
    return [found.group(1) for found in map(OPTION.match, told.stdout.splitlines()) if found]


def class_of(types, name):
    found = re.search(rf"^---@class engram\.strategy\.{name}\n((?:---.*\n)*)", types, re.MULTILINE)
    return found.group(1) if found else ""


def missing_options(program, plugins, types):
    names = [folder.parent.name for folder in SOURCES.glob("plugins/*/CMakeLists.txt")]
    count = 0
    for name in sorted(names):
        options = options_of(program, plugins, name)
        count += len(options)
        fields = class_of(types, name)
        for option in options:
            if not re.search(rf"^---@field {option}\?? ", fields, re.MULTILINE):
                yield f"scripts/meta/engram.lua: {name} has no option {option}"
    if count < 30:
        yield f"only {count} options were found: does `engram plugins info` still list them this way?"


def hidden_texts(page):
    fenced = False
    for number, line in enumerate((SOURCES / page).read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.startswith("```")
        shown = re.sub(r"`[^`]*`", "", line)
        if not fenced and not line.startswith(("    ", "<!--", "```")) and re.search(r"<\w", shown):
            yield f"{page}:{number}: a tag outside code: {line}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    types = (SOURCES / "scripts/meta/engram.lua").read_text(encoding="utf-8")
    wrong = list(missing_options(build / "bin/engram", build / "lib/engram/plugins", types))
    for page in ["docs/recipe.md", "docs/lua_api.md", "docs/strategies.md"]:
        wrong += hidden_texts(page)
    print("\n".join(wrong) or "every option has a type, and every text is shown")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

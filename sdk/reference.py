#!/usr/bin/env python3
"""Writes docs/sdk_reference.md from the contracts in the SDK's headers: python3 sdk/reference.py [--check]

Every header's first comment becomes a section's text; every declaration in its namespace becomes an entry, with the
comment above it as prose and the declaration itself, comments on members included. --check writes nothing and ends
with 1 when the page is stale.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADERS = ROOT / "sdk/include/engram/sdk"
PAGE = ROOT / "docs/sdk_reference.md"

# In the order in which an author meets them.
CHAPTERS = [("plugin", "The plugin"), ("settings", "Parameters"), ("strategy", "The strategy"),
            ("model_view", "What a strategy knows of a model"), ("plan", "Plans"), ("claims", "Claims"),
            ("views", "Phases"), ("match", "Targets"), ("dora", "DoRA"), ("generator", "Randomness"),
            ("error", "Refusals"), ("testing", "The contract suite")]
# The border's own affair: no author writes against them.
LEFT_OUT = {"export", "fingerprint", "version"}
PREFACE = """# SDK reference

<!-- Written by sdk/reference.py from the headers in sdk/include/engram/sdk; `make docs` writes it anew. -->

Everything stands in the namespace `engram::sdk`; `#include <engram/sdk.hpp>` brings all of it but the contract suite.
How the parts work together: [Write a strategy](write_a_strategy.md). Shape letters stand where they are used.
"""
NAME = re.compile(r"^(?:template <[^>]*>\s*)?(?:(class|struct|enum class|enum|using)\s+)?(?:ENGRAM_SDK_EXPORT\s+)?(\w+)", re.M)
FUNCTION = re.compile(r"\b(\w+)\(")


def prose(comment):
    """Comment lines without their slashes; indented ones become code."""
    lines = [re.sub(r"^\s*// ?", "", line) for line in comment]
    text, was_code = [], False
    for line in lines:
        is_code = line.startswith("  ")
        if is_code != was_code and text and text[-1] and line:
            text.append("")
        text.append("    " + line.strip() if is_code else line.replace("<", "&lt;"))
        was_code = is_code
    return "\n".join(text).strip()


def public_part(code):
    """Without the export marks, and without what is private."""
    code = re.sub(r"ENGRAM_SDK_EXPORT ", "", code)
    return re.sub(r"\s*\n private:.*?(?=\n\};)", "", code, flags=re.S)


def chunks(body):
    """Runs of lines between blank lines, where no brace is open."""
    found, current, depth = [], [], 0
    for line in body.splitlines():
        if not line.strip() and depth == 0:
            if current:
                found.append(current)
            current = []
            continue
        current.append(line)
        code = line.split("//")[0]
        depth += code.count("{") - code.count("}")
    return found + ([current] if current else [])


def name_of(code):
    declared = NAME.match(code)
    if declared and declared.group(1):
        return declared.group(2)
    called = FUNCTION.search(code)
    return called.group(1) if called else None


def entry(chunk):
    count = next((i for i, line in enumerate(chunk) if not line.startswith("//")), len(chunk))
    code = public_part("\n".join(chunk[count:]))
    if not code:
        return prose(chunk) + "\n"
    if re.match(r"(class|struct) \w+;", code):  # announced here, explained elsewhere
        return ""
    plain = re.sub(r"//.*", "", code)
    declarations = [plain] if "{" in plain else plain.split(";")
    names = list(dict.fromkeys(filter(None, map(name_of, map(str.strip, declarations)))))
    text = prose(chunk[:count])
    return f"### {', '.join(names)}\n\n" + (text + "\n\n" if text else "") + f"```cpp\n{code}\n```\n"


def chapter(header, title):
    text = (HEADERS / f"{header}.hpp").read_text(encoding="utf-8")
    comment = re.match(r"(?://.*\n)+", text).group().splitlines()
    parts = [f"## {title}\n\n`engram/sdk/{header}.hpp`: {prose(comment)}\n"]
    for body in re.findall(r"namespace engram::sdk \{\n(.*?)\n\}  // namespace", text, flags=re.S):
        parts += [made for made in (entry(chunk) for chunk in chunks(body)) if made]
    return "\n".join(parts)


def page():
    unplaced = {file.stem for file in HEADERS.glob("*.hpp")} - LEFT_OUT - {header for header, _ in CHAPTERS}
    if unplaced:
        sys.exit(f"sdk/reference.py names no chapter for {', '.join(sorted(unplaced))}")
    return PREFACE + "\n" + "\n".join(chapter(header, title) for header, title in CHAPTERS)


def main():
    text = page()
    if "--check" in sys.argv:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is stale: `make docs` writes it anew")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Checks that each relative link and anchor of docs/*.md and README.md has a target.

Anchors are as GitHub makes them from headings. A page of docs/ may link to other files of docs/ only, because the book
has no others: a path outside of docs/ is written as code. Each page of docs/ must be in docs/SUMMARY.md.

    scripts/check-links.py        exit status 1 when a link is broken
"""

import re
import sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$")
CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.MULTILINE)
HTML = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]*)\"", re.IGNORECASE)
HTML_ID = re.compile(r"<[a-z]+\b[^>]*?\b(?:id|name)=\"([^\"]+)\"", re.IGNORECASE)


def prose(text):
    """Returns the text with empty lines in place of fenced code."""
    lines, fence = [], None
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if fence is None and mark:
            fence = mark[1]
            lines.append("")
        elif fence is not None:
            closes = mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and line.strip() == mark[1]
            fence = None if closes else fence
            lines.append("")
        else:
            lines.append(line)
    return "\n".join(lines)


def without_code(text):
    """Returns the prose with blanks in place of code spans, so that line numbers stay the same."""
    return CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)


def slug(heading):
    """Returns the anchor that GitHub gives to a heading."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # a link counts as its text
    text = re.sub(r"<[^>]+>", "", text).replace("`", "")
    text = re.sub(r"\*+", "", text)
    text = re.sub(r"(?<!\w)_+|_+(?!\w)", "", text) if "`" not in heading else text  # emphasis, not a name in code
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchors(path, known={}):
    """Returns the anchors of a page."""
    if path not in known:
        found, seen = set(), {}
        text = prose(path.read_text(encoding="utf-8"))
        for line in text.split("\n"):
            if heading := HEADING.match(line):
                name = slug(heading[2])
                count = seen.get(name, 0)
                seen[name] = count + 1
                found.add(f"{name}-{count}" if count else name)
        found.update(HTML_ID.findall(text))
        known[path] = found
    return known[path]


def links(path):
    """Returns the links of a page, with their line numbers."""
    text = without_code(prose(path.read_text(encoding="utf-8")))
    for pattern in (LINK, REFERENCE, HTML):
        for link in pattern.finditer(text):
            yield text.count("\n", 0, link.start()) + 1, link[1]


def mistake(page, target):
    """Returns the problem of a link, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target, re.IGNORECASE) or target.startswith("//"):
        return None  # on another server
    path, _, anchor = target.partition("#")
    if path.startswith("/"):
        return "an absolute path; write it relative to this page"
    linked = (page.parent / unquote(path)).resolve() if path else page
    if ROOT not in (linked, *linked.parents):
        return "leads out of the repository"
    if DOCS in page.parents and DOCS not in linked.parents:
        return "leads out of docs/, where the book ends; write the path as code"
    if not linked.exists():
        return "no such file"
    if anchor:
        if linked.suffix != ".md":
            return "an anchor in a file that is not Markdown"
        if unquote(anchor) not in anchors(linked):
            return f"no heading #{anchor} in {linked.relative_to(ROOT)}"
    return None


def main():
    pages = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    broken, count = [], 0
    for page in pages:
        for line, target in sorted(links(page)):
            count += 1
            if what := mistake(page, target):
                broken.append(f"{page.relative_to(ROOT)}:{line}: {target}: {what}")
    summary = DOCS / "SUMMARY.md"
    listed = {(DOCS / target).resolve() for _, target in links(summary)}
    for page in pages:
        if page.parent == DOCS and page != summary and page not in listed:
            broken.append(f"{page.relative_to(ROOT)}: not in docs/SUMMARY.md; add it")
    for problem in broken:
        print(problem, file=sys.stderr)
    print(f"check-links: {count} links in {len(pages)} pages, {len(broken)} problems")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

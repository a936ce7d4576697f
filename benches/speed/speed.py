#!/usr/bin/env python3
"""How long builds take beside hugo's, on the same site: the same words, pictures, widths, styles and script (`corpus.py`).

    speed.py [--rounds 5] [--only NAME] [--json FILE]     (`make bench-speed`)

Every round runs each case once with hugo and once with landing, one after the other, so that whatever else the machine does meets
both; printed are the medians and their ratio: of processor time (user and system, all threads), which others on the machine hardly change, and
of the time on the clock, which they do. "Cold": output and caches moved away. "Warm": nothing changed since. "Edit": one line of
one page changed. Peak memory is what the kernel counted for the process (`wait4`). After every edit the output is compared with the
edit, and at the end with that of a cold build. In: `target/release/landing` (or $LANDING), the hugo of `tests/tools/install`.
Refuses to print a figure of a build that failed.
"""
import argparse
import filecmp
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import corpus

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target/speed"
ASIDE = WORK / "aside"
HUGO = ROOT / "tests/.tools/folders/python/hugo/binaries/hugo"
LANDING = Path(os.environ.get("LANDING", ROOT / "target/release/landing")).resolve()

# What the issue asks for: the most that the ratio may be.
CASES = [
    ("one page, cold, WebP", "one", "cold", 0.12),
    ("one page, cold, AVIF too", "one-avif", "cold", 0.9),
    ("one page, warm", "one", "warm", 0.15),
    ("1,020 pages, cold", "many", "cold", 0.26),
    ("1,020 pages, one line changed", "many", "edit", 0.06),
    ("1,020 pages, warm", "many", "warm", None),
]
MEMORY = 0.4


def run(command):
    """Seconds of processor time, the most memory that it held in MiB, seconds on the clock."""
    read, write = os.pipe()
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=write)
    os.close(write)
    with os.fdopen(read, "rb") as errors:
        said = errors.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {child.returncode}:\n{said.decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, seconds


def away(folder):
    """Moved out of the way, deleted when all is measured: ext4 passes over each file number that was given back within the last minutes
    (`recently_deleted`, fs/ext4/ialloc.c), and whoever writes files then pays for what was deleted before, two seconds for a thousand pages."""
    if folder.exists():
        ASIDE.mkdir(parents=True, exist_ok=True)
        folder.rename(ASIDE / str(len(os.listdir(ASIDE))))


class Hugo:
    name = "hugo"

    def __init__(self, project):
        self.root, self.out = WORK / "hugo" / project, WORK / "hugo" / project / "public"
        self.page, self.built = self.root / "content/pl/v07.md", self.out / "pl/v07.html"

    def clear(self):
        for folder in ["public", "resources", ".cache"]:
            away(self.root / folder)

    def build(self):
        return run([HUGO, "--quiet", "--minify", "--source", self.root, "--cacheDir", self.root / ".cache", "--noBuildLock"])


class Landing:
    name = "landing"

    def __init__(self, project):
        self.root, self.out = WORK / "landing" / project, WORK / "landing" / project / "dist"
        self.page, self.built = self.root / "site/pl/v07.md", self.out / "pl/v07.html"

    def clear(self):
        for folder in ["dist", ".landing"]:
            away(self.root / folder)

    def build(self):
        return run([LANDING, "-C", self.root, "build"])


def prepare(builder, how):
    """Brings the project into the state that the case begins with."""
    if how == "cold":
        builder.clear()
    elif not builder.out.exists():
        builder.build()


def edit(builder, round):
    """Another word at the end of one page."""
    text = builder.page.read_text().rstrip("\n").rsplit("\nEdit ", 1)[0]
    builder.page.write_text(f"{text}\n\nEdit number {round}.\n".replace("\n\nEdit", "\nEdit"))


def measure(project, how, rounds):
    """What both took, round by round."""
    seen = {Hugo: [], Landing: []}
    builders = [Hugo(project), Landing(project)]
    for round in range(rounds):
        # Whoever is first in one round is second in the next.
        for builder in builders if round % 2 == 0 else builders[::-1]:
            prepare(builder, how)
            if how == "edit":
                edit(builder, round)
            seen[type(builder)].append(builder.build())
            if how == "edit" and f"Edit number {round}." not in builder.built.read_text():
                sys.exit(f"{builder.name}: the change is not in {builder.built}")
    return seen


def same(one, other):
    """What differs between two folders."""
    compared = filecmp.dircmp(one, other, ignore=[])
    wrong = compared.left_only + compared.right_only
    wrong += filecmp.cmpfiles(one, other, compared.common_files, shallow=False)[1]
    for name in compared.common_dirs:
        wrong += [f"{name}/{inside}" for inside in same(f"{one}/{name}", f"{other}/{name}")]
    return wrong


def cold_again(builder):
    """Whether the output that grew edit by edit is that of a cold build."""
    kept = WORK / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(builder.out, kept)
    builder.clear()
    builder.build()
    differing = same(str(kept), str(builder.out))
    shutil.rmtree(kept)
    if differing:
        sys.exit(f"landing: after the edits these differ from a cold build: {', '.join(differing)}")


def line(name, limit, seen, unit, at):
    ours, theirs = (statistics.median(run[at] for run in seen[kind]) for kind in [Landing, Hugo])
    ratio = ours / theirs
    verdict = "" if limit is None else f"   asked {limit:.2f}  {'ok' if ratio <= limit else 'MISSED'}"
    print(f"{name:<38} landing {ours:8.3f}   hugo {theirs:8.3f} {unit:<3}  ratio {ratio:5.3f}{verdict}", flush=True)
    return {"case": name, "unit": unit, "landing": ours, "hugo": theirs, "ratio": ratio, "asked": limit,
            "rounds": {kind.name: [run[at] for run in seen[kind]] for kind in seen}}


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", help="cases whose name holds this")
    options.add_argument("--json", type=Path, help="every figure, into this file")
    chosen = options.parse_args()
    if not HUGO.exists():
        sys.exit("hugo is not there: run `make tools`")
    if not LANDING.exists():
        sys.exit(f"{LANDING} is not there: run `cargo build --release`")
    corpus.make(WORK, HUGO)
    shutil.rmtree(ASIDE, ignore_errors=True)
    print(f"medians of {chosen.rounds} rounds, processor time and MiB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    results = []
    for name, project, how, limit in CASES:
        if chosen.only and chosen.only not in name:
            continue
        seen = measure(project, how, chosen.rounds)
        results.append(line(name, limit, seen, "s", 0))
        results.append(line("  on the clock", None, seen, "s", 2))
        results.append(line("  peak memory", MEMORY if how == "cold" else None, seen, "MiB", 1))
        if how == "edit":
            cold_again(Landing(project))
    shutil.rmtree(ASIDE, ignore_errors=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()

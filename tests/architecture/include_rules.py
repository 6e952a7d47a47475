#!/usr/bin/env python3
"""Fails when an #include crosses a line between rooms. The rules are the tables below; docs/architecture.md says why.

usage: include_rules.py ROOT
Prints one line per violation, FILE:LINE: what is wrong, and exits 1; 0 if there is none, 2 if there is nothing to check.
"""
import re
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

# Which rooms a room may include from.
ROOMS = {
    "sim": {"sim"},
    "learning": {"learning", "sim"},
    "backends": {"backends", "sim"},
    "io": {"io", "sim"},
    "experiments": {"experiments", "learning", "backends", "io", "sim"},
    "cli": {"cli", "experiments", "learning", "backends", "io", "sim"},
    "bench": {"bench", "cli", "experiments", "learning", "backends", "io", "sim"},
}
ANYWHERE = set(ROOMS)
COMPOSERS = {"experiments", "cli", "bench"}

# Which rooms may include a header, by the first pattern that matches its name in <> or "". A third-party library that is
# missing here is refused everywhere: add its line, so that the decision is made once and in the open.
HEADERS = [
    # the outside world
    (r"hdf5(_hl)?\.h|H5\w*\.h", {"io"}),
    (r"toml\+\+/.*|toml\.hpp", {"io"}),
    (r"curl/.*", {"io"}),
    (r"openssl/.*", {"io"}),
    (r"zlib\.h", {"io"}),
    (r"nlohmann/.*", {"io", "backends", "experiments", "cli", "bench"}),
    (r"CLI/.*", {"cli", "bench"}),
    # arithmetic and data structures
    (r"boost/.*", {"sim"} | COMPOSERS),
    (r"nanoflann\.hpp", {"sim"}),
    (r"Random123/.*", {"sim"}),
    (r"cblas\.h|lapacke\.h|f77blas\.h|openblas_config\.h", {"learning", "sim", "bench"}),
    (r"hwy/.*", {"learning", "sim", "bench"}),
    (r"Eigen/.*", {"learning", "sim"}),
    (r"(tbb|oneapi)/.*", {"learning", "sim", "backends"} | COMPOSERS),
    (r"fmt/.*", ANYWHERE),
    (r"benchmark/.*", {"bench"}),
    (r"(generated/)?version\.hpp", ANYWHERE - {"sim", "learning"}),
    # the standard library and the system: sim and learning know no files, and only the command line prints
    (r"iostream|print|syncstream", {"cli", "bench"}),
    (r"fstream|filesystem|cstdio|stdio\.h", ANYWHERE - {"sim", "learning"}),
    (r"(unistd|fcntl|dirent|poll|signal|termios)\.h|sys/.*", ANYWHERE - {"sim", "learning"}),
    (r"malloc\.h", {"bench"}),
    (r"(immintrin|x86intrin|cpuid|sched|pthread)\.h", ANYWHERE),
    (r"[a-z][a-z0-9_]*", ANYWHERE),  # <vector>, <cmath>
    (r"(assert|errno|float|inttypes|limits|locale|math|stddef|stdint|stdlib|string|time)\.h", ANYWHERE),
]

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<(?P<angled>[^>]+)>|"(?P<quoted>[^"]+)")')
SOURCES = {".cpp", ".hpp", ".h", ".c", ".cc", ".inl"}


class Violation(NamedTuple):
    file: Path
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}"


def listed(names: set) -> str:
    return ", ".join(sorted(names))


def room_of(header: str) -> Optional[str]:
    room, slash, _ = header.partition("/")
    return room if slash and room in ROOMS else None


def problem_with(room: str, header: str) -> Optional[str]:
    """What is wrong with `header` in `room`, or None."""
    target = room_of(header)
    if target is not None:
        if target in ROOMS[room]:
            return None
        return f"'{header}': {room}/ may not know {target}/ (it may know {listed(ROOMS[room])})"
    for pattern, allowed in HEADERS:
        if re.fullmatch(pattern, header):
            return None if room in allowed else f"'{header}' belongs in {listed(allowed)} only, not in {room}/"
    return f"'{header}' is in no room and in no rule: add it to tests/architecture/include_rules.py"


def violations(root: Path, file: Path) -> Iterator[Violation]:
    room = file.relative_to(root).parts[0]
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match is None:
            continue
        header = match["angled"] or match["quoted"]
        if match["quoted"] and (file.parent / header).is_file():  # beside the file: the same as its full name
            beside = (file.parent / header).resolve()
            if beside.is_relative_to(root):
                header = beside.relative_to(root).as_posix()
        problem = problem_with(room, header)
        if problem:
            yield Violation(file.relative_to(root), number, problem)


def main(arguments: list) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    root = Path(arguments[0]).resolve()
    files = [file for room in ROOMS for file in sorted((root / room).rglob("*")) if file.suffix in SOURCES]
    if not files:
        print(f"{root}: no room with sources in it; name the root of the repository", file=sys.stderr)
        return 2
    found = [violation for file in files for violation in violations(root, file)]
    for violation in found:
        print(violation)
    print(f"{len(files)} files, {len(found)} includes that cross a line")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The include rules are alive: they refuse a tree that crosses the lines and accept one that keeps to them."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


def check(root: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, HERE / "include_rules.py", root], capture_output=True, text=True, check=False)


class IncludeRules(unittest.TestCase):
    def test_every_crossed_line_is_named_by_file_and_line_and_nothing_else_is(self):
        result = check(HERE / "fixtures" / "crossed")
        self.assertEqual(result.returncode, 1)
        named = [line.split(": ")[0] for line in result.stdout.splitlines()[:-1]]
        self.assertEqual(
            named,
            [
                "sim/neuron.hpp:4",       # HDF5
                "sim/neuron.hpp:6",       # files
                "sim/neuron.hpp:9",       # learning
                "learning/adam.hpp:3",    # CLI11
                "learning/adam.hpp:4",    # printing
                "learning/adam.hpp:6",    # io, by a path relative to the file
                "backends/chip.cpp:1",    # a sister room, with spaces in the directive
                "backends/chip.cpp:2",    # a library that no rule knows
                "io/checkpoint.hpp:5",    # a sister room; its HDF5 is its own
                "cli/main.cpp:1",         # toml++ stays in io
            ],
        )
        self.assertIn("sim/ may not know learning/", result.stdout)

    def test_a_tree_that_keeps_to_the_rules_passes(self):
        result = check(HERE / "fixtures" / "kept")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("4 files", result.stdout)

    def test_a_tree_without_rooms_is_no_success(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(check(Path(empty)).returncode, 2)


if __name__ == "__main__":
    unittest.main()

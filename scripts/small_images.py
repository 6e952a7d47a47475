#!/usr/bin/env python3
"""Makes images of 8x8 pixels from those of 28x28 in idx files: the middle 24x24 in means of 3x3, labels as they are.

usage: small_images.py IN_FOLDER OUT_FOLDER

Takes the four files of MNIST or Fashion-MNIST, with or without .gz, and writes plain ones. For networks small enough for an
FPGA: `loci train --data-dir OUT_FOLDER` with 32 hidden neurons gives 64-32-10.
"""
import gzip
import struct
import sys
from pathlib import Path

SPLITS = ("train", "t10k")


def read(folder: Path, name: str) -> bytes:
    for file in (folder / f"{name}.gz", folder / name):
        if file.is_file():
            data = file.read_bytes()
            return gzip.decompress(data) if file.suffix == ".gz" else data
    sys.exit(f"small_images: {folder} has no {name}, nor with .gz; name the folder of the data set")


def main(arguments: list) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, target = map(Path, arguments)
    target.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        images = read(source, f"{split}-images-idx3-ubyte")
        magic, n, height, width = struct.unpack(">4I", images[:16])
        if (magic, height, width) != (2051, 28, 28):
            sys.exit(f"small_images: {split}-images-idx3-ubyte in {source} does not hold images of 28x28")
        small = bytearray(struct.pack(">4I", 2051, n, 8, 8))
        for start in range(16, 16 + n * 784, 784):
            for y in range(2, 26, 3):
                rows = [images[start + 28 * (y + dy) : start + 28 * (y + dy) + 28] for dy in range(3)]
                for x in range(2, 26, 3):
                    small.append(sum(sum(row[x : x + 3]) for row in rows) // 9)
        (target / f"{split}-images-idx3-ubyte").write_bytes(small)
        (target / f"{split}-labels-idx1-ubyte").write_bytes(read(source, f"{split}-labels-idx1-ubyte"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

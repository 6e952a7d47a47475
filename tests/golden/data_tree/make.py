#!/usr/bin/env python3
"""Makes wild.hdf5, what h5py writes that loci does not: python3 make.py wild.hdf5 (h5py 3.7)."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w") as file:
    file["float16"] = np.array([1.5, -0.25, 65504], "f2")
    file["big_endian"] = np.array([1.25, -3], ">f8")
    file["int8"] = np.array([-128, 127], "i1")
    file["int16"] = np.array([[-32768], [32767]], "i2")
    file["uint16"] = np.array([65535], "u2")
    file["uint64"] = np.array(2**64 - 1, "u8")
    file["bool"] = np.array([[True, False], [False, True]])
    file.create_dataset("enumeration", data=np.array([7, 3], "i2"), dtype=h5py.enum_dtype({"a": 3, "b": 7}, "i2"))
    file["fixed_text"] = np.array([[b"one", b"two"], [b"three", b""]], "S5")
    file["scalar_text"] = "größer"
    file.create_dataset("packed", data=np.arange(12, dtype="f4").reshape(4, 3), chunks=(2, 3), compression="gzip")
    file["no_rows"] = np.zeros((0, 3), "i4")
    file["compound"] = np.zeros(2, [("x", "f4"), ("y", "i4")])
    file["complex"] = np.zeros(2, "c8")
    file["reference"] = file["int8"].ref
    file.create_dataset("ragged", (2,), dtype=h5py.vlen_dtype("i4"))
    file["null"] = h5py.Empty("f4")
    file["named_type"] = np.dtype("f4")
    file["soft"] = h5py.SoftLink("/int8")
    file["dangling"] = h5py.SoftLink("/nothing")
    file["other_file"] = h5py.ExternalLink("secret.h5", "/")
    below = file.create_group("below")
    below["again"] = file["/"]
    below.attrs["grid"] = np.arange(6, dtype="i8").reshape(2, 3)
    below.attrs["flag"] = True
    below.attrs["words"] = ["a", "bc"]
    below.attrs["pair"] = np.zeros((), [("x", "f4")])
    file["int8"].attrs["unit"] = np.bytes_(b"mV")

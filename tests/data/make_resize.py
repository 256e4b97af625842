#!/usr/bin/python3
"""Writes resize.bin: what Pillow makes of pictures of different sizes.

usage: make_resize.py OUT      needs python3-pil and python3-numpy

The file is a sequence of records of little-endian 32-bit numbers
    width height channels new_width new_height filter(0 bilinear, 1 bicubic)
followed by the bytes [new_height,new_width,channels] of the result. The input is not stored: it is
picture(), which the test computes again.
"""
import struct
import sys

import numpy as np
from PIL import Image

CASES = [
    (28, 28, 1, 61, 61), (28, 28, 1, 32, 32), (32, 32, 3, 24, 24), (32, 32, 3, 64, 64),
    (47, 33, 3, 32, 32), (33, 47, 3, 32, 45), (101, 67, 3, 23, 15), (7, 5, 3, 40, 31),
    (64, 48, 3, 64, 20), (64, 48, 3, 20, 48), (24, 18, 1, 24, 18), (1, 1, 3, 5, 4),
    (200, 3, 3, 11, 9), (3, 200, 3, 9, 11), (300, 211, 3, 17, 12), (2, 2, 1, 3, 3),
    (90, 90, 3, 1, 1), (13, 11, 3, 12, 12), (256, 4, 1, 255, 3),
]


def picture(width, height, channels):
    """Smooth waves, hard edges and noise, from integers only."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    v = (x * 7 + y * 11 + c * 50) % 511
    smooth = np.where(v > 255, 510 - v, v)
    noise = ((x * 73 + y * 151 + c * 199) * 40503 >> 4) & 255
    edge = np.where((x // 5 + y // 7 + c) % 2 == 0, 255, 0)
    pick = (x // 3 + y // 4) % 3
    return np.choose(pick, [smooth, noise, edge]).astype(np.uint8)


def main():
    with open(sys.argv[1], "wb") as out:
        for width, height, channels, new_width, new_height in CASES:
            array = picture(width, height, channels)
            image = Image.fromarray(array[:, :, 0] if channels == 1 else array)
            for code, kind in enumerate((Image.BILINEAR, Image.BICUBIC)):
                result = np.asarray(image.resize((new_width, new_height), kind))
                out.write(struct.pack("<6i", width, height, channels, new_width, new_height, code))
                out.write(result.tobytes())


main()

#!/usr/bin/python3
"""Writes small pictures in all forms that are read, and beside each what Pillow makes of it:
NAME and NAME.rgb (width*height*3 bytes of convert("RGB"); the size is 21 x 14).

usage: make_images.py FOLDER      needs python3-pil and python3-numpy
"""
import io
import os
import struct
import sys
import zlib

import numpy as np
from PIL import Image

W, H = 21, 14


def colours():
    y, x = np.meshgrid(np.arange(H), np.arange(W), indexing="ij")
    return np.stack([(x * 12) % 256, (y * 18) % 256, (x * y * 5) % 256], axis=2).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(colour_type, depth, rows, extra=b""):
    """A PNG by hand, for the forms that Pillow does not write."""
    head = struct.pack(">IIBBBBB", W, H, depth, colour_type, 0, 0, 0)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(raw))
            + chunk(b"IEND", b""))


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pictures():
    rgb = colours()
    grey = rgb[:, :, 0] // 2 + rgb[:, :, 1] // 2
    image, grey_image = Image.fromarray(rgb), Image.fromarray(grey)
    alpha = Image.fromarray(np.dstack([rgb, grey]))
    wide = (rgb.astype(np.uint16) * 257 + 100).astype(">u2")
    yield "colour.jpg", saved(image, "JPEG", quality=90)
    yield "sampled.jpg", saved(image, "JPEG", quality=60, subsampling=2)
    yield "progressive.jpg", saved(image, "JPEG", quality=75, progressive=True)
    yield "grey.jpg", saved(grey_image, "JPEG", quality=80)
    yield "inks.jpg", saved(image.convert("CMYK"), "JPEG", quality=85)
    yield "colour.png", saved(image, "PNG")
    yield "palette.png", saved(image.quantize(13), "PNG")
    yield "palette_transparent.png", saved(image.quantize(13), "PNG", transparency=2)
    yield "grey.png", saved(grey_image, "PNG")
    yield "bits.png", saved(grey_image.point(lambda v: 255 * (v > 99)).convert("1"), "PNG")
    yield "alpha.png", saved(alpha, "PNG")
    yield "grey_alpha.png", saved(alpha.convert("LA"), "PNG")
    yield "wide_colour.png", png(2, 16, wide)
    yield "wide_grey.png", png(0, 16, (grey.astype(np.uint16) * 3).astype(">u2"))
    yield "wide_grey_alpha.png", png(4, 16, wide[:, :, :2].copy())
    yield "nibbles.png", png(0, 4, np.pad(rgb[:, :10, 0], ((0, 0), (0, 1))))
    yield "transparent_colour.png", png(2, 8, rgb, chunk(b"tRNS", struct.pack(">HHH", 0, 0, 0)))
    yield "colour.ppm", saved(image, "PPM")
    yield "grey.ppm", saved(grey_image, "PPM")
    yield "dark.ppm", b"P6 # largest value 100\n%d\t%d 100\n" % (W, H) + (rgb % 101).tobytes()


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, data in pictures():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(data)
        image = Image.open(io.BytesIO(data))
        print(name, image.mode)
        with open(os.path.join(folder, name + ".rgb"), "wb") as out:
            out.write(np.asarray(image.convert("RGB")).tobytes())


main()

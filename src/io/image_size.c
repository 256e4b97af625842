/* The size of a picture from its first bytes, without decoding it. */
#include "base/file.h"
#include "base/status.h"
#include "io/image.h"

#include <stdbool.h>
#include <string.h>

static unsigned big(const uint8_t *p, int n) {
    unsigned v = 0;
    while (n--) v = v << 8 | *p++;
    return v;
}

/* IHDR is the first chunk: width and height, 4 bytes each, 16 bytes into the file. */
static bool png_size(const uint8_t *p, size_t n, unsigned *width, unsigned *height) {
    if (n < 24 || memcmp(p, "\x89PNG\r\n\x1a\n", 8) != 0) return false;
    *width = big(p + 16, 4);
    *height = big(p + 20, 4);
    return true;
}

/* Start of frame: C0 to CF but for DHT (C4), JPG (C8) and DAC (CC). */
static bool is_frame(uint8_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments: FF, marker, 2 bytes of length, which counts itself; a frame's has precision (1 byte),
 * height and width (2 bytes each). Markers may be padded with FF. */
static bool jpeg_size(const uint8_t *p, size_t n, unsigned *width, unsigned *height) {
    if (n < 3 || memcmp(p, "\xff\xd8\xff", 3) != 0) return false;
    for (size_t at = 2; at + 9 <= n;) {
        if (p[at] != 0xff) return false;
        if (p[at + 1] == 0xff) {
            at++;
            continue;
        }
        uint8_t marker = p[at + 1];
        if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) { /* TEM, RST: alone */
            at += 2;
            continue;
        }
        if (is_frame(marker)) {
            *height = big(p + at + 5, 2);
            *width = big(p + at + 7, 2);
            return true;
        }
        unsigned length = big(p + at + 2, 2);
        if (length < 2) return false;
        at += 2 + (size_t)length;
    }
    return false;
}

bool rsl_image_size_in(const uint8_t *bytes, size_t n, int *width, int *height) {
    unsigned w = 0, h = 0;
    if (!png_size(bytes, n, &w, &h) && !jpeg_size(bytes, n, &w, &h) &&
        !rsl_ppm_size(bytes, n, &w, &h))
        return false;
    if (w < 1 || h < 1 || w > RSL_IMAGE_SIDE || h > RSL_IMAGE_SIDE) return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

int rsl_image_size(const char *path, int *width, int *height) {
    uint8_t head[4096]; /* nearly always enough */
    struct rsl_file f;
    ptrdiff_t n = rsl_file_head(path, head, sizeof head);
    if (n < 0) return (int)n;
    if (rsl_image_size_in(head, (size_t)n, width, height)) return RSL_OK;
    RSL_TRY(rsl_file_open(&f, path));
    bool known = rsl_image_size_in(f.data, f.size, width, height);
    rsl_file_close(&f);
    return known ? RSL_OK
                 : rsl_fail(RSL_EFORMAT, "%s: its size is not known before it is decoded", path);
}

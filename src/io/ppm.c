/* Binary PNM pictures: P5 (grey, becomes RGB) and P6, the form of GTSRB. */
#include "base/status.h"
#include "io/image.h"

#include <math.h>
#include <string.h>

struct cursor {
    const uint8_t *at, *end;
};

static int is_space(uint8_t c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next number of the header, at most `most`; -1 when there is none. Skips comments. */
static int number(struct cursor *c, int most) {
    while (c->at < c->end && (is_space(*c->at) || *c->at == '#')) {
        if (*c->at == '#')
            while (c->at < c->end && *c->at != '\n') c->at++;
        else
            c->at++;
    }
    int value = 0, digits = 0;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++, digits++) {
        value = 10 * value + (*c->at - '0');
        if (value > most) return -1;
    }
    return digits ? value : -1;
}

/* Values 0..`most` to 0..255, rounding halves to even as Python does. */
static void scale_table(int most, uint8_t table[256]) {
    for (int v = 0; v < 256; v++)
        table[v] = (uint8_t)(v >= most ? 255 : nearbyint((double)v / most * 255));
}

bool rsl_ppm_size(const uint8_t *bytes, size_t n, unsigned *width, unsigned *height) {
    if (n < 2 || bytes[0] != 'P' || (bytes[1] != '5' && bytes[1] != '6')) return false;
    struct cursor c = {bytes + 2, bytes + n};
    int w = number(&c, RSL_IMAGE_SIDE), h = number(&c, RSL_IMAGE_SIDE);
    *width = (unsigned)w;
    *height = (unsigned)h;
    return w > 0 && h > 0;
}

int rsl_ppm_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name) {
    *image = (struct rsl_image){0};
    if (n < 2 || bytes[0] != 'P')
        return rsl_fail(RSL_EFORMAT, "%s: does not start with P5 or P6", name);
    if (bytes[1] != '5' && bytes[1] != '6')
        return rsl_fail(RSL_EUNSUPPORTED, "%s: is PNM of kind P%c; P5 and P6 are read", name,
                        bytes[1]);
    struct cursor c = {bytes + 2, bytes + n};
    int width = number(&c, RSL_IMAGE_SIDE), height = number(&c, RSL_IMAGE_SIDE);
    int most = number(&c, 65535);
    if (width < 1 || height < 1 || most < 1 || c.at == c.end || !is_space(*c.at))
        return rsl_fail(RSL_EFORMAT, "%s: broken PNM header", name);
    c.at++;
    if (most > 255)
        return rsl_fail(RSL_EUNSUPPORTED, "%s: PNM of 16 bits; largest value %d", name, most);
    size_t channels = bytes[1] == '6' ? 3 : 1, area = (size_t)width * (size_t)height;
    if ((size_t)(c.end - c.at) < area * channels)
        return rsl_fail(RSL_EFORMAT, "%s: a picture of %dx%d has %zu bytes, the file has %zu left",
                        name, width, height, area * channels, (size_t)(c.end - c.at));
    int rc = rsl_image_new(image, width, height, 3);
    if (rc < 0) return rsl_fail_in(rc, "%s", name);
    uint8_t table[256];
    scale_table(most, table);
    for (size_t k = 0; k < area; k++)
        for (size_t ch = 0; ch < 3; ch++)
            image->pixels[3 * k + ch] = table[c.at[channels * k + (channels == 3 ? ch : 0)]];
    return RSL_OK;
}

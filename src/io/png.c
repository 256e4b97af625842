/* PNG by libpng, to RGB as Pillow converts: palettes looked up, grey repeated, transparency
 * dropped (not composed), 16-bit colours cut to their upper byte.
 *
 * Grey pictures of 16 bits are what Pillow holds as integers: its conversion saturates them at
 * 255 instead of scaling, and so do we, to feed networks the pixels they would get there. */
#include "base/alloc.h"
#include "base/status.h"
#include "io/image.h"

#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

enum { CHUNK_BYTES = 8 << 20, CHUNKS = 1000 };

struct decoder {
    png_structp png;
    png_infop info;
    const uint8_t *at;
    size_t left;
    const char *name;
    int status;
    bool refused; /* memory: libpng reports it like a broken file */
    struct rsl_image *image;
    uint8_t *wide; /* rows of 16-bit grey */
};

static void give_up(png_structp png, png_const_charp message) {
    struct decoder *d = png_get_error_ptr(png);
    d->status = d->refused ? rsl_fail(RSL_ENOMEM, "%s: out of memory", d->name)
                           : rsl_fail(RSL_EFORMAT, "%s: broken PNG: %s", d->name, message);
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static png_voidp take(png_structp png, png_alloc_size_t size) {
    struct decoder *d = png_get_mem_ptr(png);
    void *p = rsl_malloc(size);
    d->refused = d->refused || !p;
    return p;
}

static void give_back(png_structp png, png_voidp p) {
    (void)png;
    rsl_free(p);
}

static void feed(png_structp png, png_bytep out, size_t n) {
    struct decoder *d = png_get_io_ptr(png);
    if (n > d->left) png_error(png, "truncated");
    memcpy(out, d->at, n);
    d->at += n;
    d->left -= n;
}

static void ask_for_rgb(struct decoder *d) {
    png_set_palette_to_rgb(d->png);
    png_set_strip_16(d->png);
    png_set_strip_alpha(d->png);
    png_set_gray_to_rgb(d->png);
    png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
}

static void read_colours(struct decoder *d) {
    int passes = png_set_interlace_handling(d->png);
    size_t stride = (size_t)d->image->width * 3;
    if (png_get_rowbytes(d->png, d->info) != stride) png_error(d->png, "unexpected row size");
    for (; passes > 0; passes--)
        for (int y = 0; y < d->image->height; y++)
            png_read_row(d->png, d->image->pixels + (size_t)y * stride, NULL);
}

static void read_wide_grey(struct decoder *d) {
    int passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    size_t width = (size_t)d->image->width, height = (size_t)d->image->height;
    for (; passes > 0; passes--)
        for (size_t y = 0; y < height; y++) png_read_row(d->png, d->wide + y * width * 2, NULL);
    for (size_t k = 0; k < width * height; k++) {
        int value = d->wide[2 * k] << 8 | d->wide[2 * k + 1];
        memset(d->image->pixels + 3 * k, value > 255 ? 255 : value, 3);
    }
}

/* Everything that may jump. */
static int decode(struct decoder *d) {
    if (setjmp(png_jmpbuf(d->png))) return d->status;
    png_set_user_limits(d->png, RSL_IMAGE_SIDE, RSL_IMAGE_SIDE);
    png_set_chunk_malloc_max(d->png, CHUNK_BYTES);
    png_set_chunk_cache_max(d->png, CHUNKS);
    png_set_read_fn(d->png, d, feed);
    png_read_info(d->png, d->info);
    int width = (int)png_get_image_width(d->png, d->info);
    int height = (int)png_get_image_height(d->png, d->info);
    int rc = rsl_image_new(d->image, width, height, 3);
    if (rc < 0) return rsl_fail_in(rc, "%s", d->name);
    if (png_get_color_type(d->png, d->info) == PNG_COLOR_TYPE_GRAY &&
        png_get_bit_depth(d->png, d->info) == 16) {
        d->wide = rsl_calloc((size_t)width * (size_t)height, 2);
        if (!d->wide) return RSL_ENOMEM;
        read_wide_grey(d);
    } else {
        ask_for_rgb(d);
        read_colours(d);
    }
    png_read_end(d->png, NULL);
    return RSL_OK;
}

int rsl_png_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name) {
    *image = (struct rsl_image){0};
    struct decoder d = {.at = bytes, .left = n, .name = name, .image = image};
    d.png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &d, give_up, ignore, &d, take, give_back);
    if (!d.png) return rsl_fail(RSL_ENOMEM, "%s: out of memory", name);
    d.info = png_create_info_struct(d.png);
    int rc = d.info ? decode(&d) : RSL_ENOMEM;
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (rc < 0) rsl_image_free(image);
    rsl_free(d.wide);
    return rc;
}

/* JPEG by libjpeg-turbo with its defaults (accurate DCT, smooth chroma), which are Pillow's.
 *
 * libjpeg reports errors by a call that must not return; it jumps back to decode(). A file that
 * ends early is refused although libjpeg would invent the rest. */
#include "base/alloc.h"
#include "base/status.h"
#include "io/image.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* After <stdio.h>, which they need and do not include. */
#include <jpeglib.h>

#include <jerror.h>

enum { MAX_SCANS = 200 }; /* progressive files have about ten; thousands are an attack */

struct decoder {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    const char *name;
    int status;
    struct rsl_image *image;
    uint8_t *row;
};

static struct decoder *decoder_of(j_common_ptr jpeg) {
    return jpeg->client_data;
}

static void give_up(j_common_ptr jpeg) {
    struct decoder *d = decoder_of(jpeg);
    char text[JMSG_LENGTH_MAX];
    jpeg->err->format_message(jpeg, text);
    bool memory = jpeg->err->msg_code == JERR_OUT_OF_MEMORY;
    d->status = rsl_fail(memory ? RSL_ENOMEM : RSL_EFORMAT, "%s: broken JPEG: %s", d->name, text);
    longjmp(d->back, 1);
}

static void on_message(j_common_ptr jpeg, int level) {
    struct decoder *d = decoder_of(jpeg);
    if (level >= 0 || jpeg->err->msg_code != JWRN_JPEG_EOF) return;
    d->status = rsl_fail(RSL_EFORMAT, "%s: truncated JPEG", d->name);
    longjmp(d->back, 1);
}

static void on_progress(j_common_ptr jpeg) {
    struct decoder *d = decoder_of(jpeg);
    if (d->jpeg.input_scan_number <= MAX_SCANS) return;
    d->status = rsl_fail(RSL_EFORMAT, "%s: JPEG of more than %d scans", d->name, MAX_SCANS);
    longjmp(d->back, 1);
}

static uint8_t under(uint8_t ink, uint8_t light) {
    unsigned t = (unsigned)ink * light + 128;
    unsigned v = light - ((t + (t >> 8)) >> 8);
    return (uint8_t)v;
}

/* Inks are stored inverted, as Adobe does: 255 is no ink. Pillow's formula: k' - c k' / 255. */
static void from_inks(const uint8_t *in, uint8_t *out, size_t width) {
    for (size_t x = 0; x < width; x++)
        for (size_t c = 0; c < 3; c++)
            out[3 * x + c] = under((uint8_t)(255 - in[4 * x + c]), in[4 * x + 3]);
}

static void read_rows(struct decoder *d) {
    size_t width = d->jpeg.output_width;
    while (d->jpeg.output_scanline < d->jpeg.output_height) {
        uint8_t *out = d->image->pixels + (size_t)d->jpeg.output_scanline * width * 3;
        JSAMPROW row = d->row ? d->row : out;
        jpeg_read_scanlines(&d->jpeg, &row, 1);
        if (d->row) from_inks(d->row, out, width);
    }
}

/* Everything that may jump. */
static int decode(struct decoder *d, const uint8_t *bytes, size_t n) {
    if (setjmp(d->back)) return d->status;
    jpeg_create_decompress(&d->jpeg);
    jpeg_mem_src(&d->jpeg, bytes, (unsigned long)n);
    jpeg_read_header(&d->jpeg, TRUE);
    if (d->jpeg.image_width > RSL_IMAGE_SIDE || d->jpeg.image_height > RSL_IMAGE_SIDE)
        return rsl_fail(RSL_EFORMAT, "%s: a JPEG of %ux%u pixels is beyond what is read", d->name,
                        d->jpeg.image_width, d->jpeg.image_height);
    bool inks = d->jpeg.num_components == 4;
    d->jpeg.out_color_space = inks ? JCS_CMYK : JCS_RGB;
    int rc = rsl_image_new(d->image, (int)d->jpeg.image_width, (int)d->jpeg.image_height, 3);
    if (rc < 0) return rsl_fail_in(rc, "%s", d->name);
    if (inks && !(d->row = rsl_malloc((size_t)d->jpeg.image_width * 4))) return RSL_ENOMEM;
    d->progress.progress_monitor = on_progress;
    d->jpeg.progress = &d->progress;
    jpeg_start_decompress(&d->jpeg);
    read_rows(d);
    jpeg_finish_decompress(&d->jpeg);
    return RSL_OK;
}

int rsl_jpeg_decode(struct rsl_image *image, const uint8_t *bytes, size_t n, const char *name) {
    *image = (struct rsl_image){0};
    struct decoder *d = rsl_calloc(1, sizeof *d);
    if (!d) return RSL_ENOMEM;
    d->name = name;
    d->image = image;
    d->jpeg.err = jpeg_std_error(&d->errors);
    d->errors.error_exit = give_up;
    d->errors.emit_message = on_message;
    d->jpeg.client_data = d;
    int rc = decode(d, bytes, n);
    jpeg_destroy_decompress(&d->jpeg);
    if (rc < 0) rsl_image_free(image);
    rsl_free(d->row);
    rsl_free(d);
    return rc;
}

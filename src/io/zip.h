/* Zip archives in memory, as .npz and PyTorch files are: a thin layer over libzip that checks what
 * an entry claims before memory is taken for it. Stored and deflated entries; checksums verified.
 */
#ifndef RSL_IO_ZIP_H
#define RSL_IO_ZIP_H

#include "io/tensors.h"

/* No deflate stream expands by more than that to 1. */
enum { RSL_DEFLATE_RATIO = 1032 };

struct rsl_zip {
    struct zip *archive;
};

bool rsl_zip_detect(const uint8_t *data, size_t size);

/* The bytes outlive the archive. */
int rsl_zip_open(struct rsl_zip *z, const uint8_t *data, size_t size);
void rsl_zip_close(struct rsl_zip *z);

size_t rsl_zip_count(const struct rsl_zip *z);
/* Valid until the archive is closed; "" for an entry without a usable name. */
const char *rsl_zip_name(const struct rsl_zip *z, size_t i);
/* Whether it is somebody's file: no folder, and not what macOS adds in __MACOSX/. */
bool rsl_zip_is_file(const struct rsl_zip *z, size_t i);
/* Index of the entry, or -1. */
int64_t rsl_zip_find(const struct rsl_zip *z, const char *name);

/* Unpacks entry i into memory of the list (within its limit), aligned to 16 bytes at least. */
int rsl_zip_read(const struct rsl_zip *z, size_t i, struct rsl_tensors *ts, const uint8_t **data,
                 size_t *size);

#endif

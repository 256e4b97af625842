/* IDX files, the form of MNIST and its successors (Y. LeCun), plain or compressed with gzip:
 *
 *   1. two zero bytes
 *   2. one byte: element type; 8 is unsigned byte, the only one read here
 *   3. one byte: number of dimensions, 1 to 4
 *   4. each dimension as a big-endian unsigned 32-bit number
 *   5. the elements in row-major order, and nothing after them */
#ifndef RSL_IO_IDX_H
#define RSL_IO_IDX_H

#include "base/file.h"

#include <stdint.h>

enum { RSL_IDX_RANK = 4 };

struct rsl_idx {
    int rank;
    int64_t dim[RSL_IDX_RANK];
    const uint8_t *data; /* product of the dimensions bytes */
    int64_t size;
    struct rsl_file file; /* behind `data` when the file is plain */
    uint8_t *inflated;    /* ... and when it is compressed */
};

/* Opens PATH. Compression is recognised by content, not by name. */
int rsl_idx_open(struct rsl_idx *idx, const char *path);
/* The same from memory, which must outlive `idx`; `name` is for messages. */
int rsl_idx_parse(struct rsl_idx *idx, const uint8_t *bytes, size_t n, const char *name);
void rsl_idx_close(struct rsl_idx *idx);

#endif

/* The safetensors format, read and written.
 *
 *   1. 8 bytes   length N of the header, little endian
 *   2. N bytes   JSON, padded with spaces: {"__metadata__": {text: text},
 *                name: {"dtype", "shape", "data_offsets"}, ...}
 *   3. the rest  the tensors' bytes, dense and row-major; offsets count from here
 *
 * The tensors' ranges must fill part 3 without hole or overlap. Refused: a header above 16 MiB,
 * repeated names, element types that resile has no name for (float8, complex). */
#ifndef RSL_IO_SAFETENSORS_H
#define RSL_IO_SAFETENSORS_H

#include "io/tensors.h"

/* True when the bytes can only be a safetensors file (or a damaged one). */
bool rsl_safetensors_detect(const uint8_t *data, size_t size);

/* Fills the empty list from bytes that outlive it, tensors in the header's order. */
int rsl_safetensors_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size);

/* Writes tensors and metadata; the file appears whole or not at all. Data are laid out by falling
 * element size, so that every tensor is aligned and reading copies nothing. */
int rsl_safetensors_write(const struct rsl_tensors *ts, const char *path);

#endif

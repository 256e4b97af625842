/* CIFAR-10 and CIFAR-100, the version for Python: what torchvision's datasets.CIFAR10 keeps. */
#ifndef RSL_DATA_CIFAR_PYTHON_H
#define RSL_DATA_CIFAR_PYTHON_H

#include <stddef.h>
#include <stdint.h>

/* Reads one pickle and rewrites it as the records of the binary version, so that both are the same
 * set: labels under `keys` (n_keys of them, one byte each, in the records' order), then `pixels`
 * bytes of an image. *records is to be freed with rsl_free. */
int rsl_cifar_python_read(const char *path, const char *const *keys, int n_keys, size_t pixels,
                          uint8_t **records, size_t *size);

#endif

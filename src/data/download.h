/* Files from the network, whole or not at all. */
#ifndef RSL_DATA_DOWNLOAD_H
#define RSL_DATA_DOWNLOAD_H

#include <stdint.h>

struct rsl_download {
    const char *url;    /* http or https */
    const char *path;   /* where the file appears; until then its bytes are in PATH.part */
    int64_t size;       /* 0: not known */
    const char *sha256; /* NULL: not known */
    int attempts;       /* of transfers that break off; at least 1 */
    long pause_ms;      /* before the second attempt; doubled for each further one */
    /* Called often; a nonzero result stops with RSL_EINTERRUPTED and keeps PATH.part. `total` is 0
     * while unknown. May be NULL. */
    int (*progress)(void *context, const char *name, int64_t done, int64_t total);
    void *context;
};

/* A file that is there and has the right size and checksum is kept; PATH.part is continued when the
 * server can; what turns out wrong is removed. */
int rsl_download(const struct rsl_download *d);

#endif

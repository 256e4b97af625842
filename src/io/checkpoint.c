/* See checkpoint.h. */
#include "io/checkpoint.h"

#include "base/status.h"
#include "io/npy.h"
#include "io/safetensors.h"
#include "io/torch.h"
#include "io/zip.h"

#include <string.h>

/* PyTorch before 0.1.10 (2016) wrote a tar archive, which has "ustar" at byte 257. */
static bool is_tar(const uint8_t *data, size_t size) {
    return size >= 262 && memcmp(data + 257, "ustar", 5) == 0;
}

/* An .npz holds nothing but .npy files. */
static bool holds_arrays(const struct rsl_zip *z) {
    size_t i = 0, count = rsl_zip_count(z);
    while (i < count && !rsl_zip_is_file(z, i)) i++;
    const char *name = i < count ? rsl_zip_name(z, i) : "";
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".npy") == 0;
}

static int parse_zip(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    struct rsl_zip z;
    RSL_TRY(rsl_zip_open(&z, data, size));
    bool arrays = holds_arrays(&z);
    rsl_zip_close(&z);
    return arrays ? rsl_npz_parse(ts, data, size) : rsl_torch_zip_parse(ts, data, size);
}

bool rsl_checkpoint_detect(const uint8_t *data, size_t size) {
    return rsl_zip_detect(data, size) || rsl_torch_legacy_detect(data, size) ||
           rsl_npy_detect(data, size) || rsl_safetensors_detect(data, size);
}

int rsl_checkpoint_parse(struct rsl_tensors *ts, const uint8_t *data, size_t size) {
    if (rsl_zip_detect(data, size)) return parse_zip(ts, data, size);
    if (rsl_torch_legacy_detect(data, size)) return rsl_torch_legacy_parse(ts, data, size);
    if (rsl_npy_detect(data, size)) return rsl_npy_parse(ts, "array", data, size);
    if (rsl_safetensors_detect(data, size)) return rsl_safetensors_parse(ts, data, size);
    if (is_tar(data, size))
        return rsl_fail(RSL_EUNSUPPORTED,
                        "PyTorch's tar form of 2016 is not read; load it in "
                        "PyTorch and save it again");
    if (size > 1 && data[0] == 0x80)
        return rsl_fail(RSL_EUNSUPPORTED, "a plain pickle is not read; save it with torch.save");
    return rsl_fail(RSL_EFORMAT, "neither safetensors nor a PyTorch checkpoint nor .npz");
}

int rsl_checkpoint_read(struct rsl_tensors *ts, const char *path) {
    RSL_TRY(rsl_file_open(&ts->file, path));
    int rc = rsl_checkpoint_parse(ts, ts->file.data, ts->file.size);
    return rc < 0 ? rsl_fail_in(rc, "%s", path) : RSL_OK;
}

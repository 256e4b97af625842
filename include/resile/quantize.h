/* Weights as few bits, protected or not, and files that hold exactly those bits. */
#ifndef RESILE_QUANTIZE_H
#define RESILE_QUANTIZE_H

#include "resile/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* NULL and zero everywhere but in `bits` are the defaults, given first. */
struct rsl_quantize_options {
    const char *storage;        /* instead of all others; resile/memory.h */
    int bits;                   /* 2..8 */
    const char *encoding;       /* "affine" or "symmetric" */
    const char *granularity;    /* "channel" or "tensor": who shares a scale */
    const char *rounding;       /* affine: "code" or "paper" */
    const char *protect;        /* "none", "msb[:K]", "tmr", "parity", "secded" */
    const char *layout;         /* "word", "plane" or "block" */
    const char *protect_scales; /* of scales and zero points: "none" or "tmr"; more by `storage` */
};

struct rsl_quantize_result {
    char storage[128];      /* "affine3/msb" */
    int64_t tensors;        /* of weights */
    int64_t weights, bits;  /* weights, and the bits that store them */
    int64_t parameter_bits; /* of scales and zero points */
    int64_t constant; /* channels of one value, stored exactly; with a tensor's scale: tensors */
    double error;     /* root of sum (w - stored)^2 / sum w^2; 0 when all weights are 0 */
};

/* Quantizes the weights of convolutions and linear layers in place: they become what their stored
 * bits read as; no retraining, no calibration. Biases and normalizations stay as they are. Refuses
 * NaN and infinity, networks without weights, and those that are quantized already. After a
 * failure the model can only be freed. */
RSL_API int rsl_quantize(struct rsl_model *model, const struct rsl_quantize_options *options,
                         struct rsl_quantize_result *result);

/* Writes a model with stored weights as standard ONNX (opset 18 or the network's own, whichever is
 * later): initializers of type uint8 hold the stored bits, nodes unpack, vote and scale them;
 * layers of f32 stay as they are. rsl_model_load gets the same bits back. Refuses models without
 * stored codes, `secded`, floating point of other kinds, and operators whose meaning changed before
 * opset 18. */
RSL_API int rsl_model_save_packed(const struct rsl_model *model, const char *path);
/* Whether that would refuse the model once it is quantized so: to know before work begins. */
RSL_API int rsl_model_can_save_packed(const struct rsl_model *model,
                                      const struct rsl_quantize_options *options);

struct rsl_scrub_result {
    int64_t words;     /* read: weights, or 64 bits of them with `secded`; scales and zero points
                          where they are voted */
    int64_t corrected; /* ... and rewritten */
    int64_t detected;  /* wrong, and left as they are: no redundancy says what was there */
};

/* Reads all protected words of a model, and rewrites those that their protection corrects: the
 * weights read as before, and what is stored is whole again. After a failure the model can only be
 * freed.
 */
RSL_API int rsl_model_scrub(struct rsl_model *model, struct rsl_scrub_result *result);

/* How the weights of a model are stored: "affine3/msb; scales=/tmr; zero_points=/tmr" ("mixed" when
 * they differ), or NULL for an ordinary one. Valid until the next such call of this thread. */
RSL_API const char *rsl_model_storage(const struct rsl_model *model);

#ifdef __cplusplus
}
#endif
#endif

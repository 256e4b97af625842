/* See window.h. */
#include "ops/window.h"

#include <inttypes.h>
#include <string.h>

/* Strides, dilations and pads beyond this make no sense and would let products overflow. */
enum { LIMIT = 1 << 20 };

int rsl_window_ints(const struct rsl_node *n, const char *name, int count, int64_t low,
                    int64_t high, int64_t otherwise, int64_t *out) {
    size_t given;
    const int64_t *v = rsl_node_ints(n, name, &given);
    for (int i = 0; !given && i < count; i++) out[i] = otherwise;
    if (!given) return RSL_OK;
    if (given != (size_t)count)
        return rsl_fail(RSL_ESHAPE, "attribute %s has %zu values, %d are needed", name, given,
                        count);
    for (int i = 0; i < count; i++) {
        if (v[i] < low || v[i] > high)
            return rsl_fail(RSL_EUNSUPPORTED,
                            "attribute %s has the value %" PRId64 ", supported are %" PRId64
                            " to %" PRId64,
                            name, v[i], low, high);
        out[i] = v[i];
    }
    return RSL_OK;
}

int rsl_window_kernel(struct rsl_window *w, const struct rsl_node *n) {
    size_t given;
    rsl_node_ints(n, "kernel_shape", &given);
    if (!given) return rsl_fail(RSL_ESHAPE, "attribute kernel_shape is missing");
    return rsl_window_ints(n, "kernel_shape", w->rank, 1, RSL_MAX_ELEMENTS, 1, w->kernel);
}

int rsl_window_read(struct rsl_window *w, const struct rsl_call *c, enum rsl_auto_pad *auto_pad) {
    static const char *const words[] = {"NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"};
    const struct rsl_node *n = c->node;
    int64_t pads[2 * RSL_MAX_SPATIAL];
    int which;
    RSL_TRY(rsl_window_ints(n, "strides", w->rank, 1, LIMIT, 1, w->stride));
    RSL_TRY(rsl_window_ints(n, "dilations", w->rank, 1, LIMIT, 1, w->dilation));
    RSL_TRY(rsl_read_word(c, "auto_pad", words, 4, &which));
    *auto_pad = (enum rsl_auto_pad)which;
    memset(pads, 0, sizeof pads);
    if (*auto_pad == RSL_PAD_NOTSET)
        RSL_TRY(rsl_window_ints(n, "pads", 2 * w->rank, 0, LIMIT, 0, pads));
    for (int i = 0; i < w->rank; i++) {
        w->pad_begin[i] = pads[i];
        w->pad_end[i] = pads[w->rank + i];
    }
    return RSL_OK;
}

int64_t rsl_window_reach(const struct rsl_window *w, int i) {
    return (w->kernel[i] - 1) * w->dilation[i] + 1;
}

/* SAME: as many outputs as strides fit into the input; the odd pad goes to the end (UPPER). */
static void pad_same(struct rsl_window *w, int i, bool upper) {
    w->out[i] = (w->in[i] + w->stride[i] - 1) / w->stride[i];
    int64_t total = (w->out[i] - 1) * w->stride[i] + rsl_window_reach(w, i) - w->in[i];
    if (total < 0) total = 0;
    w->pad_begin[i] = upper ? total / 2 : total - total / 2;
    w->pad_end[i] = total - w->pad_begin[i];
}

int rsl_window_slide(struct rsl_window *w, enum rsl_auto_pad auto_pad, bool ceil) {
    for (int i = 0; i < w->rank; i++) {
        if (auto_pad == RSL_PAD_SAME_UPPER || auto_pad == RSL_PAD_SAME_LOWER)
            pad_same(w, i, auto_pad == RSL_PAD_SAME_UPPER);
        int64_t padded = w->pad_begin[i] + w->in[i] + w->pad_end[i];
        int64_t room = padded - rsl_window_reach(w, i);
        if (w->in[i] < 1 || w->kernel[i] < 1 || room < 0)
            return rsl_fail(RSL_ESHAPE,
                            "along spatial axis %d the window covers %" PRId64
                            " positions, the padded input has %" PRId64,
                            i, rsl_window_reach(w, i), padded);
        w->out[i] = room / w->stride[i] + 1;
        if (ceil && auto_pad == RSL_PAD_NOTSET && room % w->stride[i] != 0 &&
            w->out[i] * w->stride[i] < w->pad_begin[i] + w->in[i])
            w->out[i]++;
    }
    return RSL_OK;
}

static int64_t product(int rank, const int64_t *n) {
    int64_t p = 1;
    for (int i = 0; i < rank; i++) p *= n[i];
    return p;
}

int64_t rsl_window_in_count(const struct rsl_window *w) {
    return product(w->rank, w->in);
}

int64_t rsl_window_out_count(const struct rsl_window *w) {
    return product(w->rank, w->out);
}

int64_t rsl_window_kernel_count(const struct rsl_window *w) {
    return product(w->rank, w->kernel);
}

bool rsl_window_next(int rank, int64_t *at, const int64_t *low, const int64_t *high) {
    for (int i = rank - 1; i >= 0; i--) {
        if (++at[i] < high[i]) return true;
        at[i] = low[i];
    }
    return false;
}

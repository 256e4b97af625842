/* Kernels and layouts: the seam between the planner and the back ends.
 *
 * A back end is asked, node by node in topological order, for a kernel; it may decline, then the
 * next one is asked, the reference last. A kernel may leave its output in a private layout
 * (oneDNN's blocked formats); later kernels of the same back end may take it as it is, for all
 * others the planner inserts one conversion to the plain row-major form. */
#ifndef RSL_GRAPH_KERNEL_H
#define RSL_GRAPH_KERNEL_H

#include "graph/op.h"

struct rsl_layout {
    size_t bytes;         /* of a tensor in this layout, padding included */
    enum rsl_dtype dtype; /* of its elements there */
    const struct rsl_backend *backend;
    /* The back end's own description follows (it embeds this struct first). */
};

enum rsl_compute_mode {
    RSL_MODE_F32,          /* direct convolutions: the exact default */
    RSL_MODE_F32_WINOGRAD, /* Winograd where it is faster: another float order, said so */
    RSL_MODE_BF16,         /* bf16 operands, f32 accumulation */
    RSL_MODE_INT8          /* integer networks (memory/integer_network.h); as f32 in a plan */
};

struct rsl_kernel_request {
    struct rsl_arena *arena; /* of the plan: kernels and layouts live there */
    struct rsl_call *call;   /* tensors with shapes; data only of constants */
    enum rsl_compute_mode compute;
    bool training; /* the way back follows: layouts that suit it are better than the fastest here */
    int threads;
    /* layout[i] of input i; NULL: plain. The kernel leaves an entry to take the layout as it is
     * and sets it to NULL to be given the plain form. */
    const struct rsl_layout **in_layout;
    const struct rsl_layout **out_layout; /* result: NULL (as it arrives) for plain */
    size_t scratch;                       /* result: bytes needed while running */
};

struct rsl_kernel {
    const char *name; /* "reference", "dnnl jit:avx512_core", ... */
    /* Buffers are given once, before the first run: in/out[i] point to the data in the agreed
     * layouts (constants included), scratch to 64-byte aligned memory. */
    int (*bind)(struct rsl_kernel *k, void *const *in, void *const *out, void *scratch);
    int (*run)(struct rsl_kernel *k);
    /* Constant input `i` has been changed in place: refresh any private copy. NULL: none is kept.
     */
    int (*reload)(struct rsl_kernel *k, int i);
    /* Only these `n` elements of constant input `i` have been changed: refresh the copy of those.
     * False: cannot be done, reload it. NULL: as by reload. */
    bool (*patch)(struct rsl_kernel *k, int i, const int64_t *index, size_t n);
    void (*free)(struct rsl_kernel *k); /* releases what is not in the arena; may be NULL */
};

struct rsl_backend {
    const char *name;
    /* RSL_OK with *kernel set, or with *kernel NULL to decline; errors only for lack of memory and
     * the like. */
    int (*select)(struct rsl_kernel_request *rq, struct rsl_kernel **kernel);
    /* A kernel that copies tensor `t` from a layout of this back end (input 0) to plain (output 0).
     * NULL for a back end that makes no layouts. */
    int (*to_plain)(struct rsl_arena *arena, const struct rsl_layout *from,
                    const struct rsl_tensor *t, struct rsl_kernel **kernel);
    /* Byte offset, in that layout, of the element with row-major index i. */
    size_t (*offset)(const struct rsl_layout *l, const struct rsl_shape *s, int64_t i);
};

/* Plain C, one thread, every operator: always the last of the list. */
extern const struct rsl_backend rsl_backend_reference;

/* Layers that compute on stored bits (src/memory); asked before all others. */
extern const struct rsl_backend rsl_backend_packed;

/* The ordered list the planner asks, ended by NULL; src/dnnl/backends.c defines it. */
extern const struct rsl_backend *const rsl_backends[];

#endif

/* The inside of the oneDNN back end: layouts, and sequences of primitives that make a kernel.
 *
 * A sequence is built while the plan is made: name the memories (input i, output i, scratch, or
 * packed = owned by the kernel), then the primitives in order with their arguments. Reorders marked
 * `pack` run at bind and reload (weights into the primitive's own layout), all else at every run.
 */
#ifndef RSL_DNNL_DNNL_INT_H
#define RSL_DNNL_DNNL_INT_H

#include "graph/kernel.h"
#include "ops/conv_geometry.h"

#include <oneapi/dnnl/dnnl.h>

extern const struct rsl_backend rsl_backend_dnnl;

/* The one CPU engine and stream; NULL when oneDNN refuses (then the back end declines). */
dnnl_engine_t rsl_dnnl_engine(void);
dnnl_stream_t rsl_dnnl_stream(void);

/* ---- layouts ---- */

struct dnnl_layout {
    struct rsl_layout base;
    dnnl_memory_desc_t md;
};

/* A layout for this description, or NULL with ENOMEM. */
const struct rsl_layout *rsl_dnnl_layout(struct rsl_arena *a, const dnnl_memory_desc_t *md);
/* True for a layout of this back end (not NULL, not another's). */
bool rsl_dnnl_own_layout(const struct rsl_layout *l);
/* The description of a tensor as it comes: in its layout, or plain row-major. False: it cannot be
 * described (type, rank). */
bool rsl_dnnl_describe(const struct rsl_tensor *t, const struct rsl_layout *l,
                       dnnl_memory_desc_t *md);
/* Plain row-major description, f32 or of the given type, and "any" of the given type. */
bool rsl_dnnl_plain(const struct rsl_shape *s, dnnl_memory_desc_t *md);
bool rsl_dnnl_plain_as(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md);
void rsl_dnnl_any(const struct rsl_shape *s, dnnl_data_type_t type, dnnl_memory_desc_t *md);
/* Channels last (N, spatial, C) of the given type; for a rank of 3 to 5. */
bool rsl_dnnl_channels_last(const struct rsl_shape *s, dnnl_data_type_t type,
                            dnnl_memory_desc_t *md);
/* oneDNN's name of a type; false when no kernel of ours works on it. */
bool rsl_dnnl_type(enum rsl_dtype dtype, dnnl_data_type_t *type);
size_t rsl_dnnl_bytes(dnnl_data_type_t type);
/* True when the bytes are row-major in the tensor's own type without padding: no layout needed. */
bool rsl_dnnl_is_plain(const dnnl_memory_desc_t *md);
/* The back end's `offset`. */
size_t rsl_dnnl_offset(const struct rsl_layout *l, const struct rsl_shape *shape, int64_t index);

/* ---- sequences ---- */

enum { SEQ_MEMORIES = 16, SEQ_STEPS = 8, SEQ_ARGS = 8, SEQ_DATA = 12, SEQ_PATCHES = 2 };

enum seq_place { SEQ_IN, SEQ_OUT, SEQ_SCRATCH, SEQ_PACKED };

struct seq_arg {
    int arg;    /* DNNL_ARG_... */
    int memory; /* index from rsl_seq_in, _out, ... */
};

/* A plain function between primitives: what oneDNN does not do as we need it. `data` are the
 * memories named to rsl_seq_function. */
typedef void (*seq_function)(const void *context, void *const *data);

/* Where element i of a tensor goes when such a function rearranges it. */
typedef int64_t (*seq_moved)(const void *context, int64_t i);

struct seq {
    struct rsl_kernel base;
    struct seq_memory {
        dnnl_memory_t handle;
        enum seq_place place;
        int index;     /* of the input or output */
        size_t offset; /* in the scratch */
        void *owned;   /* packed */
    } memories[SEQ_MEMORIES];
    int n_memories;
    struct seq_step {
        dnnl_primitive_t primitive; /* NULL: function */
        dnnl_exec_arg_t args[SEQ_ARGS];
        int n_args;
        bool pack;
        seq_function function;
        const void *context;
        int data[SEQ_DATA]; /* the function's memories, RSL_ABSENT for none */
    } steps[SEQ_STEPS];
    int n_steps;
    struct seq_patch {
        int input, packed;
        int from;        /* the memory that was reordered into `packed`: the input itself, or */
        seq_moved moved; /* ... the input rearranged so */
        const void *context;
    } patches[SEQ_PATCHES];
    int n_patches;
    size_t scratch;
    uint32_t packed_inputs; /* bit i: input i is packed */
};

/* Freed through base.free, by the plan. NULL with ENOMEM. */
struct seq *rsl_seq_new(struct rsl_arena *a);
/* Each returns the memory's index, or a negative status. */
int rsl_seq_in(struct seq *s, int input, const dnnl_memory_desc_t *md);
int rsl_seq_out(struct seq *s, int output, const dnnl_memory_desc_t *md);
int rsl_seq_scratch(struct seq *s, const dnnl_memory_desc_t *md);
int rsl_seq_packed(struct seq *s, int input, const dnnl_memory_desc_t *md);
/* Appends a primitive made from `pd`, which stays the caller's; its scratchpad is provided. */
int rsl_seq_add(struct seq *s, const_dnnl_primitive_desc_t pd, const struct seq_arg *args, int n);
int rsl_seq_function(struct seq *s, seq_function f, const void *context, const int *memories, int n,
                     bool pack);
/* Changed elements of a constant input may be brought one by one into its packed copy, which is
 * made by reordering memory `from`, in which `moved` says where they are (NULL: where they were).
 */
int rsl_seq_patchable(struct seq *s, int input, int from, int packed, seq_moved moved,
                      const void *context);
/* The kernel's `patch`. */
bool rsl_seq_patch(struct rsl_kernel *k, int input, const int64_t *index, size_t n);
/* Copies memory `from` to `to` through a reorder; with `pack`, at bind and reload only. */
int rsl_seq_reorder(struct seq *s, int from, int to, bool pack);
/* Input i, described by `have`, as a primitive wants it: itself, or reordered on the way (constants
 * once). Returns the memory's index. */
int rsl_seq_take(struct seq *s, const struct rsl_call *c, int i, const dnnl_memory_desc_t *have,
                 const dnnl_memory_desc_t *want);
/* Tells the planner the output's layout and returns its memory. */
int rsl_seq_give(struct seq *s, struct rsl_kernel_request *rq, int output,
                 const dnnl_memory_desc_t *md);
/* Names the kernel after the primitive's implementation: "dnnl brgconv:avx512_core". */
int rsl_seq_name(struct seq *s, struct rsl_arena *a, const_dnnl_primitive_desc_t pd);
/* Ends a builder: hands the kernel over, or frees it when rc < 0 (returned). */
int rsl_seq_done(struct seq *s, int rc, struct rsl_kernel_request *rq, struct rsl_kernel **kernel);

/* New attributes with the scratchpad in user mode; NULL when refused. */
dnnl_primitive_attr_t rsl_dnnl_attr(void);
/* A primitive with these attributes and no others; a gradient's `hint` is its forward primitive, or
 * NULL. False: oneDNN has none, and *pd is not set. */
bool rsl_dnnl_create(dnnl_primitive_desc_t *pd, const void *op, const_dnnl_primitive_desc_t hint);

/* ---- elementwise tails that keep NaN (tail.c) ---- */

enum tail_activation {
    TAIL_NONE,
    TAIL_RELU,
    TAIL_CLIP,
    TAIL_LEAKY_RELU,
    TAIL_HARD_SWISH,
    TAIL_RELU_GRAD, /* of two operands: x where z > 0 (or NaN), not their sum */
    TAIL_OTHER
};

struct tail {
    enum tail_activation act;
    float alpha, beta; /* Clip: bounds; LeakyRelu: alpha is the slope */
    size_t count;      /* elements */
    bool bf16;         /* all tensors hold bf16 instead of f32 */
};

/* A seq_function: y = act(x [+ z]) with data = {y, x, z or absent}; y may be x. NaN stays NaN:
 * oneDNN's own ReLU and maximum turn it into a number, and a fault must not vanish like that. */
void rsl_tail(const void *tail, void *const *data);
/* What a node of FusedConv asks for after the convolution; TAIL_NONE for Conv. */
struct tail rsl_tail_of(const struct rsl_node *n);
/* Appends the tail over memory y, described by `md`, with the residual of input 3 if there is one;
 * nothing when there is nothing to do. */
int rsl_seq_tail(struct seq *s, const struct rsl_kernel_request *rq, struct tail tail, int y,
                 const dnnl_memory_desc_t *md);
/* TAIL_OTHER for a name that is not offered; TAIL_NONE for "". */
enum tail_activation rsl_tail_named(const char *name);

/* ---- kernels, each: RSL_OK and *kernel set, or NULL to decline ---- */

/* Convolution over a small image as one matrix product; asked by rsl_dnnl_conv first. */
int rsl_dnnl_conv_product(struct rsl_kernel_request *rq, const struct rsl_conv_geometry *g,
                          struct rsl_kernel **kernel);

#define X(op, function) int function(struct rsl_kernel_request *rq, struct rsl_kernel **kernel);
#include "dnnl/kernels.def"
#include "dnnl/quantized.def"
#undef X

#endif

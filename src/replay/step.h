/* Steps: the network as the replay runs it.
 *
 * A step computes one value from others, for any region of it. A kind of step is one file and lines
 * in steps.def for the operators that become it. A tail of cheap operations on the same element
 * (bias, normalization, residual addition, activation) rides on the step before when nobody else
 * reads what lies between. */
#ifndef RSL_REPLAY_STEP_H
#define RSL_REPLAY_STEP_H

#include "base/arena.h"
#include "base/lanes.h"
#include "base/status.h"
#include "base/vec.h"
#include "graph/op.h"
#include "replay/region.h"
#include "replay/replay.h"

struct conv_kernels;
struct sums_keeper;

struct replay_value {
    const char *name;
    int channels, height, width;
    size_t plane;   /* floats of one channel: height * width * images */
    size_t golden;  /* offset of its golden planes */
    size_t scratch; /* ... of its planes in a worker's memory */
    int producer;   /* step; RSL_ABSENT: the network's input */
    int last_use;   /* the last step that reads it */
    bool visible;   /* may be struck: nothing is fused across it */
    bool single;    /* exactly one node reads it, so far as lowering has seen */
};

enum tail_kind {
    TAIL_SHIFT, /* y + b[c] */
    TAIL_SCALE, /* y * a[c] */
    TAIL_NORM,  /* y * a[c] + b[c], from the four parameters of a BatchNormalization */
    TAIL_ADD,   /* y + another value */
    TAIL_CLIP   /* not below low, not above high; NaN stays */
};

struct tail_op {
    enum tail_kind kind;
    size_t params; /* offset: SHIFT b; SCALE a; NORM a, b, then scale, bias, mean, variance */
    float epsilon; /* NORM */
    int input;     /* ADD: which of the step's inputs */
    float low, high;
};

enum { TAIL_MOST = 8 };

struct replay_step {
    const struct step_kind *kind;
    const char *name; /* of its first node */
    int n_in, out;
    int *in; /* first the kind's own, then those of the tail */
    int n_own;
    int n_tail;
    struct tail_op tail[TAIL_MOST];
    void *own; /* the kind's */
};

/* Where a run reads and writes: the golden run itself, or a worker's. */
struct replay_view {
    const struct rsl_replay *replay;
    float *golden, *scratch;
    const struct rsl_region *dirty; /* per value; NULL: the golden run */
    const float *params;
    const float *kept;              /* golden sums of this step, or NULL; see conv.h */
    const uint64_t *touched_blocks; /* conv.h: blocks of this step whose weights were changed */
    float *room;                    /* replay->room floats */
    int64_t work;                   /* multiply-accumulates done, counted here */
};

struct step_kind {
    const char *name;
    /* Adds to `out` the channels, and to its box the places, that depend on region `r` of own input
     * i. */
    void (*spread)(const struct rsl_replay *p, const struct replay_step *s, int i,
                   const struct rsl_region *r, struct rsl_region *out);
    /* The box of own input i that box `out` depends on. */
    struct rsl_box (*reach)(const struct rsl_replay *p, const struct replay_step *s, int i,
                            const struct rsl_box *out);
    /* Computes the region of the output, tail included. Channels of it that are not in the region
     * may be overwritten. */
    void (*run)(const struct replay_step *s, struct replay_view *v, const struct rsl_region *out);
    /* Element `index` of parameter `role` becomes `to`: writes it at its place and adds the output
     * channels that it touches. NULL: has no parameters. */
    int (*change)(struct rsl_replay_worker *w, int step, int role, int64_t index, float to);
};

/* A constant of the graph that a step keeps in its own form. */
struct replay_parameter {
    int step, role; /* role < 0: ~role is the tail's operation times 8 plus the parameter in it */
    int next;       /* the next use of the same constant, or RSL_ABSENT */
};

struct rsl_replay {
    struct rsl_arena arena;
    struct rsl_graph graph; /* a copy for one image */
    struct rsl_replay_options options;
    const struct conv_kernels *kernels;
    int images; /* per element of a plane */
    int n;      /* images of the present tile */
    struct {
        struct replay_value *at;
        size_t n, cap;
    } values;
    struct {
        struct replay_step *at;
        size_t n, cap;
    } steps;
    struct {
        struct replay_parameter *at;
        size_t n, cap;
    } parameters;
    int *parameter_of; /* graph value -> first of its uses, or RSL_ABSENT */
    int *value_of;     /* graph value -> value, or RSL_ABSENT */
    int input, output;
    struct {
        float *at;
        size_t n, cap;
    } params;
    float *golden, *golden_output;
    size_t golden_size, scratch_size; /* floats */
    size_t room;
    int words; /* most words of any region */
    int most_channels;
    uint64_t *sets; /* [threads, words] of the golden run */
    float *rooms;   /* [threads, room] */
    struct sums_keeper *sums;
};

static inline float *view_plane(const struct replay_view *v, int value, int c) {
    const struct replay_value *x = &v->replay->values.at[value];
    if (!v->dirty || !rsl_region_has(&v->dirty[value], c))
        return v->golden + x->golden + (size_t)c * x->plane;
    return v->scratch + x->scratch + (size_t)c * x->plane;
}

/* Where a step writes. */
static inline float *view_out(const struct replay_view *v, int value, int c) {
    const struct replay_value *x = &v->replay->values.at[value];
    if (!v->dirty) return v->golden + x->golden + (size_t)c * x->plane;
    return v->scratch + x->scratch + (size_t)c * x->plane;
}

/* Applies the step's tail to columns [col0, col1) of one row of channel c, in place. */
void rsl_tail_row(const struct replay_step *s, const struct replay_view *v, int c, int row,
                  int col0, int col1);
/* Element `index` of the tail's parameter `role` (see replay_parameter) becomes `to`. */
int rsl_tail_change(struct rsl_replay_worker *w, int step, int role, int64_t index, float to);
/* Computes a and b of a NORM from the four parameters behind them. */
void rsl_tail_norm_init(float *p, int channels, float epsilon);

/* ---- lowering: what the kinds' files use ---- */

struct lowering {
    struct rsl_replay *r;
    const struct rsl_node *node;
    const int *uses; /* of each value of the graph */
};

/* One line of steps.def. */
struct step_lowering {
    const char *op;
    int (*lower)(struct lowering *l);
};

/* Input i of the node as a value of the replay; a negative status with a sentence when it is none.
 */
int rsl_lower_input(struct lowering *l, int i);
/* The constant that input i of the node is, or NULL. */
const struct rsl_tensor *rsl_lower_constant(struct lowering *l, int i);
/* A new step for the node with output 0; returns its index. */
int rsl_lower_step(struct lowering *l, const struct step_kind *kind, const int *in, int n_in,
                   void *own);
/* The step that computes value `v` when the node's operation may ride on it, or RSL_ABSENT. */
int rsl_lower_rider(struct lowering *l, int v);
/* Appends to the tail of a step and makes the node's output the step's. */
int rsl_lower_tail(struct lowering *l, int step, const struct tail_op *op);
/* `count` floats of parameters, zeroed; *offset is where. */
int rsl_lower_params(struct lowering *l, size_t count, size_t *offset);
/* Input i of the node is kept by `step` as `role`. */
int rsl_lower_parameter(struct lowering *l, int i, int step, int role);
/* Refuses the node. */
int rsl_lower_refuse(struct lowering *l, const char *why);
/* Makes output 0 of the node the value `v` itself; false when one of them must stay apart. */
bool rsl_lower_alias(struct lowering *l, int v);
/* Regions and boxes of kinds whose output has the input's places. */
void rsl_spread_same(const struct rsl_replay *p, const struct replay_step *s, int i,
                     const struct rsl_region *r, struct rsl_region *out);
struct rsl_box rsl_reach_same(const struct rsl_replay *p, const struct replay_step *s, int i,
                              const struct rsl_box *out);

/* ---- a worker ---- */

struct rsl_replay_worker {
    struct rsl_replay *replay;
    float *params, *scratch, *room;
    struct rsl_region *dirty;   /* per value */
    struct rsl_box *valid;      /* per value: where the scratch of dirty channels can be read */
    struct rsl_region *touched; /* per step: output channels whose parameters were changed */
    uint64_t **touched_blocks;  /* per step, for convolutions */
    uint64_t *sets;             /* memory of all regions */
    int first, last;            /* steps with changed parameters */
    struct {
        struct worker_undo {
            size_t at;
            float was;
        } * at;
        size_t n, cap;
    } undo;
    int64_t work;
};

/* Remembers and sets one number of the parameters. */
int rsl_worker_set(struct rsl_replay_worker *w, size_t at, float to);
/* Output channel c of the step has a changed parameter. */
void rsl_worker_touch(struct rsl_replay_worker *w, int step, int c);

#endif

/* See conv.h. */
#include "replay/conv.h"

#include "ops/conv_geometry.h"
#include "replay/lower.h"

#include <string.h>

/* Largest kernel, in taps, whose list of offsets lies on the stack. */
enum { MOST_TAPS = 1024, CHAIN = 144 };

/* ---- regions ---- */

static void spread(const struct rsl_replay *p, const struct replay_step *s, int i,
                   const struct rsl_region *r, struct rsl_region *out) {
    (void)i;
    const struct conv *k = s->own;
    const struct replay_value *y = &p->values.at[s->out];
    struct rsl_box box = rsl_slide_spread(k->axis, y, &r->box);
    for (int c = -1; (c = rsl_region_next(r, c + 1)) >= 0;) {
        int g = c / k->in_channels;
        rsl_region_add_range(out, g * k->out_channels, (g + 1) * k->out_channels);
        c = (g + 1) * k->in_channels - 1;
    }
    out->box = rsl_box_around(&out->box, &box);
}

static struct rsl_box reach(const struct rsl_replay *p, const struct replay_step *s, int i,
                            const struct rsl_box *b) {
    const struct conv *k = s->own;
    return rsl_slide_reach(k->axis, &p->values.at[s->in[i]], b);
}

/* ---- running ---- */

/* What stays the same for a run of pixels of one row. */
struct segment {
    const struct replay_step *s;
    const struct conv *k;
    struct replay_view *v;
    const struct rsl_region *out;
    int row, col, pixels;
    struct conv_tap tap[MOST_TAPS];
    int taps;
    float *sums; /* instead of the output: [chunk][channel][plane] */
};

/* Finds the pixels from `col` on whose windows are cut off alike, and their taps. */
static void find_segment(struct segment *g, int end) {
    const struct conv *k = g->k;
    const struct replay_value *x = &g->v->replay->values.at[g->s->in[0]];
    int images = g->v->replay->images, r0, r1, c0, c1;
    rsl_slide_taps(&k->axis[0], x->height, g->row, &r0, &r1);
    rsl_slide_taps(&k->axis[1], x->width, g->col, &c0, &c1);
    g->pixels = 1;
    for (int a, b; g->col + g->pixels < end; g->pixels++) {
        rsl_slide_taps(&k->axis[1], x->width, g->col + g->pixels, &a, &b);
        if (a != c0 || b != c1) break;
    }
    int top = g->row * k->axis[0].stride - k->axis[0].pad,
        left = g->col * k->axis[1].stride - k->axis[1].pad;
    g->taps = 0;
    for (int i = r0; i < r1; i++)
        for (int j = c0; j < c1; j++)
            g->tap[g->taps++] =
                (struct conv_tap){.x = ((ptrdiff_t)(top + i * k->axis[0].dilation) * x->width +
                                        left + j * k->axis[1].dilation) *
                                       images,
                                  .w = (ptrdiff_t)(i * k->axis[1].kernel + j) * k->block};
}

static bool weights_touched(const struct segment *g, int block, int chunk) {
    const uint64_t *t = g->v->touched_blocks;
    int64_t bit = (int64_t)block * g->k->chunks + chunk;
    return t && t[bit >> 6] >> (bit & 63) & 1;
}

/* The kept golden sum of the chunk is as good as a new one for this block of output channels. */
static bool use_kept(const struct segment *g, int block, int chunk, bool input_dirty) {
    return g->v->kept && !input_dirty && !weights_touched(g, block, chunk);
}

/* y (+)= kept over the segment. */
RSL_LANES static void take_kept(float *y, const float *kept, size_t n, bool add) {
    for (size_t i = 0; i < n; i += LANES) {
        lanes v;
        __builtin_memcpy(&v, kept + i, sizeof v);
        if (add) {
            lanes have;
            __builtin_memcpy(&have, y + i, sizeof have);
            v = have + v;
        }
        __builtin_memcpy(y + i, &v, sizeof v);
    }
}

/* Where the sum of output channel m begins, `at` floats into its plane. */
static float *sum_at(const struct segment *g, int chunk, int m, size_t at) {
    if (!g->sums) return view_out(g->v, g->s->out, m) + at;
    size_t all = (size_t)(g->k->groups * g->k->out_channels);
    size_t plane = g->v->replay->values.at[g->s->out].plane;
    return g->sums + ((size_t)chunk * all + (size_t)m) * plane + at;
}

/* One sum, of chunk `chunk` into output channels of block `block`, counted over all groups. */
static void sum_block(struct segment *g, const float *const *x, int channels, int chunk, int block,
                      bool input_dirty) {
    const struct conv *k = g->k;
    struct replay_view *v = g->v;
    const struct rsl_replay *r = v->replay;
    const struct replay_value *y = &r->values.at[g->s->out];
    int group = block / k->blocks, within = block % k->blocks;
    int m0 = group * k->out_channels + within * k->block;
    int left = k->out_channels - within * k->block, n = left < k->block ? left : k->block;
    size_t at = ((size_t)g->row * (size_t)y->width + (size_t)g->col) * (size_t)r->images;
    size_t all = (size_t)(k->groups * k->out_channels);
    float *out[16], *spare = v->room;
    int wanted = 0, only = -1;
    for (int q = 0; q < k->block; q++) {
        out[q] = spare;
        if (q >= n) continue;
        out[q] = sum_at(g, chunk, m0 + q, at);
        if (g->out && !rsl_region_has(g->out, m0 + q)) continue;
        wanted++;
        only = q;
    }
    const float *kept = v->kept;
    if (use_kept(g, block, chunk, input_dirty)) {
        for (int q = 0; q < n; q++)
            if (!g->out || rsl_region_has(g->out, m0 + q))
                take_kept(sum_at(g, chunk, m0 + q, at),
                          kept + ((size_t)chunk * all + (size_t)(m0 + q)) * y->plane + at,
                          (size_t)g->pixels * (size_t)r->images, chunk > 0);
        return;
    }
    struct conv_row job = {
        .x = x,
        .channels = channels,
        .tap = g->tap,
        .taps = g->taps,
        .w = v->params + k->weights +
             ((size_t)block * (size_t)k->in_channels + (size_t)(chunk * k->chunk)) *
                 (size_t)(k->taps * k->block),
        .w_step = (ptrdiff_t)k->taps * k->block,
        .pixels = g->pixels,
        .x_step = (ptrdiff_t)k->axis[1].stride * r->images,
        .out_step = r->images,
        .out = out,
        .add = chunk > 0 && !g->sums};
    const struct conv_kernels *kernels = r->kernels;
    bool single = k->block == 1 || wanted == 1;
    if (single) {
        if (only > 0) {
            job.w += only;
            job.out = out + only;
        }
        kernels->row(&job);
    } else {
        kernels->rows(&job);
    }
    v->work += (int64_t)(single ? 1 : n) * channels * g->taps * g->pixels * r->images;
}

static bool block_wanted(const struct segment *g, int block) {
    if (!g->out) return true;
    const struct conv *k = g->k;
    int m0 = block / k->blocks * k->out_channels + block % k->blocks * k->block;
    int end = (block / k->blocks + 1) * k->out_channels;
    int c = rsl_region_next(g->out, m0);
    return c >= 0 && c < m0 + k->block && c < end;
}

static void run_segment(struct segment *g) {
    const struct conv *k = g->k;
    struct replay_view *v = g->v;
    const float *x[CONV_MOST_CHUNK];
    int in = g->s->in[0];
    for (int group = 0; group < k->groups; group++) {
        int first = group * k->blocks, end = first + k->blocks;
        while (first < end && !block_wanted(g, first)) first++;
        if (first == end) continue;
        for (int chunk = 0; chunk < k->chunks; chunk++) {
            int c0 = chunk * k->chunk, left = k->in_channels - c0;
            int n = left < k->chunk ? left : k->chunk;
            bool dirty = false;
            for (int c = 0; c < n; c++) {
                int channel = group * k->in_channels + c0 + c;
                x[c] = view_plane(v, in, channel);
                dirty = dirty || (v->dirty && rsl_region_has(&v->dirty[in], channel));
            }
            for (int b = first; b < end; b++)
                if (block_wanted(g, b)) sum_block(g, x, n, chunk, b, dirty);
        }
    }
}

static void run_row(struct segment *g, const struct rsl_box *box) {
    for (g->col = box->col0; g->col < box->col1; g->col += g->pixels) {
        find_segment(g, box->col1);
        run_segment(g);
    }
}

static void run(const struct replay_step *s, struct replay_view *v, const struct rsl_region *out) {
    struct segment g = {.s = s, .k = s->own, .v = v, .out = out};
    for (g.row = out->box.row0; g.row < out->box.row1; g.row++) {
        run_row(&g, &out->box);
        for (int c = -1; (c = rsl_region_next(out, c + 1)) >= 0;)
            rsl_tail_row(s, v, c, g.row, out->box.col0, out->box.col1);
    }
}

/* ---- kept sums ---- */

int rsl_conv_weight_blocks(const struct conv *k) {
    return k->groups * k->blocks * k->chunks;
}

size_t rsl_conv_sums_size(const struct rsl_replay *r, const struct replay_step *s) {
    const struct conv *k = s->own;
    return (size_t)k->chunks * (size_t)(k->groups * k->out_channels) * r->values.at[s->out].plane;
}

void rsl_conv_sums(const struct replay_step *s, struct replay_view *v, float *sums) {
    struct segment g = {.s = s, .k = s->own, .v = v, .sums = sums};
    const struct replay_value *y = &v->replay->values.at[s->out];
    struct rsl_box all = {.row1 = y->height, .col1 = y->width};
    for (g.row = 0; g.row < y->height; g.row++) run_row(&g, &all);
}

bool rsl_conv_sums_help(const struct replay_step *s, const struct replay_view *v) {
    const struct conv *k = s->own;
    if (k->chunks < 2) return false;
    const struct rsl_region *in = &v->dirty[s->in[0]];
    int dirty = 0, all = k->groups * k->chunks;
    for (int c = -1; (c = rsl_region_next(in, c + 1)) >= 0; dirty++) {
        int group = c / k->in_channels, chunk = c % k->in_channels / k->chunk;
        c = group * k->in_channels + (chunk + 1) * k->chunk - 1;
        if (c >= (group + 1) * k->in_channels) c = (group + 1) * k->in_channels - 1;
    }
    for (int i = 0; i < rsl_conv_weight_blocks(k) && v->touched_blocks; i += 64)
        dirty += __builtin_popcountll(v->touched_blocks[i >> 6]) / k->blocks;
    return 2 * dirty <= all;
}

/* ---- parameters ---- */

enum { ROLE_WEIGHT };

static size_t weight_place(const struct conv *k, int m, int c, int tap) {
    int group = m / k->out_channels, within = m % k->out_channels;
    size_t block = (size_t)(group * k->blocks + within / k->block);
    return k->weights +
           ((block * (size_t)k->in_channels + (size_t)c) * (size_t)k->taps + (size_t)tap) *
               (size_t)k->block +
           (size_t)(within % k->block);
}

static int change(struct rsl_replay_worker *w, int step, int role, int64_t index, float to) {
    (void)role;
    const struct conv *k = w->replay->steps.at[step].own;
    int64_t outputs = (int64_t)k->groups * k->out_channels, row = (int64_t)k->in_channels * k->taps;
    int m = (int)(k->by_input ? index % outputs : index / row);
    int c = (int)(k->by_input ? index / outputs : index / k->taps % k->in_channels);
    int tap = k->by_input ? 0 : (int)(index % k->taps);
    RSL_TRY(rsl_worker_set(w, weight_place(k, m, c, tap), to));
    rsl_worker_touch(w, step, m);
    int group = m / k->out_channels, block = group * k->blocks + m % k->out_channels / k->block;
    int64_t bit = (int64_t)block * k->chunks + c / k->chunk;
    w->touched_blocks[step][bit >> 6] |= (uint64_t)1 << (bit & 63);
    return RSL_OK;
}

const struct step_kind rsl_step_conv = {
    .name = "conv", .spread = spread, .reach = reach, .run = run, .change = change};

/* ---- lowering ---- */

/* Sets what follows from the rest, and packs the weights. */
static int finish(struct lowering *l, struct conv *k, int step, const struct rsl_tensor *w) {
    struct rsl_replay *r = l->r;
    k->taps = k->axis[0].kernel * k->axis[1].kernel;
    if (k->taps > MOST_TAPS) return rsl_lower_refuse(l, "its kernel is very large");
    k->block = k->out_channels < r->kernels->block / 2 ? 1 : r->kernels->block;
    k->blocks = (k->out_channels + k->block - 1) / k->block;
    /* Whole sixteens of channels, long enough for the loop, never more than the list of planes. */
    k->chunk = (CHAIN / k->taps + 15) / 16 * 16;
    if (k->chunk < 16) k->chunk = 16;
    k->chunks = (k->in_channels + k->chunk - 1) / k->chunk;
    size_t n = (size_t)k->groups * (size_t)k->blocks * (size_t)k->in_channels * (size_t)k->taps *
               (size_t)k->block;
    RSL_TRY(rsl_lower_params(l, n, &k->weights));
    const float *from = w->data;
    for (int m = 0; m < k->groups * k->out_channels; m++)
        for (int c = 0; c < k->in_channels; c++)
            for (int t = 0; t < k->taps; t++)
                r->params.at[weight_place(k, m, c, t)] =
                    from[k->by_input ? (int64_t)c * k->out_channels + m
                                     : ((int64_t)m * k->in_channels + c) * k->taps + t];
    const struct replay_value *y = &r->values.at[r->steps.at[step].out];
    size_t spare = (size_t)y->width * (size_t)r->images;
    if (r->room < spare) r->room = spare;
    return rsl_lower_parameter(l, 1, step, ROLE_WEIGHT);
}

/* Input i, when the node has it, is a bias per output channel. */
static int add_bias(struct lowering *l, int step, int i, int channels) {
    if (i >= l->node->n_in || l->node->in[i] == RSL_ABSENT) return RSL_OK;
    const struct rsl_tensor *b = rsl_lower_constant(l, i);
    if (!b || b->dtype != RSL_f32 || rsl_tensor_count(b) != channels)
        return rsl_lower_refuse(l, "its bias is no constant with one number per channel");
    struct tail_op op = {.kind = TAIL_SHIFT};
    RSL_TRY(rsl_lower_params(l, (size_t)channels, &op.params));
    memcpy(l->r->params.at + op.params, b->data, (size_t)channels * sizeof(float));
    int at = l->r->steps.at[step].n_tail;
    RSL_TRY(rsl_lower_tail(l, step, &op));
    return rsl_lower_parameter(l, i, step, ~(8 * at));
}

int rsl_lower_conv(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    const struct rsl_tensor *w = rsl_lower_constant(l, 1);
    if (!w || w->dtype != RSL_f32) return rsl_lower_refuse(l, "its weights are no f32 constant");
    const struct rsl_tensor *in[2] = {&l->r->graph.values.at[l->node->in[0]].tensor, w};
    struct rsl_call call = {.node = l->node, .opset = l->node->opset, .n_in = 2, .in = in};
    struct rsl_conv_geometry g;
    RSL_TRY(rsl_conv_geometry(&g, &call, 0, 1));
    if (g.window.rank > 2) return rsl_lower_refuse(l, "it has more than two spatial dimensions");
    struct conv *k = rsl_arena_alloc(&l->r->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    k->groups = (int)g.group;
    k->in_channels = (int)(g.in_channels / g.group);
    k->out_channels = (int)(g.out_channels / g.group);
    rsl_slide_from(k->axis, &g.window);
    int step = rsl_lower_step(l, &rsl_step_conv, &x, 1, k);
    if (step < 0) return step;
    RSL_TRY(finish(l, k, step, w));
    return add_bias(l, step, 2, k->groups * k->out_channels);
}

/* Gemm and MatMul with a constant on the right. */
int rsl_lower_linear(struct lowering *l) {
    int x = rsl_lower_input(l, 0);
    if (x < 0) return x;
    const struct rsl_tensor *w = rsl_lower_constant(l, 1);
    if (!w || w->dtype != RSL_f32 || w->shape.rank != 2)
        return rsl_lower_refuse(l, "its right operand is no f32 constant matrix");
    bool gemm = rsl_node_is(l->node, "Gemm");
    bool trans = gemm && rsl_node_int(l->node, "transB", 0) != 0;
    if (gemm &&
        (rsl_node_int(l->node, "transA", 0) != 0 || rsl_node_float(l->node, "alpha", 1) != 1 ||
         rsl_node_float(l->node, "beta", 1) != 1))
        return rsl_lower_refuse(l, "it transposes or scales");
    const struct replay_value *v = &l->r->values.at[x];
    int in = (int)w->shape.dim[trans ? 1 : 0], out = (int)w->shape.dim[trans ? 0 : 1];
    if (v->height != 1 || v->width != 1 || v->channels != in)
        return rsl_lower_refuse(l, "its left operand is no row of features");
    struct conv *k = rsl_arena_alloc(&l->r->arena, sizeof *k);
    if (!k) return RSL_ENOMEM;
    const struct slide one = {.kernel = 1, .stride = 1, .dilation = 1};
    *k = (struct conv){.groups = 1,
                       .in_channels = in,
                       .out_channels = out,
                       .axis = {one, one},
                       .by_input = !trans};
    int step = rsl_lower_step(l, &rsl_step_conv, &x, 1, k);
    if (step < 0) return step;
    RSL_TRY(finish(l, k, step, w));
    return gemm ? add_bias(l, step, 2, out) : RSL_OK;
}

/* The data movement operators where ONNX's node tests do not go: both forms of every list, negative
 * and hostile numbers, empty tensors, scalars, indices out of range, and the sentences of refusal.
 */
#include "one_node.h"

#include <math.h>

static const int64_t FAR = INT64_MAX, BACK = INT64_MIN;

#define EXPECT(b, dtype, shape, ...) expect(b, 0, dtype, shape, VALUES(__VA_ARGS__), 0)

static const double ramp[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                              12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

/* begin + input 0 of that shape with 0, 1, 2 ... */
static void begin_ramp(struct bench *b, const char *op, int opset, enum rsl_dtype dtype,
                       struct rsl_shape shape) {
    begin(b, op, opset);
    given(b, dtype, shape, ramp);
}

/* ---- Reshape and its kin ---- */

static int reshape(struct bench *b, struct rsl_shape from, const int64_t *to, int n, bool keep) {
    begin_ramp(b, "Reshape", 14, RSL_i32, from);
    input(b, RSL_i64, to, SHAPE(n));
    node(b, 1);
    INT(b, "allowzero", keep);
    return run(b);
}

static void reshape_counts(void **state) {
    (void)state;
    struct bench b;
    check_ok(reshape(&b, SHAPE(2, 3, 4), (int64_t[]){0, -1}, 2, false));
    EXPECT(&b, RSL_i32, SHAPE(2, 12), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
           18, 19, 20, 21, 22, 23);
    end(&b);
    check_ok(reshape(&b, SHAPE(1, 1), NULL, 0, false));
    EXPECT(&b, RSL_i32, SCALAR, 0);
    end(&b);
    check_ok(reshape(&b, SHAPE(0, 3), (int64_t[]){3, 0}, 2, true));
    EXPECT(&b, RSL_i32, SHAPE(3, 0), 0);
    end(&b);
    const struct {
        int64_t to[3];
        int n;
        const char *words;
    } wrong[] = {
        {{-1, -1}, 2, "more than one -1"},
        {{5, -1}, 2, "cannot become"},
        {{2, 3}, 2, "shape [2,3,4] cannot become [2,3]"},
        {{-2, 12}, 2, "impossible dimension"},
        {{FAR, FAR}, 2, "impossible dimension"},
        {{(int64_t)1 << 39, (int64_t)1 << 39, -1}, 3, "too large"},
        {{24, 1, -3}, 3, "impossible dimension"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check_fails(reshape(&b, SHAPE(2, 3, 4), wrong[i].to, wrong[i].n, false), RSL_ESHAPE,
                    wrong[i].words);
        end(&b);
    }
    check_fails(reshape(&b, SCALAR, (int64_t[]){0}, 1, false), RSL_ESHAPE, "copies one");
    end(&b);
}

static void squeeze_in_both_forms(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Squeeze", 11, RSL_u8, SHAPE(1, 2, 1));
    node(&b, 1);
    INTS(&b, "axes", -1);
    check_ok(run(&b));
    EXPECT(&b, RSL_u8, SHAPE(1, 2), 0, 1);
    end(&b);
    begin_ramp(&b, "Squeeze", 13, RSL_u8, SHAPE(1, 2, 1));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_u8, SHAPE(2), 0, 1);
    end(&b);
    begin_ramp(&b, "Squeeze", 13, RSL_u8, SHAPE(1, 2, 1));
    LIST(&b, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "axis 1 of shape [1,2,1] is not 1");
    begin_ramp(&b, "Unsqueeze", 13, RSL_u8, SHAPE(2));
    LIST(&b, -1, 0);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_u8, SHAPE(1, 2, 1), 0, 1);
    end(&b);
    begin_ramp(&b, "Unsqueeze", 13, RSL_u8, SHAPE(2));
    LIST(&b, 0, -3);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "axis 0 is named twice");
    begin_ramp(&b, "Unsqueeze", 11, RSL_u8, SHAPE(2));
    LIST(&b, 0);
    node(&b, 1);
    REFUSED(&b, RSL_EGRAPH, "'axes' is an attribute in opset 11");
    begin_ramp(&b, "Unsqueeze", 13, RSL_u8, SHAPE(2));
    node(&b, 1);
    INTS(&b, "axes", 0);
    REFUSED(&b, RSL_EGRAPH, "'axes' is input 1 in opset 13");
    begin_ramp(&b, "Unsqueeze", 13, RSL_u8, SHAPE(2));
    LIST(&b, 0, 1, 2, 3, 4, 5, 6, 7);
    node(&b, 1);
    REFUSED(&b, RSL_EUNSUPPORTED, "9 dimensions");
}

static void shape_of_an_input_is_known(void **state) {
    (void)state;
    struct rsl_graph g;
    rsl_graph_init(&g);
    struct rsl_shape s = SHAPE(2, 3, 4), flat = SHAPE(24);
    int x = rsl_graph_add_input(&g, "x", RSL_f32, &s),
        y = rsl_graph_add_input(&g, "y", RSL_f32, &flat);
    int dims = rsl_graph_value(&g, "dims"), z = rsl_graph_value(&g, "z");
    assert_true(rsl_graph_add_node(&g, rsl_op_find("", "Shape"), "", &x, 1, &dims, 1) >= 0);
    assert_true(
        rsl_graph_add_node(&g, rsl_op_find("", "Reshape"), "", (int[]){y, dims}, 2, &z, 1) >= 0);
    check_ok(rsl_graph_add_output(&g, z));
    check_ok(rsl_graph_check(&g));
    check_ok(rsl_graph_infer(&g, 0));
    assert_true(rsl_shape_equal(&g.values.at[z].tensor.shape, &s));
    assert_null(g.values.at[z].tensor.data);
    rsl_graph_free(&g);
}

static void shape_start_and_end(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Shape", 15, RSL_f32, SHAPE(2, 3, 4));
    node(&b, 1);
    INT(&b, "start", -2);
    INT(&b, "end", FAR);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(2), 3, 4);
    end(&b);
    begin_ramp(&b, "Shape", 15, RSL_f32, SHAPE(2, 3, 4));
    node(&b, 1);
    INT(&b, "end", BACK);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(0), 0);
    end(&b);
    begin_ramp(&b, "Size", 13, RSL_f32, SHAPE(2, 0, 4));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SCALAR, 0);
    end(&b);
}

/* ---- copies ---- */

static void transpose_all_sizes(void **state) {
    (void)state;
    const enum rsl_dtype types[] = {RSL_u8, RSL_f16, RSL_f32, RSL_f64, RSL_bool};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct bench b;
        begin_ramp(&b, "Transpose", 13, types[i], SHAPE(1, 2, 1, 3, 1, 1, 1, 1));
        node(&b, 1);
        INTS(&b, "perm", 7, 3, 6, 5, 4, 1, 2, 0);
        check_ok(run(&b));
        if (types[i] == RSL_bool)
            EXPECT(&b, types[i], SHAPE(1, 3, 1, 1, 1, 2, 1, 1), 0, 1, 1, 1, 1, 1);
        else
            EXPECT(&b, types[i], SHAPE(1, 3, 1, 1, 1, 2, 1, 1), 0, 3, 1, 4, 2, 5);
        end(&b);
    }
    struct bench b;
    begin_ramp(&b, "Transpose", 13, RSL_f32, SHAPE(2, 3));
    node(&b, 1);
    INTS(&b, "perm", 0, 0);
    REFUSED(&b, RSL_ESHAPE, "axis 0 is named twice");
    begin_ramp(&b, "Transpose", 13, RSL_f32, SHAPE(2, 3));
    node(&b, 1);
    INTS(&b, "perm", 1);
    REFUSED(&b, RSL_ESHAPE, "perm has 1 items");
}

static void concat_with_empty_parts(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Concat", 13, RSL_i16, SHAPE(2, 1));
    given(&b, RSL_i16, SHAPE(2, 0), ramp);
    given(&b, RSL_i16, SHAPE(2, 2), ramp + 10);
    node(&b, 1);
    INT(&b, "axis", -1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i16, SHAPE(2, 3), 0, 10, 11, 1, 12, 13);
    end(&b);
    begin_ramp(&b, "Concat", 13, RSL_i16, SHAPE(2, 1));
    given(&b, RSL_i16, SHAPE(3, 1), ramp);
    node(&b, 1);
    INT(&b, "axis", 1);
    REFUSED(&b, RSL_ESHAPE, "input 1 has shape [3,1], which does not fit [2,1] along axis 1");
    begin_ramp(&b, "Concat", 13, RSL_i16, SHAPE(2));
    given(&b, RSL_i32, SHAPE(2), ramp);
    node(&b, 1);
    INT(&b, "axis", 0);
    REFUSED(&b, RSL_ESHAPE, "input 1 has type i32");
    begin_ramp(&b, "Concat", 13, RSL_i16, SCALAR);
    node(&b, 1);
    INT(&b, "axis", 0);
    REFUSED(&b, RSL_ESHAPE, "axis 0 is outside of rank 0");
}

static void split_sizes(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Split", 18, RSL_f32, SHAPE(5));
    node(&b, 3);
    INT(&b, "num_outputs", 3);
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(2), VALUES(0, 1), 0);
    expect(&b, 1, RSL_f32, SHAPE(2), VALUES(2, 3), 0);
    expect(&b, 2, RSL_f32, SHAPE(1), VALUES(4), 0);
    end(&b);
    begin_ramp(&b, "Split", 11, RSL_f32, SHAPE(2, 4));
    int out[] = {RSL_ABSENT, rsl_graph_value(&b.g, "y0")};
    b.node = rsl_graph_add_node(&b.g, b.op, "n", b.in, 1, out, 2);
    check_ok(rsl_graph_add_output(&b.g, out[1]));
    INTS(&b, "split", 1, 3);
    INT(&b, "axis", -1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2, 3), 1, 2, 3, 5, 6, 7);
    end(&b);
    begin_ramp(&b, "Split", 13, RSL_f32, SHAPE(5));
    node(&b, 2);
    REFUSED(&b, RSL_ESHAPE, "dimension 5 cannot be split into 2 equal parts");
    const int64_t wrong[][2] = {{2, 4}, {-1, 6}, {FAR, FAR}, {BACK, 5}, {0, 0}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        begin_ramp(&b, "Split", 13, RSL_f32, SHAPE(5));
        input(&b, RSL_i64, wrong[i], SHAPE(2));
        node(&b, 2);
        REFUSED(&b, RSL_ESHAPE, "do not add up to dimension 5");
    }
}

static void expand_and_tile(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Expand", 13, RSL_i64, SHAPE(2, 1));
    LIST(&b, 2, 1, 3);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(2, 2, 3), 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1);
    end(&b);
    begin_ramp(&b, "Expand", 13, RSL_i64, SHAPE(2, 1));
    LIST(&b, 1 << 20, 1 << 20, 1, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "too large");
    begin_ramp(&b, "Expand", 13, RSL_i64, SHAPE(2, 1));
    LIST(&b, 3, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "shapes [2,1] and [3,1] cannot be broadcast");
    begin_ramp(&b, "Tile", 13, RSL_u16, SHAPE(2, 2));
    LIST(&b, 2, 2);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_u16, SHAPE(4, 4), 0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3);
    end(&b);
    begin_ramp(&b, "Tile", 13, RSL_u16, SHAPE(2, 0));
    LIST(&b, 0, FAR);
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_u16, SHAPE(0, 0), 0);
    end(&b);
    begin_ramp(&b, "Tile", 13, RSL_u16, SHAPE(2, 2));
    LIST(&b, FAR, 2);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "impossible dimension");
    begin_ramp(&b, "Tile", 13, RSL_u16, SHAPE(2, 2));
    LIST(&b, 1, -1);
    node(&b, 1);
    REFUSED(&b, RSL_EARG, "axis 1 is repeated -1 times");
}

/* ---- Slice ---- */

static int slice(struct bench *b, int64_t start, int64_t end_, int64_t axis, int64_t step) {
    int64_t *list;
    begin_ramp(b, "Slice", 13, RSL_i8, SHAPE(2, 5));
    list = rsl_arena_memdup(&b->g.arena, (int64_t[]){start, end_, axis, step}, 4 * sizeof *list);
    for (int i = 0; i < 4; i++) input(b, RSL_i64, list + i, SHAPE(1));
    node(b, 1);
    return run(b);
}

static void slice_bounds(void **state) {
    (void)state;
    struct bench b;
    check_ok(slice(&b, FAR, BACK, -1, -1));
    EXPECT(&b, RSL_i8, SHAPE(2, 5), 4, 3, 2, 1, 0, 9, 8, 7, 6, 5);
    end(&b);
    check_ok(slice(&b, -2, BACK, 1, -2));
    EXPECT(&b, RSL_i8, SHAPE(2, 2), 3, 1, 8, 6);
    end(&b);
    check_ok(slice(&b, 4, BACK, 1, BACK));
    EXPECT(&b, RSL_i8, SHAPE(2, 1), 4, 9);
    end(&b);
    check_ok(slice(&b, BACK, FAR, 1, FAR));
    EXPECT(&b, RSL_i8, SHAPE(2, 1), 0, 5);
    end(&b);
    check_ok(slice(&b, 3, 2, 1, 1));
    EXPECT(&b, RSL_i8, SHAPE(2, 0), 0);
    end(&b);
    check_fails(slice(&b, 0, 1, 1, 0), RSL_ESHAPE, "a step is 0");
    end(&b);
    check_fails(slice(&b, 0, 1, 2, 1), RSL_ESHAPE, "axis 2 is outside of rank 2");
    end(&b);
}

static void slice_with_attributes(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Slice", 9, RSL_f32, SHAPE(2, 3));
    node(&b, 1);
    INTS(&b, "starts", 1, -2);
    INTS(&b, "ends", 1000, -1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(1, 1), 4);
    end(&b);
    begin_ramp(&b, "Slice", 9, RSL_f32, SHAPE(2, 3));
    LIST(&b, 0);
    LIST(&b, 1);
    node(&b, 1);
    REFUSED(&b, RSL_EGRAPH, "'starts' is an attribute in opset 9");
    begin_ramp(&b, "Slice", 10, RSL_f32, SHAPE(2, 3));
    LIST(&b, 0, 0, 0);
    LIST(&b, 1, 1, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "axis 2 is outside of rank 2");
    begin_ramp(&b, "Slice", 10, RSL_f32, SHAPE(2, 3));
    LIST(&b, 0);
    LIST(&b, 1, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "'ends' has 2 items, 1 are needed");
    begin_ramp(&b, "Slice", 10, RSL_f32, SHAPE(2, 3));
    LIST(&b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    LIST(&b, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "'starts' has 17 items");
}

/* ---- indices ---- */

static int gather(struct bench *b, const char *op, struct rsl_shape data, const int64_t *indices,
                  struct rsl_shape shape) {
    begin_ramp(b, op, 13, RSL_f32, data);
    input(b, RSL_i64, indices, shape);
    node(b, 1);
    return run(b);
}

static void gather_indices(void **state) {
    (void)state;
    struct bench b;
    check_ok(gather(&b, "Gather", SHAPE(3, 2), (int64_t[]){-1}, SCALAR));
    EXPECT(&b, RSL_f32, SHAPE(2), 4, 5);
    end(&b);
    check_ok(gather(&b, "Gather", SHAPE(0, 2), NULL, SHAPE(0)));
    EXPECT(&b, RSL_f32, SHAPE(0, 2), 0);
    end(&b);
    const int64_t wrong[] = {3, -4, FAR, BACK};
    for (int i = 0; i < 4; i++) {
        int64_t indices[] = {0, wrong[i]};
        char words[100];
        snprintf(words, sizeof words, "index %lld, element 1 of input 1, is outside of [-3,3)",
                 (long long)wrong[i]);
        check_fails(gather(&b, "Gather", SHAPE(3, 2), indices, SHAPE(2)), RSL_EARG, words);
        end(&b);
        check_fails(gather(&b, "GatherElements", SHAPE(3, 2), indices, SHAPE(1, 2)), RSL_EARG,
                    words);
        end(&b);
        int64_t tuple[] = {0, indices[1]};
        check_fails(gather(&b, "GatherND", SHAPE(2, 3), tuple, SHAPE(2)), RSL_EARG, words);
        end(&b);
    }
    check_fails(gather(&b, "Gather", SHAPE(0, 2), (int64_t[]){0}, SHAPE(1)), RSL_EARG,
                "outside of [-0,0)");
    end(&b);
    check_fails(gather(&b, "GatherElements", SHAPE(3, 2), NULL, SHAPE(1, 3)), RSL_ESHAPE,
                "indices of shape [1,3] do not fit data of shape [3,2] along axis 0");
    end(&b);
    check_fails(gather(&b, "GatherND", SHAPE(3, 2), (int64_t[]){0, 0, 0}, SHAPE(3)), RSL_ESHAPE,
                "do not fit");
    end(&b);
}

static int scatter(struct bench *b, const char *op, int opset, const char *reduction,
                   enum rsl_dtype dtype, const int64_t *indices, struct rsl_shape shape) {
    begin(b, op, opset);
    given(b, dtype, SHAPE(3), VALUES(250, 2, 3));
    input(b, RSL_i64, indices, shape);
    given(b, dtype, SHAPE(2), VALUES(7, 1));
    node(b, 1);
    TEXT(b, "reduction", reduction);
    return run(b);
}

static void scatter_reductions(void **state) {
    (void)state;
    struct bench b;
    const int64_t same[] = {0, -3};
    const struct {
        const char *reduction;
        double want[3];
    } cases[] = {{"none", {1, 2, 3}},
                 {"add", {2, 2, 3}}, /* 250 + 7 + 1 wraps around */
                 {"mul", {1750 & 255, 2, 3}},
                 {"max", {250, 2, 3}},
                 {"min", {1, 2, 3}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ok(scatter(&b, "ScatterElements", 18, cases[i].reduction, RSL_u8, same, SHAPE(2)));
        expect(&b, 0, RSL_u8, SHAPE(3), cases[i].want, 0);
        end(&b);
        check_ok(scatter(&b, "ScatterND", 18, cases[i].reduction, RSL_u8, same, SHAPE(2, 1)));
        expect(&b, 0, RSL_u8, SHAPE(3), cases[i].want, 0);
        end(&b);
    }
    check_fails(scatter(&b, "ScatterND", 16, "max", RSL_f32, same, SHAPE(2, 1)), RSL_EUNSUPPORTED,
                "reduction 'max' is not offered in opset 16");
    end(&b);
    const int64_t wrong[] = {0, 3};
    check_fails(scatter(&b, "ScatterElements", 11, "none", RSL_f32, wrong, SHAPE(2)), RSL_EARG,
                "index 3, element 1 of input 1, is outside of [-3,3)");
    end(&b);
    check_fails(scatter(&b, "ScatterND", 11, "none", RSL_f32, wrong, SHAPE(2, 1)), RSL_EARG,
                "index 3");
    end(&b);
    check_fails(scatter(&b, "ScatterND", 11, "none", RSL_f32, wrong, SHAPE(2)), RSL_ESHAPE,
                "do not fit");
    end(&b);
}

/* ---- Pad ---- */

static int pad(struct bench *b, const char *mode, struct rsl_shape shape, int64_t before,
               int64_t after) {
    begin_ramp(b, "Pad", 19, RSL_i32, shape);
    int64_t *list = rsl_arena_memdup(&b->g.arena, (int64_t[]){before, after}, 2 * sizeof *list);
    input(b, RSL_i64, list, SHAPE(2));
    node(b, 1);
    TEXT(b, "mode", mode);
    return run(b);
}

static void pad_modes(void **state) {
    (void)state;
    struct bench b;
    check_ok(pad(&b, "reflect", SHAPE(3), 5, 2));
    EXPECT(&b, RSL_i32, SHAPE(10), 1, 0, 1, 2, 1, 0, 1, 2, 1, 0);
    end(&b);
    check_ok(pad(&b, "reflect", SHAPE(1), 1, 1));
    EXPECT(&b, RSL_i32, SHAPE(3), 0, 0, 0);
    end(&b);
    check_ok(pad(&b, "edge", SHAPE(3), -1, 2));
    EXPECT(&b, RSL_i32, SHAPE(4), 1, 2, 2, 2);
    end(&b);
    check_ok(pad(&b, "constant", SHAPE(3), -4, 3));
    EXPECT(&b, RSL_i32, SHAPE(2), 0, 0);
    end(&b);
    check_ok(pad(&b, "constant", SHAPE(0), 1, 1));
    EXPECT(&b, RSL_i32, SHAPE(2), 0, 0);
    end(&b);
    check_fails(pad(&b, "edge", SHAPE(0), 1, 1), RSL_ESHAPE, "axis 0 is empty");
    end(&b);
    check_fails(pad(&b, "constant", SHAPE(3), -2, -2), RSL_ESHAPE, "impossible dimension");
    end(&b);
    check_fails(pad(&b, "constant", SHAPE(3), FAR, FAR), RSL_ESHAPE, "impossible");
    end(&b);
    check_fails(pad(&b, "constant", SHAPE(3), BACK, 0), RSL_ESHAPE, "impossible");
    end(&b);
    check_fails(pad(&b, "mirror", SHAPE(3), 1, 0), RSL_EUNSUPPORTED,
                "mode 'mirror' is not offered");
    end(&b);
}

static void pad_wraps(void **state) {
    (void)state;
    struct bench b;
    check_ok(pad(&b, "wrap", SHAPE(3), 1, 2));
    EXPECT(&b, RSL_i32, SHAPE(6), 2, 0, 1, 2, 0, 1);
    end(&b);
    check_ok(pad(&b, "wrap", SHAPE(3), 5, 7)); /* several periods on either side */
    EXPECT(&b, RSL_i32, SHAPE(15), 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0);
    end(&b);
    check_ok(pad(&b, "wrap", SHAPE(1), 2, 1));
    EXPECT(&b, RSL_i32, SHAPE(4), 0, 0, 0, 0);
    end(&b);
    check_ok(pad(&b, "wrap", SHAPE(3), -1, 2));
    EXPECT(&b, RSL_i32, SHAPE(4), 1, 2, 0, 1);
    end(&b);
    check_fails(pad(&b, "wrap", SHAPE(0), 1, 1), RSL_ESHAPE, "axis 0 is empty");
    end(&b);
    begin_ramp(&b, "Pad", 19, RSL_f32, SHAPE(2, 3)); /* both axes */
    LIST(&b, 1, 2, 0, 1);
    node(&b, 1);
    TEXT(&b, "mode", "wrap");
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(3, 6), 4, 5, 3, 4, 5, 3, 1, 2, 0, 1, 2, 0, 4, 5, 3, 4, 5, 3);
    end(&b);
    begin_ramp(&b, "Pad", 18, RSL_f32, SHAPE(3));
    LIST(&b, 1, 0);
    node(&b, 1);
    TEXT(&b, "mode", "wrap");
    REFUSED(&b, RSL_EUNSUPPORTED, "mode 'wrap' is not offered in opset 18");
}

static void pad_forms(void **state) {
    (void)state;
    struct bench b;
    const int64_t big = FAR - 1; /* not a double */
    begin_ramp(&b, "Pad", 18, RSL_i64, SHAPE(2, 2));
    LIST(&b, 1, 0);
    input(&b, RSL_i64, &big, SCALAR);
    LIST(&b, -1);
    node(&b, 1);
    check_ok(run(&b));
    const int64_t want[] = {big, 0, 1, big, 2, 3};
    assert_memory_equal(output(&b, 0)->data, want, sizeof want);
    end(&b);
    begin_ramp(&b, "Pad", 9, RSL_f32, SHAPE(1, 2));
    node(&b, 1);
    INTS(&b, "pads", 0, 1, 1, 0);
    check_ok(rsl_node_set_float(&b.g, b.node, "value", 0.5f));
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2, 3), 0.5, 0, 1, 0.5, 0.5, 0.5);
    end(&b);
    begin_ramp(&b, "Pad", 13, RSL_f32, SHAPE(2));
    LIST(&b, 1, 1, 1, 1);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "'pads' has 4 items, 2 are needed");
    begin_ramp(&b, "Pad", 13, RSL_f32, SHAPE(2));
    LIST(&b, 1, 1);
    given(&b, RSL_f32, SHAPE(2), ramp);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "not one element");
}

/* ---- Resize and GridSample ---- */

static int resize(struct bench *b, int opset, struct rsl_shape shape, enum rsl_dtype dtype,
                  const float *scales, const int64_t *sizes, int n) {
    begin_ramp(b, "Resize", opset, dtype, shape);
    absent(b);
    if (scales)
        input(b, RSL_f32, scales, SHAPE(n));
    else
        absent(b);
    if (sizes) input(b, RSL_i64, sizes, SHAPE(n));
    node(b, 1);
    return run(b);
}

static void resize_sizes(void **state) {
    (void)state;
    struct bench b;
    const float scales[] = {0.7f, NAN, 0, -1, INFINITY, 1e30f};
    check_ok(resize(&b, 13, SHAPE(10), RSL_i64, scales, NULL, 1));
    assert_int_equal(output(&b, 0)->shape.dim[0], 7);
    end(&b);
    for (int i = 1; i < 6; i++) {
        check_fails(resize(&b, 13, SHAPE(10), RSL_f32, scales + i, NULL, 1), RSL_EARG,
                    "impossible scale");
        end(&b);
    }
    check_ok(resize(&b, 13, SHAPE(2), RSL_u8, NULL, (int64_t[]){0}, 1));
    EXPECT(&b, RSL_u8, SHAPE(0), 0);
    end(&b);
    const float tiny[] = {1e-38f};
    const int64_t none[] = {0};
    for (int i = 0; i < 2; i++) { /* antialiasing widens the filter by 1 / scale */
        begin_ramp(&b, "Resize", 18, RSL_f32, SHAPE(2));
        absent(&b);
        if (i == 0)
            input(&b, RSL_f32, tiny, SHAPE(1));
        else
            absent(&b);
        if (i == 1) input(&b, RSL_i64, none, SHAPE(1));
        node(&b, 1);
        TEXT(&b, "mode", "linear");
        INT(&b, "antialias", 1);
        check_ok(run(&b));
        assert_int_equal(output(&b, 0)->shape.dim[0], 0);
        end(&b);
    }
    check_fails(resize(&b, 13, SHAPE(0), RSL_u8, NULL, (int64_t[]){1}, 1), RSL_ESHAPE,
                "axis 0 is empty");
    end(&b);
    check_fails(resize(&b, 13, SHAPE(1, 1), RSL_u8, NULL, (int64_t[]){1 << 30, 1 << 30}, 2),
                RSL_ESHAPE, "too large");
    end(&b);
    check_fails(resize(&b, 13, SHAPE(2), RSL_u8, NULL, (int64_t[]){FAR}, 1), RSL_ESHAPE,
                "impossible");
    end(&b);
    check_fails(resize(&b, 13, SHAPE(2), RSL_u8, scales, (int64_t[]){4}, 1), RSL_EGRAPH,
                "exactly one of scales and sizes");
    end(&b);
    check_fails(resize(&b, 13, SHAPE(2), RSL_u8, NULL, NULL, 1), RSL_EGRAPH, "exactly one");
    end(&b);
    check_fails(resize(&b, 13, SHAPE(2), RSL_u8, NULL, (int64_t[]){4, 4}, 2), RSL_ESHAPE,
                "has 2 items, 1 are needed");
    end(&b);
}

static void resize_keeps_the_aspect(void **state) {
    (void)state;
    const struct {
        const char *policy;
        struct rsl_shape want;
    } cases[] = {{"stretch", SHAPE(4, 2, 8)},
                 {"not_larger", SHAPE(4, 2, 3)},
                 {"not_smaller", SHAPE(4, 5, 8)}};
    for (int i = 0; i < 3; i++) {
        struct bench b;
        begin(&b, "Resize", 18);
        given(&b, RSL_f32, SHAPE(4, 2, 3), ramp);
        absent(&b);
        absent(&b);
        LIST(&b, 8, 2);
        node(&b, 1);
        INTS(&b, "axes", -1, 1);
        TEXT(&b, "keep_aspect_ratio_policy", cases[i].policy);
        TEXT(&b, "mode", "linear");
        check_ok(run(&b));
        assert_true(rsl_shape_equal(&output(&b, 0)->shape, &cases[i].want));
        end(&b);
    }
}

static int resize_symmetric(struct bench *b, int opset, const char *mode, struct rsl_shape x,
                            const float *scales) {
    begin_ramp(b, "Resize", opset, RSL_f32, x);
    absent(b);
    input(b, RSL_f32, scales, SHAPE(x.rank));
    node(b, 1);
    TEXT(b, "coordinate_transformation_mode", "half_pixel_symmetric");
    TEXT(b, "mode", mode);
    return run(b);
}

/* The values of linear resampling are those of ONNX's examples, less the 1 at which they begin. */
static void resize_symmetrically(void **state) {
    (void)state;
    struct bench b;
    const float down[] = {0.6f}, up[] = {2.3f, 2.94f}, twice[] = {2};
    check_ok(resize_symmetric(&b, 19, "linear", SHAPE(4), down));
    expect(&b, 0, RSL_f32, SHAPE(2), VALUES(2.0 / 3, 7.0 / 3), 1e-6);
    end(&b);
    check_ok(resize_symmetric(&b, 19, "linear", SHAPE(2, 2), up));
    const double want[] = {0,          0.15986395, 0.5,        0.84013605, 1,
                           0.56521738, 0.72508133, 1.06521738, 1.40535343, 1.56521738,
                           1.43478262, 1.59464657, 1.93478262, 2.27491867, 2.43478262,
                           2,          2.15986395, 2.5,        2.84013605, 3};
    expect(&b, 0, RSL_f32, SHAPE(4, 5), want, 1e-6);
    end(&b);
    /* Places 1/3 + 5 (x + 1/2) / 3 - 1/2 = 2/3 and 7/3 are nearest to 1 and 2. */
    check_ok(resize_symmetric(&b, 19, "nearest", SHAPE(4), down));
    EXPECT(&b, RSL_f32, SHAPE(2), 1, 2);
    end(&b);
    check_ok(resize_symmetric(&b, 19, "linear", SHAPE(2), twice)); /* as half_pixel */
    EXPECT(&b, RSL_f32, SHAPE(4), 0, 0.25, 0.75, 1);
    end(&b);
    check_fails(resize_symmetric(&b, 18, "linear", SHAPE(2), twice), RSL_EUNSUPPORTED,
                "'half_pixel_symmetric' is not offered in opset 18");
    end(&b);
}

static void resize_values(void **state) {
    (void)state;
    struct bench b;
    begin_ramp(&b, "Resize", 11, RSL_f32, SHAPE(4)); /* outside of the roi: extrapolation_value */
    given(&b, RSL_f32, SHAPE(2), VALUES(-1.0 / 3, 2.0 / 3));
    absent(&b);
    LIST(&b, 4);
    node(&b, 1);
    TEXT(&b, "mode", "linear");
    TEXT(&b, "coordinate_transformation_mode", "tf_crop_and_resize");
    check_ok(rsl_node_set_float(&b.g, b.node, "extrapolation_value", 9));
    check_ok(run(&b));
    expect(&b, 0, RSL_f32, SHAPE(4), VALUES(9, 0, 1, 2), 1e-6);
    end(&b);
    /* Antialiasing by 2 averages with the tent 1 3 3 1; the edge is repeated or left out. */
    for (int64_t exclude = 0; exclude < 2; exclude++) {
        begin_ramp(&b, "Resize", 18, RSL_f32, SHAPE(4));
        absent(&b);
        absent(&b);
        LIST(&b, 2);
        node(&b, 1);
        TEXT(&b, "mode", "linear");
        INT(&b, "antialias", 1);
        INT(&b, "exclude_outside", exclude);
        check_ok(run(&b));
        double first = exclude ? (3 * 0 + 3 * 1 + 2) / 7.0 : (0 + 3 * 0 + 3 * 1 + 2) / 8.0;
        expect(&b, 0, RSL_f32, SHAPE(2), VALUES(first, 3 - first), 1e-6);
        end(&b);
    }
    begin(&b, "Resize", 13); /* integers are rounded, not cut */
    given(&b, RSL_u8, SHAPE(2), VALUES(0, 255));
    absent(&b);
    given(&b, RSL_f32, SHAPE(1), VALUES(2));
    node(&b, 1);
    TEXT(&b, "mode", "linear");
    check_ok(run(&b));
    EXPECT(&b, RSL_u8, SHAPE(4), 0, 64, 191, 255);
    end(&b);
    begin_ramp(&b, "Resize", 10, RSL_f32, SHAPE(4)); /* opset 10: ceil where the axis shrinks */
    given(&b, RSL_f32, SHAPE(1), VALUES(0.6f));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2), 0, 2);
    end(&b);
    begin_ramp(&b, "Upsample", 9, RSL_f32, SHAPE(4));
    given(&b, RSL_f32, SHAPE(1), VALUES(0.5));
    node(&b, 1);
    REFUSED(&b, RSL_EARG, "scale 0.5 of axis 0 is below 1");
    begin_ramp(&b, "Upsample", 10, RSL_f32, SHAPE(4));
    given(&b, RSL_f32, SHAPE(1), VALUES(2));
    node(&b, 1);
    REFUSED(&b, RSL_EUNSUPPORTED, "does not exist in opset 10");
}

static void grid_of_any_number(void **state) {
    (void)state;
    const char *const paddings[] = {"zeros", "border", "reflection"};
    const double far_away[] = {0, 3, 3};
    for (int i = 0; i < 3; i++) {
        struct bench b;
        begin_ramp(&b, "GridSample", 16, RSL_f32, SHAPE(1, 1, 2, 2));
        given(&b, RSL_f32, SHAPE(1, 1, 4, 2), VALUES(NAN, 0, 0, INFINITY, 3e38, 3e38, 0.25, -0.5));
        node(&b, 1);
        TEXT(&b, "padding_mode", paddings[i]);
        check_ok(run(&b));
        const float *y = output(&b, 0)->data;
        assert_true(isnan(y[0]) && isnan(y[1]));
        assert_true(y[2] >= 0 && y[2] <= 3);
        if (i < 2) assert_true((double)y[2] == far_away[i]);
        assert_true(y[3] == 0.75f);
        end(&b);
    }
}

/* Opset 20 has other names for the same filters. */
static void grid_modes_by_opset(void **state) {
    (void)state;
    const struct {
        int opset;
        const char *mode;
        double y; /* NaN: refused */
    } cases[] = {{16, NULL, 0.75},
                 {16, "bilinear", 0.75},
                 {16, "nearest", 1},
                 {16, "bicubic", 0},
                 {20, NULL, 0.75},
                 {20, "linear", 0.75},
                 {20, "nearest", 1},
                 {20, "cubic", 0},
                 {16, "linear", (double)NAN},
                 {16, "cubic", (double)NAN},
                 {20, "bilinear", (double)NAN},
                 {20, "bicubic", (double)NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        begin_ramp(&b, "GridSample", cases[i].opset, RSL_f32, SHAPE(1, 1, 2, 2));
        given(&b, RSL_f32, SHAPE(1, 1, 1, 2), VALUES(0.25, -0.5));
        node(&b, 1);
        if (cases[i].mode) TEXT(&b, "mode", cases[i].mode);
        if (isnan(cases[i].y)) {
            REFUSED(&b, RSL_EUNSUPPORTED, "is not offered in opset");
            continue;
        }
        check_ok(run(&b));
        float y = *(const float *)output(&b, 0)->data;
        bool cubic = cases[i].mode && strstr(cases[i].mode, "cubic");
        assert_true(cubic ? y != 0.75f && y != 1 : (double)y == cases[i].y);
        end(&b);
    }
}

/* ---- makers of values ---- */

static void constants_of_all_forms(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "Constant", 13);
    node(&b, 1);
    check_ok(rsl_node_set_float(&b.g, b.node, "value_float", 2.5f));
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SCALAR, 2.5);
    end(&b);
    begin(&b, "Constant", 13);
    node(&b, 1);
    INTS(&b, "value_ints", 4, -5);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(2), 4, -5);
    end(&b);
    begin(&b, "Constant", 13);
    node(&b, 1);
    TEXT(&b, "value_string", "no");
    REFUSED(&b, RSL_EUNSUPPORTED, "attribute 'value_string'");
    begin(&b, "Constant", 13);
    node(&b, 1);
    REFUSED(&b, RSL_EGRAPH, "the value is missing");
    const int64_t hostile[][2] = {{-1, 2}, {FAR, FAR}, {(int64_t)1 << 40, 2}};
    for (int i = 0; i < 3; i++) {
        begin(&b, "ConstantOfShape", 9);
        input(&b, RSL_i64, hostile[i], SHAPE(2));
        node(&b, 1);
        REFUSED(&b, RSL_ESHAPE, "shape ");
    }
    begin(&b, "ConstantOfShape", 9);
    input(&b, RSL_i64, NULL, SHAPE(0));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SCALAR, 0);
    end(&b);
}

static int range(struct bench *b, int64_t start, int64_t limit, int64_t delta) {
    begin(b, "Range", 11);
    int64_t *v = rsl_arena_memdup(&b->g.arena, (int64_t[]){start, limit, delta}, 3 * sizeof *v);
    for (int i = 0; i < 3; i++) input(b, RSL_i64, v + i, SCALAR);
    node(b, 1);
    return run(b);
}

static void range_is_exact(void **state) {
    (void)state;
    struct bench b;
    check_ok(range(&b, BACK, FAR, FAR));
    const int64_t want[] = {BACK, -1, FAR - 1};
    assert_int_equal(output(&b, 0)->shape.dim[0], 3);
    assert_memory_equal(output(&b, 0)->data, want, sizeof want);
    end(&b);
    check_ok(range(&b, FAR, BACK, BACK));
    assert_int_equal(output(&b, 0)->shape.dim[0], 2);
    end(&b);
    check_ok(range(&b, 5, 5, 1));
    assert_int_equal(output(&b, 0)->shape.dim[0], 0);
    end(&b);
    check_fails(range(&b, BACK, FAR, 1), RSL_EARG, "do not give a finite range");
    end(&b);
    check_fails(range(&b, 5, 1, 0), RSL_EARG, "do not give a finite range");
    end(&b);
}

static void one_hot_and_eye(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "OneHot", 11);
    given(&b, RSL_f32, SHAPE(4), VALUES(-1, 3, 1.9, -4));
    given(&b, RSL_f32, SHAPE(1), VALUES(3));
    given(&b, RSL_i8, SHAPE(2), VALUES(-1, 7));
    node(&b, 1);
    INT(&b, "axis", 0);
    check_ok(run(&b));
    EXPECT(&b, RSL_i8, SHAPE(3, 4), -1, -1, -1, -1, -1, -1, 7, -1, 7, -1, -1, -1);
    end(&b);
    begin(&b, "OneHot", 11);
    given(&b, RSL_i64, SHAPE(4), ramp);
    given(&b, RSL_i64, SCALAR, VALUES(-3));
    given(&b, RSL_i8, SHAPE(2), ramp);
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "impossible dimension");
    const int64_t diagonals[] = {1, -1, FAR, BACK};
    const double want[4][6] = {{0, 1, 0, 0, 0, 1}, {0, 0, 0, 1, 0, 0}};
    for (int i = 0; i < 4; i++) {
        begin_ramp(&b, "EyeLike", 9, RSL_f32, SHAPE(2, 3));
        node(&b, 1);
        INT(&b, "k", diagonals[i]);
        INT(&b, "dtype", RSL_f16);
        check_ok(run(&b));
        expect(&b, 0, RSL_f16, SHAPE(2, 3), want[i], 0);
        end(&b);
    }
    begin_ramp(&b, "EyeLike", 9, RSL_f32, SHAPE(2, 3));
    node(&b, 1);
    INT(&b, "dtype", 8);
    REFUSED(&b, RSL_EUNSUPPORTED, "dtype 8 is not offered");
}

static void triangles(void **state) {
    (void)state;
    const struct {
        int64_t k, upper;
        double want[6];
    } cases[] = {{FAR, 1, {0}},  {BACK, 1, {1, 2, 3, 4, 5, 6}}, {FAR, 0, {1, 2, 3, 4, 5, 6}},
                 {BACK, 0, {0}}, {1, 1, {0, 2, 3, 0, 0, 6}},    {-1, 0, {0, 0, 0, 4, 0, 0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        begin(&b, "Trilu", 14);
        given(&b, RSL_f16, SHAPE(2, 3), ramp + 1);
        input(&b, RSL_i64, &cases[i].k, SCALAR);
        node(&b, 1);
        INT(&b, "upper", cases[i].upper);
        check_ok(run(&b));
        expect(&b, 0, RSL_f16, SHAPE(2, 3), cases[i].want, 0);
        end(&b);
    }
}

/* ---- shapes that depend on values ---- */

static void data_dependent_shapes(void **state) {
    (void)state;
    struct bench b;
    begin(&b, "NonZero", 13);
    given(&b, RSL_f32, SHAPE(2, 2), VALUES(NAN, -0.0, 0, 1));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(2, 2), 0, 1, 0, 1);
    end(&b);
    begin(&b, "NonZero", 13);
    given(&b, RSL_f32, SCALAR, VALUES(3));
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_i64, SHAPE(1, 1), 0);
    end(&b);
    begin_ramp(&b, "Compress", 11, RSL_f32, SHAPE(2, 3));
    input(&b, RSL_bool, (const uint8_t[]){0, 255, 2}, SHAPE(3)); /* any byte but 0 is true */
    node(&b, 1);
    check_ok(run(&b));
    EXPECT(&b, RSL_f32, SHAPE(2), 1, 2);
    end(&b);
    begin_ramp(&b, "Compress", 11, RSL_f32, SHAPE(2, 3));
    input(&b, RSL_bool, (const uint8_t[]){1, 1, 1}, SHAPE(3));
    node(&b, 1);
    INT(&b, "axis", 0);
    REFUSED(&b, RSL_ESHAPE, "the condition has 3 elements for 2 slices");
}

static void unknown_values_are_refused(void **state) {
    (void)state;
    struct rsl_graph g;
    rsl_graph_init(&g);
    struct rsl_shape s = SHAPE(2, 2), one = SHAPE(1);
    int in[] = {rsl_graph_add_input(&g, "x", RSL_f32, &s),
                rsl_graph_add_input(&g, "shape", RSL_i64, &one)};
    int y = rsl_graph_value(&g, "y");
    assert_true(rsl_graph_add_node(&g, rsl_op_find("", "Reshape"), "r", in, 2, &y, 1) >= 0);
    check_ok(rsl_graph_add_output(&g, y));
    check_ok(rsl_graph_check(&g));
    check_fails(rsl_graph_infer(&g, 0), RSL_EUNSUPPORTED,
                "node 'r' (Reshape): input 1 decides a shape");
    rsl_graph_free(&g);
}

static void sequences(void **state) {
    (void)state;
    struct bench b;
    for (int64_t batch = 0; batch < 2; batch++) {
        begin_ramp(&b, "ReverseSequence", 10, RSL_f64, SHAPE(2, 2));
        LIST(&b, 2, 1);
        node(&b, 1);
        INT(&b, "batch_axis", batch);
        INT(&b, "time_axis", 1 - batch);
        check_ok(run(&b));
        if (batch)
            EXPECT(&b, RSL_f64, SHAPE(2, 2), 2, 1, 0, 3);
        else
            EXPECT(&b, RSL_f64, SHAPE(2, 2), 1, 0, 2, 3);
        end(&b);
    }
    begin_ramp(&b, "ReverseSequence", 10, RSL_f64, SHAPE(2, 2));
    LIST(&b, 2, 3);
    node(&b, 1);
    REFUSED(&b, RSL_EARG, "sequence length 3, element 1 of input 1, is not in 0..2");
    begin_ramp(&b, "DepthToSpace", 13, RSL_f64, SHAPE(1, 4, 1, 1));
    node(&b, 1);
    INT(&b, "blocksize", FAR);
    REFUSED(&b, RSL_ESHAPE, "blocksize 9223372036854775807");
    begin_ramp(&b, "SpaceToDepth", 13, RSL_f64, SHAPE(1, 1, 2, 2));
    node(&b, 1);
    REFUSED(&b, RSL_ESHAPE, "blocksize 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reshape_counts),
        cmocka_unit_test(squeeze_in_both_forms),
        cmocka_unit_test(shape_of_an_input_is_known),
        cmocka_unit_test(shape_start_and_end),
        cmocka_unit_test(transpose_all_sizes),
        cmocka_unit_test(concat_with_empty_parts),
        cmocka_unit_test(split_sizes),
        cmocka_unit_test(expand_and_tile),
        cmocka_unit_test(slice_bounds),
        cmocka_unit_test(slice_with_attributes),
        cmocka_unit_test(gather_indices),
        cmocka_unit_test(scatter_reductions),
        cmocka_unit_test(pad_modes),
        cmocka_unit_test(pad_wraps),
        cmocka_unit_test(pad_forms),
        cmocka_unit_test(resize_sizes),
        cmocka_unit_test(resize_keeps_the_aspect),
        cmocka_unit_test(resize_symmetrically),
        cmocka_unit_test(resize_values),
        cmocka_unit_test(grid_of_any_number),
        cmocka_unit_test(grid_modes_by_opset),
        cmocka_unit_test(constants_of_all_forms),
        cmocka_unit_test(range_is_exact),
        cmocka_unit_test(one_hot_and_eye),
        cmocka_unit_test(triangles),
        cmocka_unit_test(data_dependent_shapes),
        cmocka_unit_test(unknown_values_are_refused),
        cmocka_unit_test(sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

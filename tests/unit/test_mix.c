/* Storages of several kinds in one network: what texts mean, the one form they are written in, what
 * an image makes of them, and what is refused. */
#include "memory/mix.h"

#include "check.h"
#include "graph/model.h"
#include "graph/op.h"
#include "memory/stored.h"
#include "resile/fault.h"
#include "resile/quantize.h"
#include "resile/zoo.h"
#include "torture.h"

#include <string.h>

static struct rsl_model *network(void) {
    struct rsl_model *m;
    const struct rsl_zoo_options o = {.classes = 4, .channels = 1, .height = 12, .width = 12};
    check_ok(rsl_zoo_build(&m, "lenet5", &o));
    return m;
}

/* What the network's weights make of the text, in the one form. */
static char *canonical(const struct rsl_graph *g, const char *text) {
    struct rsl_text t = {0};
    struct rsl_mix m;
    check_ok(rsl_mix_parse(&m, g, text));
    rsl_mix_text(&m, &t);
    check_ok(t.status);
    rsl_mix_free(&m);
    return t.at;
}

static const struct {
    const char *text, *form;
} forms[] = {
    {"f32", "f32/none"},
    {"affine3/msb/plane", "affine3/msb/plane"},
    {" affine4/msb ;", "affine4/msb"},
    {"affine4/msb; conv1=affine8/tmr", "affine4/msb; conv1=affine8/tmr"},
    {"affine4/msb;conv1.weight = affine8/tmr ", "affine4/msb; conv1=affine8/tmr"},
    {"affine4; 0=affine8", "affine4/none; conv1=affine8/none"},
    {"affine4; \"conv1\"=affine8", "affine4/none; conv1=affine8/none"},
    {"affine4; *=affine5; conv?=affine6/parity",
     "affine5/none; conv1=affine6/parity; conv2=affine6/parity"},
    {"affine4; 0-1=f32", "affine4/none; conv1=f32/none; conv2=f32/none"},
    /* Most weights' storage comes first, whatever the text began with. */
    {"affine4; conv*=affine8; fc1=affine8", "affine8/none; fc2=affine4/none; fc3=affine4/none"},
    {"affine4; conv1=affine4", "affine4/none"},
    {"affine4; scales=/tmr; zero_points=/secded",
     "affine4/none; scales=f32/tmr; zero_points=/secded"},
    {"affine4; zero_points=int16/tmr", "affine4/none; zero_points=int16/tmr"},
    {"affine4; scales=f32; biases=f32; norms=f32/none", "affine4/none"},
    {"f32; biases=f16; norms=bf16/secded", "f32/none; biases=f16/none; norms=bf16/secded"},
};

static void test_forms(void **state) {
    (void)state;
    struct rsl_model *m = network();
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char *form = canonical(&m->graph, forms[i].text), *again = canonical(&m->graph, form);
        assert_string_equal(form, forms[i].form);
        assert_string_equal(again, form);
        rsl_free(form);
        rsl_free(again);
    }
    rsl_model_free(m);
}

static void check_refused(int rc, int status, const char *word) {
    if (rc != status || !strstr(rsl_errmsg(), word)) fail_msg("%d, %s", rc, rsl_errmsg());
}

static void test_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int status;
        const char *word;
    } bad[] = {
        {"", RSL_EARG, "does not begin"},
        {"; conv1=affine3", RSL_EARG, "does not begin"},
        {"affine3; conv1", RSL_EARG, "LAYER=STORAGE"},
        {"affine3; =affine3", RSL_EARG, "LAYER=STORAGE"},
        {"affine3; conv1=", RSL_EARG, "LAYER=STORAGE"},
        {"affine3; \"conv1=affine3", RSL_EARG, "LAYER=STORAGE"},
        {"affine3;; conv1=affine3", RSL_EARG, "LAYER=STORAGE"},
        {"affine3; conv9=affine4", RSL_ENOTFOUND, "conv1"},
        {"affine3; x*=affine4", RSL_ENOTFOUND, "no layer matches 'x*'"},
        {"affine3; 7-9=affine4", RSL_ENOTFOUND, "7-9"},
        {"affine3; conv1=affine9", RSL_EARG, "9"},
        {"affine3; scales=affine3", RSL_EUNSUPPORTED, "scales"},
        {"affine3; conv1=/tmr", RSL_ENOTFOUND, ""},
    };
    struct rsl_model *m = network();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rsl_mix mix;
        check_refused(rsl_mix_parse(&mix, &m->graph, bad[i].text), bad[i].status, bad[i].word);
    }
    char text[4096] = "affine3; ";
    memset(text + 9, 'x', 4000);
    memcpy(text + 4009, "=f32", 5);
    struct rsl_mix mix;
    check_refused(rsl_mix_parse(&mix, &m->graph, text), RSL_EARG, "LAYER=STORAGE");
    rsl_model_free(m);
}

/* Bits are those of each layer's own storage, weights what it reads as; the quantized model's image
 * is described by the text that made it. */
static void test_image(void **state) {
    (void)state;
    static const char text[] = "affine3/msb; conv1=affine8/tmr; fc3=symmetric4/none/plane";
    struct rsl_model *m = network();
    struct rsl_quantize_result r;
    struct rsl_text form = {0};
    struct rsl_mix mix;
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.storage = text}, &r));
    const struct rsl_memory_tensor *t = m->image->tensors;
    assert_int_equal(t[0].groups.stored, t[0].count * 24);
    assert_int_equal(t[1].groups.stored, t[1].count * 5);
    assert_int_equal(t[4].groups.stored, t[4].count * 4);
    assert_string_equal(r.storage, "mixed");
    check_ok(rsl_mix_of(&mix, &m->graph, m->image));
    assert_false(rsl_mix_uniform(&mix));
    rsl_mix_text(&mix, &form);
    assert_string_equal(form.at, text);
    rsl_text_free(&form);
    rsl_mix_free(&mix);
    rsl_model_free(m);
}

static void test_scales(void **state) {
    (void)state;
    struct rsl_model *m = network();
    struct rsl_quantize_result r;
    struct rsl_memory *image;
    struct rsl_mix mix;
    static const char *const refused[] = {"affine3; scales=f16/tmr", "affine3; scales=/secded",
                                          "affine3; zero_points=int16/tmr"};
    for (int i = 0; i < 3; i++)
        check_refused(rsl_quantize(m, &(struct rsl_quantize_options){.storage = refused[i]}, &r),
                      RSL_EUNSUPPORTED, "they are, or voted");
    check_refused(
        rsl_quantize(m, &(struct rsl_quantize_options){.storage = "affine3; biases=/tmr"}, &r),
        RSL_EUNSUPPORTED, "biases");
    check_ok(rsl_mix_parse(&mix, &m->graph, "affine3; scales=/tmr; zero_points=/tmr"));
    struct rsl_memory_options o = rsl_mix_options(&mix);
    check_ok(rsl_memory_new(&image, &m->graph, &o));
    const struct rsl_memory_region *s = &image->region[RSL_REGION_SCALES];
    const struct rsl_memory_region *z = &image->region[RSL_REGION_ZERO_POINTS];
    assert_int_equal(s->bits, s->elements * 96);
    assert_int_equal(z->bits, z->elements * 24);
    rsl_memory_free(image);
    rsl_mix_free(&mix);
    rsl_model_free(m);
}

/* What an image says of itself makes it again: zero points of several types, voted. */
static void test_scales_of_an_image(void **state) {
    (void)state;
    static const char text[] =
        "affine3/none; conv1=affine8:paper/none; scales=f32/msb:9/plane; zero_points=/tmr";
    struct rsl_model *m = network();
    struct rsl_quantize_result r;
    struct rsl_mix mix;
    struct rsl_text form = {0};
    check_ok(rsl_quantize(m, &(struct rsl_quantize_options){.storage = text}, &r));
    check_ok(rsl_mix_of(&mix, &m->graph, m->image));
    rsl_mix_text(&mix, &form);
    assert_string_equal(form.at, text);
    rsl_text_free(&form);
    rsl_mix_free(&mix);
    rsl_model_free(m);
}

static int parse_all(void *context) {
    struct rsl_mix mix;
    const struct rsl_model *m = context;
    int rc = rsl_mix_parse(&mix, &m->graph, "affine3; conv*=affine4/msb; fc1=f32; scales=/tmr");
    if (rc < 0) return rc;
    struct rsl_text text = {0};
    rsl_mix_text(&mix, &text);
    rc = text.status;
    rsl_text_free(&text);
    rsl_mix_free(&mix);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct rsl_model *m = network();
    torture(parse_all, m);
    rsl_model_free(m);
}

/* Without a word, weights are stored as the file has all of them. */
static void check_own(enum rsl_dtype first, enum rsl_dtype second, const char *encoding) {
    static const uint16_t halves[4] = {0x3c00, 0x4000, 0x3c00, 0x4000};
    static const float floats[4] = {1, 2, 1, 2};
    const enum rsl_dtype types[] = {first, second};
    struct rsl_model *m = rsl_model_new();
    struct rsl_shape shape = rsl_shape_of(2, (int64_t[]){2, 2});
    int x = rsl_graph_add_input(&m->graph, "x", first, &shape), y = x;
    for (int k = 0; k < 2; k++) {
        struct rsl_tensor t = {.dtype = types[k], .shape = shape, .data = (void *)halves};
        if (types[k] == RSL_f32) t.data = (void *)floats;
        int in[] = {y, rsl_graph_add_constant(&m->graph, k ? "w1" : "w0", &t)};
        y = rsl_graph_value(&m->graph, k ? "y1" : "y0");
        assert_true(rsl_graph_add_node(&m->graph, rsl_op_find("", "MatMul"), k ? "n1" : "n0", in, 2,
                                       &y, 1) >= 0);
    }
    check_ok(rsl_graph_add_output(&m->graph, y));
    check_ok(rsl_graph_check(&m->graph));
    struct rsl_memory *image;
    struct rsl_mix mix;
    char text[RSL_ENCODING_TEXT];
    struct rsl_fault_writer *writer;
    check_ok(rsl_model_image(&image, &mix, m, NULL, NULL));
    rsl_encoding_text(&mix.each[0].encoding, text);
    assert_string_equal(text, encoding);
    check_ok(rsl_fault_writer_new(&writer, m, NULL)); /* lists are written for the same memory */
    assert_int_equal(rsl_fault_writer_bits(writer), image->bits);
    rsl_fault_writer_free(writer);
    rsl_mix_free(&mix);
    rsl_memory_free(image);
    rsl_model_free(m);
}

static void test_own_encoding(void **state) {
    (void)state;
    check_own(RSL_f16, RSL_f16, "f16");
    check_own(RSL_bf16, RSL_bf16, "bf16");
    check_own(RSL_f32, RSL_f32, "f32");
    check_own(RSL_f16, RSL_f32, "f32");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_encoding), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_image),
        cmocka_unit_test(test_scales),       cmocka_unit_test(test_scales_of_an_image),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

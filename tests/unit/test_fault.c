/* Fault models: what a spec may say, where its faults fall and how often, that they depend on seed
 * and trial alone, and that they can be undone. */
#include "fault/fault.h"

#include "base/alloc.h"
#include "base/philox.h"
#include "base/sha256.h"
#include "check.h"
#include "fault_image.h"
#include "torture.h"

#include <math.h>

/* ---- a source of one spec ---- */

struct drawn {
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_faults faults;
};

static struct drawn open_spec(const struct rsl_memory *image, const char *text) {
    struct drawn d = {0};
    check_ok(rsl_fault_spec_parse(&d.spec, text));
    check_ok(rsl_fault_source_new(&d.source, d.spec, image));
    return d;
}

static void close_spec(struct drawn *d) {
    rsl_faults_free(&d->faults);
    rsl_fault_source_free(d->source);
    rsl_fault_spec_free(d->spec);
}

static void check_ascending(const struct rsl_faults *f, const struct rsl_memory *image) {
    for (size_t i = 0; i < f->n; i++) {
        assert_true(f->at[i].address >= 0 && f->at[i].address < image->bits);
        assert_true(i == 0 || f->at[i - 1].address < f->at[i].address);
    }
}

/* ---- specs ---- */

static void test_grammar(void **state) {
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"ber", "ber"},
        {"  ber:0.00001 ", "ber:1e-05"},
        {"ber:1e-5 sampling=bits regions=weights", "ber:1e-05"},
        {"ber:count:7", "ber:count:7"},
        {"ber:.5 regions=norms,scales layers=conv1,!fc.*",
         "ber:0.5 regions=scales,norms "
         "layers=conv1,!fc.*"},
        {"count:3 bits=7,0-3,top", "count:3 bits=0-3,7,top"},
        {"single sampling=layers", "single sampling=layers"},
        {"bitpos:30", "bitpos:30"},
        {"bitpos:top:count:5 layers=\"a b\",\"c,d\"", "bitpos:top:count:5 layers=\"a b\",\"c,d\""},
        {"stuck0:0", "stuck0:0"},
        {"stuck1:1 layers=\"onnx::Conv_1\"", "stuck1:1 layers=\"onnx::Conv_1\""},
        {"sram:tiled", "sram:tiled"},
        {"sram:tiled:0.01:50000", "sram:tiled:0.01:50000"},
        {"sram:iid:0.005", "sram:iid:0.005"},
        {"burst:1e-7:4", "burst:1e-07:4"},
        {"burst:1e-7:2-8", "burst:1e-07:2-8"},
        {"burst:1e-7:geometric:2.5", "burst:1e-07:geometric:2.5"},
        {"list:a:b.csv", "list:a:b.csv"},
        {"list:\"my list.csv\"", "list:\"my list.csv\""},
        {"list:a.csv as=f32", "list:a.csv as=f32"},
        {"fit:700:8760", "fit:700:8760"},
        {"ber:1e-6\t+\nstuck1:1e+0 + single", "ber:1e-06 + stuck1:1 + single"},
        {"neuron", "neuron"},
        {"neuron:1", "neuron"},
        {"neuron:count:3", "neuron:3"},
        {"neuron:1e-6", "neuron:1e-06"},
        {"neuron:1.0", "neuron:1.0"},
        {"neuron:rate as=f32 at=outputs", "neuron:rate"},
        {"neuron:2 bits=0-3,top as=bf16 at=inputs pick=elements layers=Conv,!fc*",
         "neuron:2 at=inputs pick=elements as=bf16 layers=Conv,!fc* bits=0-3,top"},
        {"neuron channels=4 value=-0.5 pattern=block:2x3",
         "neuron channels=4 value=-0.5 pattern=block:2x3"},
        {"neuron channels=0-15 value=nan pattern=neurons + ber",
         "neuron channels=0-15 value=nan pattern=neurons + ber"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_fault_spec *spec;
        check_ok(rsl_fault_spec_parse(&spec, cases[i].text));
        char *text = rsl_fault_spec_text(spec);
        assert_string_equal(text, cases[i].canonical);
        rsl_fault_spec_free(spec);
        check_ok(rsl_fault_spec_parse(&spec, text));
        char *again = rsl_fault_spec_text(spec);
        assert_string_equal(again, text);
        rsl_free(again);
        rsl_free(text);
        rsl_fault_spec_free(spec);
    }
}

static void test_hostile_specs(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int status;
        const char *words;
    } cases[] = {
        {"", RSL_EARG, "no fault model"},
        {"   ", RSL_EARG, "no fault model"},
        {"bre:1e-5", RSL_ENOTFOUND, "did you mean ber"},
        {"stuck2", RSL_ENOTFOUND, "did you mean stuck0"},
        {":1e-5", RSL_EARG, "before ':1e-5'"},
        {"ber +", RSL_EARG, "after the last '+'"},
        {"ber:1.5", RSL_EARG, "from 0 to 1"},
        {"ber:-1e-9", RSL_EARG, "from 0 to 1"},
        {"ber:nan", RSL_EARG, "no number"},
        {"ber:inf", RSL_EARG, "no number"},
        {"ber:0x1p-3", RSL_EARG, "no number"},
        {"ber:1e999", RSL_EARG, "no number"},
        {"ber:", RSL_EARG, "no number"},
        {"ber:1e-5:2", RSL_EARG, "too much"},
        {"ber:count", RSL_EARG, "followed by one number"},
        {"ber:count:0", RSL_EARG, "from 1"},
        {"ber:1e-5 1e-6", RSL_EARG, "no option"},
        {"ber rate=1e-5", RSL_ENOTFOUND, "there is no option 'rate'"},
        {"ber sampling=layer", RSL_EARG, "'bits' or 'layers'"},
        {"ber sampling=bits,layers", RSL_EARG, "'bits' or 'layers'"},
        {"ber sampling=bits sampling=bits", RSL_EARG, "twice"},
        {"ber regions=weigths", RSL_ENOTFOUND, "no region 'weigths'"},
        {"ber regions=", RSL_ENOTFOUND, "no region ''"},
        {"ber layers=", RSL_EARG, "empty name"},
        {"ber layers=a,,b", RSL_EARG, "empty name"},
        {"ber layers=a,!", RSL_EARG, "empty name"},
        {"ber layers=\"a", RSL_EARG, "not closed"},
        {"ber bits=128", RSL_EARG, "from 0 to 127"},
        {"ber bits=7-3", RSL_EARG, "from 7"},
        {"ber bits=1-", RSL_EARG, "no whole number"},
        {"ber bits=x", RSL_EARG, "no whole number"},
        {"count", RSL_EARG, "one number"},
        {"count:-1", RSL_EARG, "no whole number"},
        {"count:99999999999999999999", RSL_EARG, "it must be from 1"},
        {"single:2", RSL_EARG, "no argument"},
        {"bitpos", RSL_EARG, "bit position"},
        {"bitpos:128", RSL_EARG, "from 0 to 127"},
        {"bitpos:3 bits=4", RSL_EARG, "no meaning for bitpos"},
        {"sram", RSL_EARG, "'tiled'"},
        {"sram:tile:0.1", RSL_EARG, "not 'tile'"},
        {"sram:tiled:0.1:4294967296", RSL_EARG, "from 0 to 4294967295"},
        {"sram:tiled:0.1:1:2", RSL_EARG, "too much"},
        {"sram:tiled:0.1 sampling=layers", RSL_EARG, "no meaning for sram"},
        {"sram:iid:0.1 bits=7", RSL_EARG, "no meaning for sram"},
        {"burst:1e-7", RSL_EARG, "a rate and a length"},
        {"burst:1e-7:0", RSL_EARG, "from 1"},
        {"burst:1e-7:5-4", RSL_EARG, "from 5"},
        {"burst:1e-7:geometric", RSL_EARG, "mean length"},
        {"burst:1e-7:geometric:0.5", RSL_EARG, "from 1"},
        {"burst:1e-7:9999999999", RSL_EARG, "from 1 to 1048576"},
        {"list", RSL_EARG, "name of a file"},
        {"list:", RSL_EARG, "name of a file"},
        {"list:a.csv layers=conv1", RSL_EARG, "no meaning for list"},
        {"neuron:0", RSL_EARG, "from 1"},
        {"neuron:1.5", RSL_EARG, "from 0 to 1"},
        {"neuron:1:2", RSL_EARG, "too much"},
        {"neuron as=int4", RSL_ENOTFOUND, "did you mean int8"},
        {"neuron at=output", RSL_ENOTFOUND, "did you mean outputs"},
        {"neuron at=outputs,inputs", RSL_EARG, "only one"},
        {"neuron pick=bits", RSL_ENOTFOUND, "way of picking"},
        {"neuron channels=3-1", RSL_EARG, "from 3"},
        {"neuron channels=1,2", RSL_EARG, "one run"},
        {"neuron pattern=block", RSL_EARG, "the size is missing"},
        {"neuron pattern=block:2", RSL_EARG, "a height and a width"},
        {"neuron pattern=row:2x3", RSL_EARG, "no size"},
        {"neuron value=x", RSL_EARG, "no number"},
        {"neuron value=1 bits=3", RSL_EARG, "no meaning"},
        {"neuron as=bf16 bits=16", RSL_EARG, "bf16 has bits 0 to 15"},
        {"neuron regions=weights", RSL_EARG, "no meaning for neuron"},
        {"neuron pick=layers pick=layers", RSL_EARG, "twice"},
        {"ber pattern=row", RSL_ENOTFOUND, "no option 'pattern'"},
        {"fit:700", RSL_EARG, "FIT per Mbit and hours"},
        {"fit:-1:5", RSL_EARG, "from 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_fault_spec *spec;
        check_fails(rsl_fault_spec_parse(&spec, cases[i].text), cases[i].status, cases[i].words);
        assert_null(spec);
    }
    char rest[20000]; /* a long list of names is fine */
    struct rsl_fault_spec *spec;
    memset(rest, 'a', sizeof rest);
    memcpy(rest, "ber layers=", 11);
    for (size_t i = 13; i < sizeof rest; i += 2) rest[i] = ',';
    rest[sizeof rest - 1] = 0;
    rest[sizeof rest - 2] = 'b';
    check_ok(rsl_fault_spec_parse(&spec, rest));
    rsl_fault_spec_free(spec);
}

static void test_help(void **state) {
    (void)state;
    const char *name, *arguments, *about;
    int n = 0;
    while (rsl_fault_model_help(n, &name, &arguments, &about)) {
        assert_true(*name && *about);
        n++;
    }
    assert_int_equal(n, 11);
}

static void test_open_rate(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){1000}, 1, "symmetric8");
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    check_ok(rsl_fault_spec_parse(&spec, "ber + stuck1:0.25"));
    assert_true(rsl_fault_spec_open(spec));
    check_fails(rsl_fault_source_new(&source, spec, &image), RSL_EARG, "a rate is missing");
    check_fails(rsl_fault_spec_set_rate(spec, 1.25), RSL_EARG, "from 0 to 1");
    check_fails(rsl_fault_spec_set_rate(spec, (double)NAN), RSL_EARG, "from 0 to 1");
    check_ok(rsl_fault_spec_set_rate(spec, 0.5));
    check_ok(rsl_fault_spec_set_rate(spec, 0.125));
    assert_false(rsl_fault_spec_open(spec));
    assert_true(isnan(rsl_fault_spec_rate(spec))); /* two models have no one rate */
    check_ok(rsl_fault_source_new(&source, spec, &image));
    assert_true(rsl_fault_expected(source, 0) == 1000);
    assert_true(rsl_fault_expected(source, 1) == 2000);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    check_ok(rsl_fault_spec_parse(&spec, "single"));
    check_fails(rsl_fault_spec_set_rate(spec, 0.5), RSL_EARG, "not of a rate");
    rsl_fault_spec_free(spec);
    fake_free(&image);
}

static void test_rate(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double rate;
    } cases[] = {{"ber:1e-4", 1e-4},        {"bitpos:30:0.5", 0.5},
                 {"burst:1e-3:2-8", 1e-3},  {"sram:tiled:0.01", 0.01},
                 {"stuck1:0.25", 0.25},     {"neuron:0.125", 0.125},
                 {"fit:700:8760", 0},       {"ber", NAN},
                 {"ber:count:3", NAN},      {"single", NAN},
                 {"ber:1e-4 + single", NAN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_fault_spec *spec;
        check_ok(rsl_fault_spec_parse(&spec, cases[i].text));
        double want =
            strncmp(cases[i].text, "fit", 3) == 0 ? rsl_fault_ber_of_fit(700, 8760) : cases[i].rate;
        double got = rsl_fault_spec_rate(spec);
        if (!(got == want || (isnan(got) && isnan(want))))
            fail_msg("%s: %g, not %g", cases[i].text, got, want);
        rsl_fault_spec_free(spec);
    }
}

/* ---- populations ---- */

static const char *const storages[] = {"f32",
                                       "symmetric8",
                                       "affine3/msb",
                                       "affine3/msb/plane",
                                       "affine5/secded",
                                       "affine5/secded/plane",
                                       "affine4/tmr/plane",
                                       "f32/tmr",
                                       "affine7/parity",
                                       "symmetric8:channel:negate"};
enum { STORAGES = sizeof storages / sizeof *storages };

/* Numbers and addresses are a bijection between the population and the bits that were chosen. */
static void check_population(const struct rsl_memory *image, const char *spec,
                             bool (*belongs)(const struct rsl_memory *image, int64_t address)) {
    struct drawn d = open_spec(image, spec);
    const struct rsl_fault_population *p = rsl_fault_population(d.source, 0);
    uint8_t *seen = rsl_calloc((size_t)image->bits, 1);
    int64_t parts = 0;
    for (int64_t i = 0; i < p->bits; i++) {
        int64_t address = rsl_population_address(p, image, i);
        assert_int_equal(seen[address]++, 0);
    }
    for (int64_t a = 0; a < image->bits; a++) {
        assert_int_equal(seen[a], belongs(image, a));
        assert_int_equal(rsl_population_has(p, image, a), belongs(image, a));
    }
    for (int i = 0; i < p->n; i++) parts += p->parts[i].bits;
    assert_int_equal(parts, p->bits);
    rsl_free(seen);
    close_spec(&d);
}

static bool in_weights(const struct rsl_memory *image, int64_t a) {
    return a < image->region[RSL_REGION_WEIGHTS].bits;
}

static bool in_scales(const struct rsl_memory *image, int64_t a) {
    return image->tensors[rsl_memory_locate(image, a).tensor].region == RSL_REGION_SCALES;
}

static bool in_layer_0(const struct rsl_memory *image, int64_t a) {
    return rsl_memory_locate(image, a).tensor == 0;
}

static bool in_layers_1_2(const struct rsl_memory *image, int64_t a) {
    int tensor = rsl_memory_locate(image, a).tensor;
    return tensor == 1 || tensor == 2;
}

/* Bit 2 of the codes, where layer 1's are left out. */
static bool is_bit_2(const struct rsl_memory *image, int64_t a) {
    struct rsl_cell c = rsl_memory_locate(image, a);
    bool data = c.role.kind == RSL_BIT_DATA && c.role.bit == 2;
    return in_weights(image, a) && data && c.tensor != 1;
}

static bool is_top(const struct rsl_memory *image, int64_t a) {
    struct rsl_cell c = rsl_memory_locate(image, a);
    int top = image->tensors[c.tensor].storage.encoding.bits - 1;
    return in_weights(image, a) && c.role.kind == RSL_BIT_DATA && c.role.bit == top;
}

static void test_populations(void **state) {
    (void)state;
    for (int i = 0; i < STORAGES; i++) {
        struct network net = network(storages[i]);
        check_population(net.image, "ber:0.5", in_weights);
        check_population(net.image, "ber:0.5 layers=0", in_layer_0);
        check_population(net.image, "ber:0.5 layers=conv1", in_layer_0);
        check_population(net.image, "ber:0.5 layers=c?nv*.weight,!block.*", in_layer_0);
        check_population(net.image, "ber:0.5 layers=1-2", in_layers_1_2);
        check_population(net.image, "ber:0.5 layers=*,!conv1", in_layers_1_2);
        check_population(net.image, "ber:0.5 layers=!conv1", in_layers_1_2);
        check_population(net.image, "ber:0.5 bits=2 layers=!1", is_bit_2);
        check_population(net.image, "bitpos:2:0.5 layers=!1", is_bit_2);
        check_population(net.image, "ber:0.5 bits=top", is_top);
        if (strstr(storages[i], "affine"))
            check_population(net.image, "ber:0.5 regions=scales", in_scales);
        network_free(&net);
    }
}

/* Exported sequences call their layers "0", "2", "4": a number is then a name, not a place, and the
 * whole name of weights is theirs alone. */
static void test_numbers_as_names(void **state) {
    (void)state;
    struct network net = network("symmetric8");
    struct rsl_memory_tensor *t = net.image->tensors;
    t[0].name = "2.weight", t[1].name = "0.weight", t[2].name = "2.weight.old";
    for (int i = 0; i < 3; i++) t[i].node = "Gemm";
    check_population(net.image, "ber:0.5 layers=2", in_layer_0);
    check_population(net.image, "ber:0.5 layers=2.weight", in_layer_0);
    check_population(net.image, "ber:0.5 layers=!2", in_layers_1_2);
    check_population(net.image, "ber:0.5 layers=0,2.*.old", in_layers_1_2);
    check_population(net.image, "ber:0.5 layers=1,2.*.old", in_layers_1_2);
    network_free(&net);
}

static void test_wrong_places(void **state) {
    (void)state;
    static const struct {
        const char *spec;
        int status;
        const char *words;
    } cases[] = {
        {"ber:0.5 layers=conv2", RSL_ENOTFOUND, "conv1.weight"},
        {"ber:0.5 layers=3", RSL_ENOTFOUND, "no layer"},
        {"ber:0.5 layers=fc,!fcc", RSL_ENOTFOUND, "'fcc'"},
        {"ber:0.5 layers=bn1.weight", RSL_ENOTFOUND, "but one is with regions=norms"},
        {"ber:0.5 layers=module.bn1 regions=biases", RSL_ENOTFOUND, "with regions=norms"},
        {"ber:0.5 layers=fc,!fc", RSL_EARG, "no bit to strike"},
        {"ber:0.5 bits=8", RSL_EARG, "no chosen layer has bit 8"},
        {"bitpos:31:0.5", RSL_EARG, "0 to 7"},
        {"ber:0.5 regions=zero_points", RSL_EARG, "nothing in zero_points"},
        {"count:1000000", RSL_EARG, "1000000 faults are asked for"},
        {"single + count:1000000 sampling=layers", RSL_EARG, "fault model count"},
        {"list:/nowhere/faults.csv", RSL_EIO, "/nowhere/faults.csv"},
    };
    struct network net = network("symmetric8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_fault_spec *spec;
        struct rsl_fault_source *source;
        check_ok(rsl_fault_spec_parse(&spec, cases[i].spec));
        check_fails(rsl_fault_source_new(&source, spec, net.image), cases[i].status,
                    cases[i].words);
        assert_null(source);
        rsl_fault_spec_free(spec);
    }
    network_free(&net);
}

/* ---- drawing ---- */

static const char *const specs[] = {
    "ber:0.01",
    "ber:0.01 sampling=layers",
    "count:40",
    "count:40 sampling=layers bits=1-2",
    "single",
    "bitpos:1:0.1",
    "stuck0:0.02 + stuck1:0.02",
    "sram:tiled:0.01:7",
    "sram:iid:0.02",
    "burst:0.002:3-9",
    "burst:0.002:geometric:4 bits=0,2",
    "fit:1e12:100",
    "ber:0.01 + ber:0.01 + stuck1:0.01 sampling=layers",
};
enum { SPECS = sizeof specs / sizeof *specs };

static bool same(const struct rsl_faults *a, const struct rsl_faults *b) {
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++)
        if (a->at[i].address != b->at[i].address || a->at[i].effect != b->at[i].effect)
            return false;
    return true;
}

/* A trial is the same whatever came before, in whatever list; others differ. */
static void test_purity(void **state) {
    (void)state;
    struct network net = network("affine4/msb/plane");
    for (int i = 0; i < SPECS; i++) {
        struct drawn d = open_spec(net.image, specs[i]), e = open_spec(net.image, specs[i]);
        uint64_t trials = strstr(specs[i], ":tiled") ? 3 : 20; /* a map takes its time */
        uint64_t differ = 0;
        for (uint64_t trial = 0; trial < trials; trial++) {
            check_ok(rsl_faults_draw(d.source, 5, 19 - trial, &d.faults));
            check_ok(rsl_faults_draw(d.source, 5, trial, &d.faults));
            check_ascending(&d.faults, net.image);
            struct rsl_faults fresh = {0};
            check_ok(rsl_faults_draw(e.source, 5, trial, &fresh));
            assert_true(same(&d.faults, &fresh));
            check_ok(rsl_faults_draw(e.source, 5, trial + 1, &fresh));
            differ += !same(&d.faults, &fresh);
            rsl_faults_free(&fresh);
        }
        assert_true(4 * differ >= 3 * trials);
        if (!strstr(specs[i], ":tiled")) { /* published maps have seeds of their own */
            check_ok(rsl_faults_draw(d.source, 5, 3, &d.faults));
            check_ok(rsl_faults_draw(e.source, 6, 3, &e.faults));
            assert_false(same(&d.faults, &e.faults));
        }
        close_spec(&d);
        close_spec(&e);
    }
    network_free(&net);
}

/* The same faults on every machine, now and later; see tests/data/make_faults.py. */
static void test_golden(void **state) {
    (void)state;
    static const int64_t ber[] = {44697,  47082,  60533,  70002,  72032,  97655,  99183,  104129,
                                  122234, 122523, 123578, 138645, 155703, 166886, 171130, 175770},
                         layers[] = {175, 423, 577, 1371, 15885, 58785};
    struct rsl_memory image = fake_image((int64_t[]){100, 5000, 20000}, 3, "symmetric8");
    struct drawn d = open_spec(&image, "ber:5e-5");
    check_ok(rsl_faults_draw(d.source, 1, 2, &d.faults));
    assert_int_equal(d.faults.n, sizeof ber / sizeof *ber);
    for (size_t i = 0; i < d.faults.n; i++) assert_int_equal(d.faults.at[i].address, ber[i]);
    close_spec(&d);
    d = open_spec(&image, "count:6 sampling=layers");
    check_ok(rsl_faults_draw(d.source, 1, 2, &d.faults));
    assert_int_equal(d.faults.n, sizeof layers / sizeof *layers);
    for (size_t i = 0; i < d.faults.n; i++) assert_int_equal(d.faults.at[i].address, layers[i]);
    close_spec(&d);
    fake_free(&image);
}

/* Every bit of a small memory is hit as often as every other: chi-square over `bits` cells. */
static double uneven(const struct rsl_memory *image, const char *spec, int trials, double each) {
    struct drawn d = open_spec(image, spec);
    int64_t *hits = rsl_calloc((size_t)image->bits, sizeof *hits);
    double chi = 0;
    for (int trial = 0; trial < trials; trial++) {
        check_ok(rsl_faults_draw(d.source, 3, (uint64_t)trial, &d.faults));
        for (size_t i = 0; i < d.faults.n; i++) hits[d.faults.at[i].address]++;
    }
    for (int64_t a = 0; a < image->bits; a++) {
        double p = each, expected = trials * p, off = (double)hits[a] - expected;
        chi += off * off / (expected * (1 - p));
    }
    rsl_free(hits);
    close_spec(&d);
    return chi;
}

static void test_uniform(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){6, 10}, 2, "symmetric4");
    /* 64 bits; 99.9 % of chi-square with 64 degrees of freedom is 104.7, 0.1 % is 34.6 */
    static const struct {
        const char *spec;
        double each;
    } cases[] = {{"ber:0.1", 0.1},     {"count:20", 20 / 64.0}, {"count:50", 50 / 64.0},
                 {"single", 1 / 64.0}, {"stuck1:0.3", 0.3},     {"sram:iid:0.2", 0.2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double chi = uneven(&image, cases[i].spec, 6000, cases[i].each);
        if (chi < 34.6 || chi > 104.7) fail_msg("%s: chi-square %g", cases[i].spec, chi);
    }
    fake_free(&image);
}

/* Exactly K different ones, up to all there are. */
static void test_count(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){50, 50}, 2, "affine3/msb");
    static const int counts[] = {1, 2, 249, 250, 251, 499, 500};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char spec[40];
        snprintf(spec, sizeof spec, "count:%d", counts[i]);
        struct drawn d = open_spec(&image, spec);
        for (uint64_t trial = 0; trial < 50; trial++) {
            check_ok(rsl_faults_draw(d.source, 9, trial, &d.faults));
            assert_int_equal(d.faults.n, counts[i]);
            check_ascending(&d.faults, &image);
        }
        close_spec(&d);
    }
    fake_free(&image);
}

/* ---- sampling by layers: FORTUNE's published numbers ---- */

static const int64_t vgg11[] = {1728,    73728,   294912,  589824,   1179648, 2359296,
                                2359296, 2359296, 2097152, 16777216, 40960};
static const int64_t alexnet[] = {11616,  614400,   884736,   1327104,
                                  884736, 37748736, 16777216, 40960};

static void test_fortune_counts(void **state) {
    (void)state;
    static const char *const rates[] = {"1e-5", "3e-5", "1e-4", "3e-4"};
    static const int64_t vgg_faults[] = {2250, 6751, 22506, 67519};
    static const int64_t alexnet_faults[] = {4663, 13989, 46631, 139894};
    struct rsl_memory vgg = fake_image(vgg11, 11, "symmetric8:channel:negate");
    struct rsl_memory alex = fake_image(alexnet, 8, "symmetric8:channel:negate");
    assert_int_equal(vgg.bits, 28133056 * 8LL);
    assert_int_equal(alex.bits, 58289504 * 8LL);
    for (int i = 0; i < 4; i++) {
        char spec[60];
        snprintf(spec, sizeof spec, "ber:%s sampling=layers", rates[i]);
        struct drawn d = open_spec(&vgg, spec), e = open_spec(&alex, spec);
        assert_true(rsl_fault_expected(d.source, 0) == (double)vgg_faults[i]);
        assert_true(rsl_fault_expected(e.source, 0) == (double)alexnet_faults[i]);
        assert_string_equal(rsl_fault_sampling(d.source, 0), "layers");
        check_ok(rsl_faults_draw(d.source, 0, 0, &d.faults)); /* pairs have cancelled */
        assert_true((int64_t)d.faults.n <= vgg_faults[i]);
        assert_int_equal((vgg_faults[i] - (int64_t)d.faults.n) % 2, 0);
        close_spec(&d);
        close_spec(&e);
    }
    fake_free(&vgg);
    fake_free(&alex);
    static const struct { /* the number does not depend on how the weights are split in layers */
        int64_t weights;
        const char *storage;
        double faults[4];
    } others[] = {{10992320, "symmetric8", {879, 2638, 8793, 26381}},     /* ResNet-18 */
                  {21604928, "symmetric8", {1728, 5185, 17283, 51851}},   /* Inception-v3 */
                  {28133056, "affine3/msb", {1406, 4219, 14066, 42199}}}; /* copies count */
    for (int k = 0; k < 3; k++) {
        struct rsl_memory image = fake_image(&others[k].weights, 1, others[k].storage);
        for (int i = 0; i < 4; i++) {
            char spec[60];
            snprintf(spec, sizeof spec, "ber:%s sampling=layers", rates[i]);
            struct drawn d = open_spec(&image, spec);
            assert_true(rsl_fault_expected(d.source, 0) == others[k].faults[i]);
            close_spec(&d);
        }
        fake_free(&image);
    }
}

/* BER_eff = BER N / (L N_l): 1480 times the nominal rate in VGG-11's first layer. */
static void test_fortune_rates(void **state) {
    (void)state;
    struct rsl_memory vgg = fake_image(vgg11, 11, "symmetric8");
    struct drawn d = open_spec(&vgg, "ber:3e-4 sampling=layers");
    assert_true(fabs(rsl_fault_part_rate(d.source, 0, 0) / 3e-4 - 1480) < 1);
    assert_true(fabs(rsl_fault_part_rate(d.source, 0, 0) - 0.444) < 0.0005);
    int64_t hits[11] = {0};
    enum { TRIALS = 25 };
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        check_ok(rsl_faults_draw(d.source, 8, trial, &d.faults));
        for (size_t i = 0; i < d.faults.n; i++)
            hits[rsl_memory_locate(&vgg, d.faults.at[i].address).tensor]++;
    }
    for (int layer = 0; layer < 11; layer++) { /* odd numbers of hits remain */
        double bits = 8.0 * (double)vgg11[layer], rate = rsl_fault_part_rate(d.source, 0, layer);
        double flipped = bits * (1 - exp(-2 * rate)) / 2, seen = (double)hits[layer] / TRIALS;
        assert_true(fabs(seen - flipped) < 5 * sqrt(rate * bits / TRIALS));
    }
    close_spec(&d);
    fake_free(&vgg);
}

/* ---- bursts ---- */

/* Rare bursts in one tensor: what is drawn are runs of the lengths that were asked for. */
static void test_bursts(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){20000}, 1, "affine3/msb/plane");
    static const char *const lengths[] = {"5", "2-6", "geometric:3"};
    for (int kind = 0; kind < 3; kind++) {
        char spec[60];
        snprintf(spec, sizeof spec, "burst:1e-5:%s", lengths[kind]);
        struct drawn d = open_spec(&image, spec);
        int64_t runs = 0, cells = 0, histogram[8] = {0};
        for (uint64_t trial = 0; trial < 4000; trial++) {
            check_ok(rsl_faults_draw(d.source, 2, trial, &d.faults));
            for (size_t i = 0, run = 0; i < d.faults.n; i++) {
                bool ends =
                    i + 1 == d.faults.n || d.faults.at[i + 1].address != d.faults.at[i].address + 1;
                run++;
                cells++;
                if (!ends) continue;
                runs++;
                histogram[run < 8 ? run : 7]++;
                run = 0;
            }
        }
        assert_true(runs > 3600 && runs < 4400); /* 4,000 are expected */
        double mean = (double)cells / (double)runs;
        double wanted = kind == 0 ? 5 : kind == 1 ? 4 : 3;
        assert_true(fabs(mean - wanted) < 0.15);
        if (kind == 0) assert_true((double)histogram[5] / (double)runs > 0.995);
        for (int n = 2; kind == 1 && n <= 6; n++)
            assert_true(fabs((double)histogram[n] / (double)runs - 0.2) < 0.03);
        if (kind == 2) assert_true(fabs((double)histogram[1] / (double)runs - 1 / 3.0) < 0.04);
        close_spec(&d);
    }
    fake_free(&image);
}

/* In planes a burst takes one bit of a weight at most, in words it takes several. */
static void test_burst_layout(void **state) {
    (void)state;
    for (int plane = 0; plane < 2; plane++) {
        struct rsl_memory image =
            fake_image((int64_t[]){1000}, 1, plane ? "affine3/msb/plane" : "affine3/msb");
        struct drawn d = open_spec(&image, "burst:1e-4:5");
        int shared = 0;
        for (uint64_t trial = 0; trial < 200; trial++) {
            check_ok(rsl_faults_draw(d.source, 2, trial, &d.faults));
            for (size_t i = 0; i + 1 < d.faults.n; i++)
                shared += d.faults.at[i + 1].address == d.faults.at[i].address + 1 &&
                          rsl_memory_locate(&image, d.faults.at[i].address).weight ==
                              rsl_memory_locate(&image, d.faults.at[i + 1].address).weight;
        }
        assert_true(plane ? shared == 0 : shared > 100);
        close_spec(&d);
        fake_free(&image);
    }
}

/* ---- several models ---- */

static enum rsl_effect effect_of(const char *spec) {
    struct rsl_memory image = fake_image((int64_t[]){1}, 1, "symmetric2"); /* two bits */
    struct drawn d = open_spec(&image, spec);
    check_ok(rsl_faults_draw(d.source, 0, 0, &d.faults));
    enum rsl_effect e = d.faults.n ? d.faults.at[0].effect : (enum rsl_effect)99;
    assert_int_equal(d.faults.n, e == (enum rsl_effect)99 ? 0 : 2);
    close_spec(&d);
    fake_free(&image);
    return e;
}

/* How many were drawn is told though they cancel. */
static void test_drawn(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){1}, 1, "symmetric2");
    struct drawn d = open_spec(&image, "ber:1 + count:2 + single");
    check_ok(rsl_faults_draw(d.source, 0, 0, &d.faults));
    assert_int_equal(d.faults.n, 1);
    assert_int_equal(d.faults.drawn, 5);
    close_spec(&d);
    fake_free(&image);
}

static void test_order(void **state) {
    (void)state;
    assert_int_equal(effect_of("ber:1"), RSL_FLIP);
    assert_int_equal(effect_of("ber:1 + count:2"), 99);
    assert_int_equal(effect_of("ber:1 + count:2 + ber:1"), RSL_FLIP);
    assert_int_equal(effect_of("ber:1 + stuck0:1"), RSL_STUCK_0);
    assert_int_equal(effect_of("stuck0:1 + ber:1"), RSL_STUCK_0); /* a stuck cell stays stuck */
    assert_int_equal(effect_of("stuck0:1 + stuck1:1"), RSL_STUCK_1);
    assert_int_equal(effect_of("ber:0"), 99);
}

/* ---- in a device ---- */

static void hash(const struct rsl_cells *c, const struct rsl_memory *image, char hex[65]) {
    struct rsl_sha256 sum;
    uint8_t *bits = rsl_calloc((size_t)image->bits, 1);
    for (int64_t a = 0; a < image->bits; a++) bits[a] = rsl_cells_bit(c, a);
    rsl_sha256_init(&sum);
    rsl_sha256_add(&sum, bits, (size_t)image->bits);
    rsl_sha256_hex(&sum, hex);
    rsl_free(bits);
}

static void test_apply(void **state) {
    (void)state;
    for (int k = 0; k < STORAGES; k++) {
        struct network net = network(storages[k]);
        struct rsl_cells *cells;
        char before[65], after[65];
        check_ok(rsl_cells_new(&cells, net.image));
        hash(cells, net.image, before);
        for (int i = 0; i < SPECS; i++) {
            if (strstr(specs[i], "tiled")) continue;
            struct drawn d = open_spec(net.image, specs[i]);
            for (uint64_t trial = 0; trial < 3; trial++) {
                int64_t changed, differ = 0;
                check_ok(rsl_faults_draw(d.source, 4, trial, &d.faults));
                check_ok(rsl_faults_apply(&d.faults, cells, &changed));
                for (size_t f = 0; f < d.faults.n; f++) {
                    int64_t a = d.faults.at[f].address;
                    struct rsl_cell at = rsl_memory_locate(net.image, a);
                    const struct rsl_memory_tensor *t = &net.image->tensors[at.tensor];
                    bool was = t->bits[(a - t->address) / 8] >> (a - t->address) % 8 & 1;
                    bool is = rsl_cells_bit(cells, a);
                    differ += was != is;
                    if (d.faults.at[f].effect != RSL_FLIP && !t->storage.encoding.negate)
                        assert_int_equal(is, d.faults.at[f].effect == RSL_STUCK_1);
                }
                if (!strstr(storages[k], "negate")) assert_int_equal(changed, differ);
                rsl_cells_restore(cells);
                hash(cells, net.image, after);
                assert_string_equal(before, after);
            }
            close_spec(&d);
        }
        rsl_cells_free(cells);
        network_free(&net);
    }
}

/* FORTUNE's protected bit: one flip among the bit and its copies is voted out, two are not. */
static void test_vote(void **state) {
    (void)state;
    struct network net = network("affine3/msb");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, net.image));
    for (int copies = 1; copies <= 2; copies++) {
        struct drawn d = open_spec(net.image, copies == 1 ? "bitpos:3:1" : "ber:1 bits=2-3");
        const struct rsl_change *changes;
        struct rsl_votes votes = {0};
        size_t n;
        check_ok(rsl_faults_draw(d.source, 0, 0, &d.faults));
        check_ok(rsl_faults_apply(&d.faults, cells, NULL));
        check_ok(rsl_cells_changes(cells, &changes, &n, &votes));
        int64_t weights = net.image->region[RSL_REGION_WEIGHTS].elements;
        assert_int_equal(d.faults.n, copies * weights);
        assert_int_equal(n, copies == 1 ? 0 : weights);
        assert_int_equal(votes.corrected, weights);
        assert_int_equal(votes.missed, copies == 1 ? 0 : weights);
        rsl_cells_restore(cells);
        close_spec(&d);
    }
    rsl_cells_free(cells);
    network_free(&net);
}

/* ---- formulas ---- */

/* Published: 9,604 of any large number at 95 % and 1 % (t = 1.96); ResNet-20 and MobileNetV2 of
 * Ruospo et al. (DATE 2023) at 99 % and 1 % (t = 2.58), stuck-at faults of all bits. */
static void test_sample_size(void **state) {
    (void)state;
    assert_int_equal(rsl_fault_sample_size(INT64_MAX, 0.01, 1.96, 0.5), 9604);
    assert_int_equal(rsl_fault_sample_size(17174144, 0.01, 2.58, 0.5), 16625);
    assert_int_equal(rsl_fault_sample_size(141029376, 0.01, 2.58, 0.5), 16639);
    assert_int_equal(rsl_fault_sample_size(1000000, 0.05, 1.96, 0.5), 384);
    assert_int_equal(rsl_fault_sample_size(1000, 0.05, 1.96, 0.5), 278);
    assert_int_equal(rsl_fault_sample_size(1, 0.01, 1.96, 0.5), 1);
    assert_int_equal(rsl_fault_sample_size(100, 1e-9, 1.96, 0.5), 100);
    assert_int_equal(rsl_fault_sample_size(100, 50, 1.96, 0.5), 1);
}

static void test_fit(void **state) {
    (void)state;
    assert_true(rsl_fault_ber_of_fit(0, 1e6) == 0);
    assert_true(fabs(rsl_fault_ber_of_fit(1000, 8760) / (1000 * 8760 / 1e9 / 1048576) - 1) < 1e-7);
    for (double x = 1e-12; x < 30; x *= 3) { /* x upsets per bit */
        double p = rsl_fault_ber_of_fit(x * 1048576 * 1e9, 1);
        assert_true(fabs(p / (-expm1(-2 * x) / 2) - 1) < 1e-14);
    }
    assert_true(rsl_fault_ber_of_fit(1e30, 1e30) == 0.5);
}

/* ---- memory ---- */

static long allocations;

static int count_gate(size_t size) {
    (void)size;
    return ++allocations != 0;
}

/* The second round of the same trials allocates nothing. */
static void test_no_allocation(void **state) {
    (void)state;
    struct network net = network("affine3/msb");
    struct rsl_cells *cells;
    check_ok(rsl_cells_new(&cells, net.image));
    for (int i = 0; i < SPECS; i++) {
        struct drawn d = open_spec(net.image, specs[i]);
        for (int round = 0; round < 2; round++) {
            allocations = 0;
            rsl_alloc_gate = count_gate;
            for (uint64_t trial = 0; trial < (strstr(specs[i], "tiled") ? 3 : 100); trial++) {
                const struct rsl_change *changes;
                size_t n;
                check_ok(rsl_faults_draw(d.source, 4, trial, &d.faults));
                check_ok(rsl_faults_apply(&d.faults, cells, NULL));
                check_ok(rsl_cells_changes(cells, &changes, &n, NULL));
                rsl_cells_restore(cells);
            }
            rsl_alloc_gate = NULL;
        }
        assert_int_equal(allocations, 0);
        close_spec(&d);
    }
    rsl_cells_free(cells);
    network_free(&net);
}

static int whole_life(void *context) {
    const struct rsl_memory *image = context;
    struct rsl_fault_spec *spec = NULL;
    struct rsl_fault_source *source = NULL;
    struct rsl_cells *cells = NULL;
    struct rsl_faults faults = {0};
    char *text = NULL;
    int rc = rsl_fault_spec_parse(&spec,
                                  "ber layers=conv1,\"fc\" + count:200 regions=scales,weights"
                                  " + burst:1e-3:2-8 + sram:iid:0.01 + stuck0:1e-3");
    if (rc == RSL_OK) rc = rsl_fault_spec_set_rate(spec, 0.1);
    if (rc == RSL_OK) rc = (text = rsl_fault_spec_text(spec)) != NULL ? RSL_OK : RSL_ENOMEM;
    if (rc == RSL_OK) rc = rsl_fault_source_new(&source, spec, image);
    if (rc == RSL_OK) rc = rsl_cells_new(&cells, image);
    if (rc == RSL_OK) rc = rsl_faults_draw(source, 1, 1, &faults);
    if (rc == RSL_OK) rc = rsl_faults_apply(&faults, cells, NULL);
    rsl_free(text);
    rsl_faults_free(&faults);
    rsl_cells_free(cells);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    struct network net = network("affine3/msb");
    assert_true(torture(whole_life, net.image) > 20);
    network_free(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_hostile_specs),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_open_rate),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_populations),
        cmocka_unit_test(test_numbers_as_names),
        cmocka_unit_test(test_wrong_places),
        cmocka_unit_test(test_purity),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_fortune_counts),
        cmocka_unit_test(test_fortune_rates),
        cmocka_unit_test(test_bursts),
        cmocka_unit_test(test_burst_layout),
        cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_vote),
        cmocka_unit_test(test_sample_size),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_no_allocation),
        cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

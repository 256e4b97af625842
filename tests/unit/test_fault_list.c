/* Fault lists: what is read is written back byte for byte, means the bits it names, and everything
 * else is refused with its line. */
#include "fault/fault_list.h"

#include "base/alloc.h"
#include "base/file.h"
#include "check.h"
#include "fault_image.h"
#include "graph/model.h"
#include "memory/layer_name.h"
#include "resile/zoo.h"
#include "torture.h"

#include <unistd.h>

#define HEADER "Injection,Layer,TensorIndex,Bit"

static int parse(struct rsl_fault_list *l, const char *text) {
    return rsl_fault_list_parse(l, text, strlen(text), "f.csv");
}

static void check_same_bytes(const struct rsl_fault_list *l, const void *bytes, size_t size) {
    struct rsl_text t = {0};
    rsl_fault_list_print(l, &t);
    check_ok(t.status);
    assert_int_equal(t.n, size);
    assert_memory_equal(t.at, bytes, size);
    rsl_text_free(&t);
}

/* ---- the published list ---- */

/* Lines of resnet20_faults.csv of Politecnico di Torino's dnn-benchmarks, with their results. */
static void test_published(void **state) {
    (void)state;
    static const struct {
        const char *tensor;
        int64_t weight;
        int bit;
    } expected[] = {
        {"conv1.weight", ((3 * 3 + 0) * 3 + 2) * 3 + 1, 15},
        {"conv1.weight", ((7 * 3 + 0) * 3 + 2) * 3 + 0, 5},
        {"conv1.weight", ((13 * 3 + 0) * 3 + 0) * 3 + 0, 30},
        {"conv1.weight", ((7 * 3 + 2) * 3 + 2) * 3 + 0, 12},
        {"conv1.weight", ((13 * 3 + 0) * 3 + 1) * 3 + 2, 17},
        {"layer1.0.conv2.weight", ((15 * 16 + 2) * 3 + 1) * 3 + 1, 26},
        {"layer2.0.conv1.weight", ((17 * 16 + 4) * 3 + 2) * 3 + 0, 16},
        {"layer2.0.conv1.weight", ((4 * 16 + 2) * 3 + 0) * 3 + 2, 1},
        {"layer3.2.conv2.weight", ((10 * 64 + 35) * 3 + 1) * 3 + 1, 17},
        {"linear.weight", 7 * 64 + 42, 15},
        {"linear.weight", 6 * 64 + 29, 28},
        {"linear.weight", 8 * 64 + 48, 2},
    };
    static const char path[] = TEST_DATA "/faults/resnet20.csv";
    enum { N = sizeof expected / sizeof *expected };
    struct rsl_model *model;
    struct rsl_memory *image;
    struct rsl_fault_list l;
    struct rsl_fault faults[N];
    struct rsl_file f;
    check_ok(rsl_zoo_build(&model, "resnet20", NULL));
    check_ok(rsl_memory_new(&image, &model->graph, NULL));
    check_ok(rsl_fault_list_read(&l, path));
    check_ok(rsl_file_open(&f, path));
    check_same_bytes(&l, f.data, f.size);
    rsl_file_close(&f);
    assert_int_equal(l.rows.n, N);
    check_ok(rsl_fault_list_resolve(&l, image, faults, path));
    for (int i = 0; i < N; i++) {
        struct rsl_cell cell = rsl_memory_locate(image, faults[i].address);
        assert_string_equal(image->tensors[cell.tensor].name, expected[i].tensor);
        assert_int_equal(cell.weight, expected[i].weight);
        assert_int_equal(cell.role.bit, expected[i].bit);
        assert_int_equal(faults[i].effect, RSL_FLIP);
    }
    rsl_fault_list_free(&l);

    struct rsl_fault_spec *spec; /* the same as a fault model */
    struct rsl_fault_source *source;
    struct rsl_faults drawn = {0};
    check_ok(rsl_fault_spec_parse(&spec, "list:" TEST_DATA "/faults/resnet20.csv"));
    check_ok(rsl_fault_source_new(&source, spec, image));
    assert_int_equal(rsl_fault_source_trials(source), N);
    for (uint64_t trial = 0; trial < N; trial++) {
        check_ok(rsl_faults_draw(source, trial, trial, &drawn));
        assert_int_equal(drawn.n, 1);
        assert_int_equal(drawn.at[0].address, faults[trial].address);
    }
    check_fails(rsl_faults_draw(source, 0, N, &drawn), RSL_EARG, "there is no trial 12");
    /* A drawn order: each injection once, under its own number, and others for other seeds. */
    bool seen[N] = {false};
    int64_t number[N];
    int moved = 0;
    for (int i = 0; i < N; i++) number[i] = rsl_fault_source_number(source, (uint64_t)i);
    rsl_fault_source_shuffle(source, 5);
    for (uint64_t trial = 0; trial < N; trial++) {
        int i = 0;
        while (number[i] != rsl_fault_source_number(source, trial)) assert_true(++i < N);
        check_ok(rsl_faults_draw(source, trial, trial, &drawn));
        assert_int_equal(drawn.at[0].address, faults[i].address);
        assert_false(seen[i]);
        seen[i] = true;
        moved += i != (int)trial;
    }
    assert_true(moved > N / 2);

    struct rsl_fault_spec *both; /* what stands side by side in two lists strikes together */
    struct rsl_fault_source *pair;
    check_ok(rsl_fault_spec_parse(&both, "list:" TEST_DATA "/faults/resnet20.csv + "
                                         "list:" TEST_DATA "/faults/resnet20.csv"));
    check_ok(rsl_fault_source_new(&pair, both, image));
    rsl_fault_source_shuffle(pair, 5);
    for (uint64_t trial = 0; trial < N; trial++) {
        check_ok(rsl_faults_draw(pair, trial, trial, &drawn));
        assert_int_equal(drawn.n, 0); /* twice the same bit */
    }
    rsl_fault_source_free(pair);
    rsl_fault_spec_free(both);
    char digest[65], none[65];
    rsl_fault_source_fingerprint(source, digest);
    assert_int_equal(strlen(digest), 64);
    rsl_faults_free(&drawn);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    check_ok(rsl_fault_spec_parse(&spec, "ber:1e-5")); /* nothing is read from elsewhere */
    check_ok(rsl_fault_source_new(&source, spec, image));
    rsl_fault_source_fingerprint(source, none);
    assert_string_equal(none, "");
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    rsl_memory_free(image);
    rsl_model_free(model);
}

/* ---- reading and writing ---- */

static void test_forms(void **state) {
    (void)state;
    static const char *const texts[] = {
        HEADER,
        HEADER "\n",
        HEADER "\r\n",
        HEADER "\n0,conv1,\"(0, 0, 0, 0)\",0\n",
        HEADER "\n0,conv1,\"(0, 0, 0, 0)\",0",
        HEADER "\r\n0,conv1,\"(0, 0, 0, 0)\",0\r\n7,3,\"(5,)\",31\r\n",
        HEADER "\n999999999999999999,\"a,\"\"b\",\"(1, 2)\",127\n",
        HEADER ",x\n1,a,\"(1,)\",1,\n1,a,\"(1,)\",1,5\" nails; not looked at\n",
        HEADER ",x,\n1,a,\"(1,)\",1,\"free, \"\"text\"\"\r\nof two lines\", \n",
        HEADER ",Effect\n1,a,\"(1,)\",1,flip\n1,a,\"(1,)\",1,stuck0\n1,b,\"(1,)\",2,stuck1\n",
        HEADER ",Effect,masked\n1,a,\"(1,)\",1,flip,3\n",
        HEADER ",Effective\n1,a,\"(1,)\",1,9\n",
        HEADER ",As\n1,a,\"(1,)\",1,\n1,outputs:a,\"(1,)\",1,bf16\n2,inputs:a:b,\"(1,)\",1,f32\n",
        HEADER ",Effect,As,masked\n1,outputs:a,\"(1,)\",1,flip,int8,3\n",
        HEADER "\n1,\" a\",\"(1,)\",1\n1,\"a \",\"(1,)\",1\n",
        HEADER "\n1,onnx::Conv_17 of it,\"(1, 2, 3, 4, 5, 6)\",1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct rsl_fault_list l;
        check_ok(parse(&l, texts[i]));
        check_same_bytes(&l, texts[i], strlen(texts[i]));
        rsl_fault_list_free(&l);
    }
}

/* Other spellings mean the same lines. */
static void test_spellings(void **state) {
    (void)state;
    static const char plain[] = HEADER "\n0,a,\"(1, 2)\",1\n1,b,\"(3,)\",2\n";
    static const char *const texts[] = {
        "\xef\xbb\xbf" HEADER "\n0,a,\"(1, 2)\",1\n1,b,\"(3,)\",2\n",
        HEADER "\n0,a,\"(1, 2)\",1\n1,b,\"(3,)\",2\n\n  \n\r\n",
        HEADER "\n0,\"a\",\"(1,2)\",1\r\n1,b,\"(3)\",2\n",
        HEADER "\n0,a,\"[1,  2]\",1\n1,b,\"( 3 , )\",2\n",
        "injection, layer ,tensorindex,BIT\n0,a,\"(1, 2)\",1\n1,b,\"(3,)\",2\n",
        "\"Injection\",\"layer\",\"Tensor Index\",\"Bit\"\n\"0\",\"a\",\"(1, "
        "2)\",\"1\"\n1,b,(3),2\n",
        " bit,tensor_index,Layer,INJECTION\n1,\"(1, 2)\",a,0\n2 ,\"(3,)\" , b,1 \n",
        "\n \n" HEADER "\n\n0, a , \"( 1,2 )\" ,\" 1\" \n\t\n1,b,[3],2 \n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct rsl_fault_list l;
        check_ok(parse(&l, texts[i]));
        check_same_bytes(&l, plain, strlen(plain));
        rsl_fault_list_free(&l);
    }
}

/* Columns stand where the first line says: Effect and As too, and those that are only kept. */
static void test_columns(void **state) {
    (void)state;
    static const char text[] =
        "Note,Layer,Effect,Bit,TensorIndex,as,Injection,masked\r\n"
        "\"a, b\",c,stuck1,4,\"(1,)\",,2, 3\r\n"
        ",outputs:c, Flip,5,\"(1, 0, 0)\",BF16,3,4\r\n";
    static const char written[] = HEADER
        ",Effect,As,Note,masked\r\n"
        "2,c,\"(1,)\",4,stuck1,,\"a, b\", 3\r\n"
        "3,outputs:c,\"(1, 0, 0)\",5,flip,bf16,,4\r\n";
    struct rsl_fault_list l;
    check_ok(parse(&l, text));
    assert_int_equal(l.rows.n, 2);
    assert_int_equal(l.rows.at[0].effect, RSL_STUCK_1);
    assert_int_equal(l.rows.at[1].as, 1 + RSL_AS_BF16);
    check_same_bytes(&l, written, sizeof written - 1);
    rsl_fault_list_free(&l);
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "'f.csv', line 1: a fault list begins with"},
        {"Injection;Layer;TensorIndex;Bit\n",
         "with commas and in any order; there is no 'Injection'"},
        {"Injection,Layer,TensorIndex,Bit,tensor index\n", "two columns are called 'TensorIndex'"},
        {HEADER ",effect,Effect\n", "two columns are called 'Effect'"},
        {"Injection,Layer,TensorIndex\n", "line 1"},
        {HEADER "s\n", "line 1"},
        {HEADER "\n\n,a,\"(1,)\",1\n", "line 3: the injection is no whole number"},
        {HEADER ",x\n0,a,\"(1,)\",1,\"\n\n\"\n0,a,\"(1,)\",b,\n",
         "line 5: the bit is no whole number"},
        {HEADER "\n0,\"\",\"(1,)\",1\n", "the layer is missing"},
        {HEADER "\n0,a,\"(1]\",1\n", "must be written as"},
        {HEADER "\n0,a,\"(1 2)\",1\n", "must be written as"},
        {HEADER "\n-1,a,\"(1,)\",1\n", "line 2: the injection is no whole number"},
        {HEADER "\n01,a,\"(1,)\",1\n", "begins with 0"},
        {HEADER "\n1000000000000000000,a,\"(1,)\",1\n", "too large"},
        {HEADER "\n0;a,\"(1,)\",1\n", "the injection is no whole number: '0;a'"},
        {HEADER "\n0.0,a,\"(1,)\",1\n", "the injection is no whole number: '0.0'"},
        {HEADER "\n\"0\"\"\",a,\"(1,)\",1\n", "the injection is no whole number"},
        {HEADER "\n0,,\"(1,)\",1\n", "the layer is missing"},
        {HEADER "\n0,\"a,b,(1,),1\n", "a quote is not closed: '\"a,b,(1,),1"},
        {HEADER "\n0,\"a\"b,\"(1,)\",1\n", "a closing quote must end a field"},
        {HEADER "\n0,a\"b,\"(1,)\",1\n", "must stand in quotes: 'a\"b'"},
        {HEADER "\n0,\"a\nb\",\"(1,)\",1\n", "line 2: the name of the layer has a line break"},
        {HEADER "\n0,a,(1,),1\n", "must be written as"},
        {HEADER "\n0,a,(3;1),1\n", "must be written as \"(3, 0, 2, 1)\", not '(3;1)'"},
        {HEADER "\n0,a,\"(1,) 2\",1\n", "must be written as"},
        {HEADER "\n0,a,5,1\n", "must be written as"},
        {HEADER "\n0,a,\"()\",1\n", "the index is no whole number"},
        {HEADER "\n0,a,\"(-1,)\",1\n", "the index is no whole number"},
        {HEADER "\n0,a,\"(1, 1, 1, 1, 1, 1, 1, 1, 1)\",1\n", "more than 8 numbers"},
        {HEADER "\n0,a,\"(1,)\",\n", "the bit is no whole number"},
        {HEADER "\n0,a,\"(1,)\"\n", "there are fewer columns than the 4 of the first line"},
        {HEADER "\n0,a,\"(1,)\",128\n", "no bit 128"},
        {HEADER "\n0,a,\"(1,)\",1.0\n", "the bit is no whole number: '1.0'"},
        {HEADER "\n0,a,\"(1,)\",1\n1,a,\"(1,)\",1,5\n", "line 3: there are more columns"},
        {HEADER ",x\n0,a,\"(1,)\",1\n", "there are fewer columns"},
        {HEADER ",Effect\n0,a,\"(1,)\",1\n", "there are fewer columns"},
        {HEADER ",x,Effect\n0,a,\"(1,)\",1,,\n", "the effect is flip, stuck0 or stuck1, not ''"},
        {HEADER ",As\n0,outputs:a,\"(1,)\",1,f16\n", "f32, bf16 or int8, not 'f16'"},
        {HEADER ",As\n0,a,\"(1,)\",1,bf16\n", "and 'a' is none"},
        {HEADER ",Effect\n0,a,\"(1,)\",1,stuck\n", "the effect is flip"},
        {HEADER "\n0,a\rb,\"(1,)\",1\n", "carriage return"},
    };
    struct rsl_fault_list l;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_fails(parse(&l, cases[i].text), RSL_EFORMAT, cases[i].words);
    check_fails(rsl_fault_list_parse(&l, HEADER "\n\0", 33, "f.csv"), RSL_EFORMAT, "zero bytes");
    check_fails(rsl_fault_list_read(&l, "/nowhere/f.csv"), RSL_EIO, "/nowhere/f.csv");
}

/* ---- what lines mean ---- */

static void test_wrong_bits(void **state) {
    (void)state;
    static const struct {
        const char *row, *words;
    } cases[] = {
        {"0,conv2,\"(0, 0, 0, 0)\",0", "no layer 'conv2'; the nearest are conv1.weight"},
        {"0,3,\"(0, 0, 0, 0)\",0", "no layer '3'"},
        {"0,conv1,\"(5, 0, 0, 0)\",0", "index 5 in dimension 0 of 'conv1.weight'"},
        {"0,conv1,\"(4, 0, 0, 3)\",0", "index 3 in dimension 3"},
        {"0,conv1,\"(0, 0, 0)\",0", "3 numbers in the index"},
        {"0,conv1,\"(0, 0, 0, 0)\",5", "have no bit 5"},
        {"0,norms:bn1,\"(0,)\",0", "several tensors of the norms"},
        {"0,scales:bn1,\"(0,)\",0", "the scales have no layer 'bn1'"},
        {"0,scales:conv1,\"(5,)\",0", "index 5"},
        {"0,biases:conv1.bias,\"(0,)\",32", "have no bit 32"},
    };
    struct network net = network("affine3/msb");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rsl_fault_list l;
        struct rsl_fault faults[2];
        char text[200];
        snprintf(text, sizeof text, HEADER "\n0,0,\"(0, 0, 0, 0)\",0\n%s\n", cases[i].row);
        check_ok(parse(&l, text));
        int rc = rsl_fault_list_resolve(&l, net.image, faults, "f.csv");
        if (rc >= 0 || !strstr(rsl_errmsg(), cases[i].words) ||
            !strstr(rsl_errmsg(), "'f.csv', line 3: "))
            fail_msg("%s: '%s'", cases[i].row, rsl_errmsg());
        rsl_fault_list_free(&l);
    }
    network_free(&net);
}

/* Names, stems, nodes and indices are the same layer. */
static void test_names(void **state) {
    (void)state;
    struct network net = network("affine3/msb");
    static const char *const names[] = {"block.conv.weight", "block.conv",        "second", "1",
                                        "weights:1",         "weights:block.conv"};
    for (int i = 0; i < 6; i++) assert_int_equal(rsl_layer_find(net.image, names[i]), 1);
    int scales = net.image->tensors[1].scales;
    assert_int_equal(rsl_layer_find(net.image, "scales:block.conv"), scales);
    for (int i = 0; i < net.image->n; i++) { /* every tensor's name finds it */
        struct rsl_text t = {0};
        rsl_layer_name(net.image, i, &t);
        assert_int_equal(rsl_layer_find(net.image, t.at), i);
        if (i == 1) assert_string_equal(t.at, "block.conv");
        rsl_text_free(&t);
    }
    network_free(&net);
}

/* Names of checkpoints, and of constants in other regions. */
static void test_names_elsewhere(void **state) {
    (void)state;
    static const struct {
        const char *name, *tensor;
    } found[] = {
        {"module.conv1", "conv1.weight"},       {"module.block.conv.weight", "block.conv.weight"},
        {"second.weight", "block.conv.weight"}, {"bn1.running_var", "bn1.running_var"},
        {"module.bn1.weight", "bn1.weight"},    {"norms:module.bn1.weight", "bn1.weight"},
        {"conv1.bias", "conv1.bias"},
    };
    static const struct {
        const char *name, *words;
    } refused[] = {
        {"bn1", "the weights have no layer 'bn1', but there is 'norms:bn1.weight'"},
        {"weights:conv1.bias", "but there is 'biases:conv1.bias'"},
        {"module.1", "no layer 'module.1'"},
        {"module.module.conv1", "no layer 'module.module.conv1'"},
        {"*.weight", "no layer '*.weight'"},
    };
    struct network net = network("affine3/msb");
    for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
        int tensor = rsl_layer_find(net.image, found[i].name);
        check_ok(tensor < 0 ? tensor : RSL_OK);
        assert_string_equal(net.image->tensors[tensor].name, found[i].tensor);
    }
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check_fails(rsl_layer_find(net.image, refused[i].name), RSL_ENOTFOUND, refused[i].words);
    network_free(&net);
}

/* Every bit of every region has a line, and the line is that bit. */
static void test_every_bit(void **state) {
    (void)state;
    static const char *const storages[] = {"affine3/msb",          "affine5/secded",
                                           "affine5/secded/plane", "f16/tmr/plane",
                                           "f32/secded",           "affine7/parity"};
    for (int s = 0; s < 6; s++) {
        struct network net = network(storages[s]);
        struct rsl_faults all = {0};
        struct rsl_fault_list l, again;
        struct rsl_text t = {0};
        all.n = (size_t)net.image->bits;
        all.at = rsl_calloc(all.n, sizeof *all.at);
        for (size_t i = 0; i < all.n; i++) all.at[i].address = (int64_t)i;
        rsl_fault_list_init(&l);
        check_ok(rsl_fault_list_add(&l, net.image, 0, &all));
        rsl_fault_list_print(&l, &t);
        check_ok(rsl_fault_list_parse(&again, t.at, t.n, "f.csv"));
        check_same_bytes(&again, t.at, t.n);
        struct rsl_fault *back = rsl_calloc(all.n, sizeof *back);
        assert_int_equal(again.rows.n, all.n);
        check_ok(rsl_fault_list_resolve(&again, net.image, back, "f.csv"));
        for (size_t i = 0; i < all.n; i++) assert_int_equal(back[i].address, i);
        rsl_free(back);
        rsl_text_free(&t);
        rsl_fault_list_free(&l);
        rsl_fault_list_free(&again);
        rsl_faults_free(&all);
        network_free(&net);
    }
}

/* Names that a line cannot hold, and lists with columns that nobody could fill. */
static void test_no_line(void **state) {
    (void)state;
    struct rsl_memory image = fake_image((int64_t[]){4, 4}, 2, "f32");
    struct rsl_fault at[] = {{5, RSL_FLIP}, {130, RSL_STUCK_1}};
    const struct rsl_faults faults = {.at = at, .n = 2};
    struct rsl_fault_list l;
    image.tensors[0].name = "one";
    image.tensors[1].name = "a\nb";
    rsl_fault_list_init(&l);
    check_fails(rsl_fault_list_add(&l, &image, 0, &faults), RSL_EUNSUPPORTED, "line break");
    assert_int_equal(l.rows.n, 0);
    image.tensors[1].name = "a,\"b";
    check_ok(rsl_fault_list_add(&l, &image, 0, &faults));
    static const char text[] = HEADER
        ",Effect\n0,one,\"(0,)\",5,flip\n"
        "0,\"a,\"\"b\",\"(0,)\",2,stuck1\n";
    check_same_bytes(&l, text, sizeof text - 1);
    rsl_fault_list_free(&l);
    check_ok(parse(&l, HEADER ",masked\n"));
    check_fails(rsl_fault_list_add(&l, &image, 0, &faults), RSL_EARG, "further columns, 'masked'");
    rsl_fault_list_free(&l);
    fake_free(&image);
}

/* Trials that were drawn, written and replayed are the same trials, and so on another network with
 * the same layers. */
static void test_replay(void **state) {
    (void)state;
    static const char path[] = "replay.csv";
    struct network net = network("affine3/msb"), plane = network("affine3/msb/plane");
    struct rsl_fault_spec *spec, *list;
    struct rsl_fault_source *source, *replay, *elsewhere;
    struct rsl_faults f = {0}, g = {0};
    struct rsl_fault_list l;
    check_ok(rsl_fault_spec_parse(&spec, "ber:0.005 regions=weights,scales + stuck1:0.002"));
    check_ok(rsl_fault_source_new(&source, spec, net.image));
    rsl_fault_list_init(&l);
    enum { TRIALS = 30 };
    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        check_ok(rsl_faults_draw(source, 1, trial, &f));
        assert_true(f.n > 0);
        check_ok(rsl_fault_list_add(&l, net.image, (int64_t)trial * 10, &f));
    }
    assert_true(l.effects);
    check_ok(rsl_fault_list_write(&l, path));
    rsl_fault_list_free(&l);
    check_ok(rsl_fault_spec_parse(&list, "list:replay.csv"));
    check_ok(rsl_fault_source_new(&replay, list, net.image));
    check_ok(rsl_fault_source_new(&elsewhere, list, plane.image));
    assert_int_equal(rsl_fault_source_trials(replay), TRIALS);
    for (uint64_t trial = TRIALS; trial-- > 0;) {
        check_ok(rsl_faults_draw(source, 1, trial, &f));
        check_ok(rsl_faults_draw(replay, 2, trial, &g));
        assert_int_equal(f.n, g.n);
        for (size_t i = 0; i < f.n; i++) {
            assert_int_equal(f.at[i].address, g.at[i].address);
            assert_int_equal(f.at[i].effect, g.at[i].effect);
        }
        check_ok(rsl_faults_draw(elsewhere, 3, trial, &g));
        assert_int_equal(f.n, g.n);
    }
    unlink(path);
    rsl_faults_free(&f);
    rsl_faults_free(&g);
    rsl_fault_source_free(source);
    rsl_fault_source_free(replay);
    rsl_fault_source_free(elsewhere);
    rsl_fault_spec_free(spec);
    rsl_fault_spec_free(list);
    network_free(&net);
    network_free(&plane);
}

/* Lines of one injection are one trial, wherever they stand; two flips of a bit cancel. */
static void test_groups(void **state) {
    (void)state;
    static const char text[] = HEADER
        "\n40,0,\"(0, 0, 0, 0)\",1\n"
        "2,fc,\"(5, 15)\",4\n"
        "40,1,\"(3, 4, 1, 1)\",0\n"
        "7,0,\"(0, 0, 0, 0)\",1\n"
        "7,conv1,\"(0, 0, 0, 0)\",1\n";
    static const size_t n[] = {1, 0, 2};
    struct network net = network("affine3/msb");
    struct rsl_fault_spec *spec;
    struct rsl_fault_source *source;
    struct rsl_faults f = {0};
    check_ok(rsl_file_write("groups of faults.csv", text, sizeof text - 1));
    check_ok(rsl_fault_spec_parse(&spec, "list:\"groups of faults.csv\""));
    check_ok(rsl_fault_source_new(&source, spec, net.image));
    assert_int_equal(rsl_fault_source_trials(source), 3);
    assert_true(rsl_fault_expected(source, 0) * 3 == 5);
    for (uint64_t trial = 0; trial < 3; trial++) {
        check_ok(rsl_faults_draw(source, 0, trial, &f));
        assert_int_equal(f.n, n[trial]);
    }
    assert_int_equal(f.at[0].address, 1);
    rsl_faults_free(&f);
    rsl_fault_source_free(source);
    check_ok(rsl_file_write("groups of faults.csv", HEADER "\n", strlen(HEADER) + 1));
    check_fails(rsl_fault_source_new(&source, spec, net.image), RSL_EFORMAT, "has no faults");
    rsl_fault_spec_free(spec);
    unlink("groups of faults.csv");
    network_free(&net);
}

/* ---- lists of clients ---- */

/* What a client writes means the addresses it gave. */
static void test_writer(void **state) {
    (void)state;
    struct rsl_model *model;
    struct rsl_fault_writer *w;
    struct rsl_fault_part part;
    struct rsl_fault_list l;
    struct rsl_memory *image;
    struct rsl_fault faults[3];
    struct rsl_memory_options o = {0};
    check_ok(rsl_zoo_build(&model, "lenet5", NULL));
    check_fails(rsl_fault_writer_new(&w, model, "affine9"), RSL_EARG, "affine9");
    assert_null(w);
    check_ok(rsl_fault_writer_new(&w, model, "affine4/secded"));
    check_ok(rsl_storage_parse(&o.region[RSL_REGION_WEIGHTS], "affine4/secded"));
    check_ok(rsl_memory_new(&image, &model->graph, &o));
    rsl_model_free(model);

    int64_t next = 0;
    assert_int_equal(rsl_fault_writer_parts(w), image->n);
    for (int i = 0; i < image->n; i++) {
        check_ok(rsl_fault_writer_part(w, i, &part));
        assert_int_equal(part.address, next);
        assert_int_equal(part.elements, image->tensors[i].count);
        assert_string_equal(part.region, rsl_region_name(image->tensors[i].region));
        assert_int_equal(rsl_layer_find(image, part.layer), i);
        next += part.bits;
    }
    assert_int_equal(rsl_fault_writer_bits(w), next);
    check_fails(rsl_fault_writer_part(w, image->n, &part), RSL_EARG, "no part");

    const struct rsl_fault given[] = {
        {70, RSL_FLIP}, {next - 1, RSL_STUCK_1}, {part.address, RSL_STUCK_0}};
    for (int i = 0; i < 3; i++)
        check_ok(
            rsl_fault_writer_add(w, 10 + i, given[i].address, rsl_effect_name(given[i].effect)));
    check_fails(rsl_fault_writer_add(w, -1, 0, "flip"), RSL_EARG, "-1");
    check_fails(rsl_fault_writer_add(w, 0, next, "flip"), RSL_EARG, "outside");
    check_fails(rsl_fault_writer_add(w, 0, -1, "flip"), RSL_EARG, "outside");
    check_fails(rsl_fault_writer_add(w, 0, 0, "stuck"), RSL_EARG, "not 'stuck'");
    check_fails(rsl_fault_writer_save(w, "nowhere/writer.csv"), RSL_EIO, "nowhere/writer.csv");
    check_ok(rsl_fault_writer_save(w, "writer.csv"));
    rsl_fault_writer_free(w);

    rsl_fault_list_init(&l);
    check_ok(rsl_fault_list_read(&l, "writer.csv"));
    assert_int_equal(l.rows.n, 3);
    check_ok(rsl_fault_list_resolve(&l, image, faults, "writer.csv"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(l.rows.at[i].injection, 10 + i);
        assert_int_equal(faults[i].address, given[i].address);
        assert_int_equal(faults[i].effect, given[i].effect);
    }
    rsl_fault_list_free(&l);
    rsl_memory_free(image);
    unlink("writer.csv");
}

/* ---- memory ---- */

static int client_life(void *context) {
    struct rsl_fault_writer *w;
    int rc = rsl_fault_writer_new(&w, context, "affine4");
    if (rc == RSL_OK) rc = rsl_fault_writer_add(w, 0, 5, "flip");
    if (rc == RSL_OK) rc = rsl_fault_writer_save(w, "client.csv");
    rsl_fault_writer_free(w);
    return rc;
}

static int whole_life(void *context) {
    const struct rsl_memory *image = context;
    struct rsl_fault_spec *spec = NULL;
    struct rsl_fault_source *source = NULL;
    struct rsl_faults f = {0};
    struct rsl_fault_list l;
    int rc = rsl_fault_spec_parse(&spec, "list:torture.csv + ber:0.1");
    if (rc == RSL_OK) rc = rsl_fault_source_new(&source, spec, image);
    if (rc == RSL_OK) rc = rsl_faults_draw(source, 0, 0, &f);
    rsl_fault_list_init(&l);
    if (rc == RSL_OK) rc = rsl_fault_list_add(&l, image, 0, &f);
    if (rc == RSL_OK) rc = rsl_fault_list_write(&l, "tortured.csv");
    rsl_fault_list_free(&l);
    rsl_faults_free(&f);
    rsl_fault_source_free(source);
    rsl_fault_spec_free(spec);
    return rc;
}

static void test_torture(void **state) {
    (void)state;
    static const char text[] = HEADER ",x\n1,conv1,\"(0, 0, 0, 0)\",1,5\n1,fc,\"(1, 1)\",2,\n";
    struct network net = network("affine3/msb");
    check_ok(rsl_file_write("torture.csv", text, sizeof text - 1));
    assert_true(torture(whole_life, net.image) > 20);
    unlink("torture.csv");
    unlink("tortured.csv");
    network_free(&net);
    struct rsl_model *model;
    check_ok(rsl_zoo_build(&model, "lenet5", NULL));
    assert_true(torture(client_life, model) > 20);
    unlink("client.csv");
    rsl_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published), cmocka_unit_test(test_forms),
        cmocka_unit_test(test_spellings), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_columns),   cmocka_unit_test(test_wrong_bits),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_names_elsewhere),
        cmocka_unit_test(test_every_bit), cmocka_unit_test(test_no_line),
        cmocka_unit_test(test_replay),    cmocka_unit_test(test_groups),
        cmocka_unit_test(test_writer),    cmocka_unit_test(test_torture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

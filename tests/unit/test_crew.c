/* The crew: groups of a thousand trials allocate nothing, once its lists have grown. */
#include "check.h"

#include "base/alloc.h"
#include "campaign/crew.h"
#include "metric/ranges.h"
#include "small_network.h"

#include <stdatomic.h>

enum { IMAGES = 5, TILE = 4, TRIALS = 1000, SIZE = 6, CLASSES = 10 };

/* Two convolutions and a linear layer. */
static void build(struct rsl_graph *g) {
    rsl_graph_init(g);
    int x = rsl_graph_add_input(g, "x", RSL_f32, &(struct rsl_shape){4, {-1, 3, SIZE, SIZE}});
    x = network_conv(g, x, 3, 6, 3, "first");
    x = network_add(g, "Relu", &x, 1);
    x = network_conv(g, x, 6, 4, 3, "second");
    x = network_add(g, "Relu", &x, 1);
    x = network_add(g, "Flatten", &x, 1);
    const struct rsl_shape shape = {2, {4 * SIZE * SIZE, CLASSES}};
    x = network_add(g, "Gemm", (int[]){x, network_constant(g, "last.w", &shape, -0.3, 0.3)}, 2);
    check_ok(rsl_graph_add_output(g, x));
    check_ok(rsl_graph_check(g));
}

/* The network, its images, one point and a crew for them. */
struct subject {
    struct rsl_graph graph;
    struct rsl_memory *image;
    struct rsl_ranges ranges;
    struct rsl_images images;
    struct rsl_fault_spec *spec;
    struct rsl_point_faults *point;
    struct rsl_crew *crew;
    struct rsl_job *jobs;
};

static void subject_init(struct subject *s, const char *fault, const char *storage,
                         enum rsl_compute_mode compute) {
    *s = (struct subject){0};
    struct rsl_memory_options m = {0};
    build(&s->graph);
    const struct rsl_graph *g = &s->graph;
    check_ok(rsl_storage_parse(&m.region[RSL_REGION_WEIGHTS], storage));
    check_ok(rsl_memory_new(&s->image, g, &m));
    check_ok(rsl_images_init_random(&s->images, (int[]){3, SIZE, SIZE}, CLASSES, IMAGES, 1));
    if (compute == RSL_MODE_INT8)
        check_ok(rsl_ranges_measure(&s->ranges, g, NULL, NULL, 8, 1, RSL_CLIP_ERROR));
    check_ok(rsl_fault_spec_parse(&s->spec, fault));
    check_ok(rsl_point_faults_new(&s->point, s->spec, s->image,
                                  &(struct rsl_activation_source){.graph = g}));
    struct rsl_crew_options o = {
        .graph = g,
        .image = s->image,
        .images = &s->images,
        .executor = {.compute = compute, .ranges = &s->ranges, .tile = TILE},
        .seed = 3,
        .threads = 1, /* of several, each has lists that its own largest trial makes grow */
        .points = &s->point,
        .n_points = 1,
    };
    check_ok(rsl_crew_new(&s->crew, &o));
    s->jobs = rsl_calloc(TRIALS, sizeof *s->jobs);
    assert_non_null(s->jobs);
}

static void subject_free(struct subject *s) {
    rsl_free(s->jobs);
    rsl_crew_free(s->crew);
    rsl_point_faults_free(s->point);
    rsl_fault_spec_free(s->spec);
    rsl_images_free(&s->images);
    rsl_ranges_free(&s->ranges);
    rsl_memory_free(s->image);
    rsl_graph_free(&s->graph);
}

/* A thousand trials from k = first on; images whose predictions changed. */
static int64_t run_group(struct subject *s, uint64_t first) {
    int64_t sdc = 0;
    for (uint64_t i = 0; i < TRIALS; i++)
        s->jobs[i] =
            (struct rsl_job){.point = s->point, .k = first + i, .record = {.images = IMAGES}};
    check_ok(rsl_crew_run(s->crew, s->jobs, TRIALS, NULL));
    for (size_t i = 0; i < TRIALS; i++) {
        assert_true(rsl_job_complete(&s->jobs[i]));
        sdc += s->jobs[i].record.sdc;
    }
    return sdc;
}

static atomic_long allocations;

static int count_allocation(size_t size) {
    (void)size;
    atomic_fetch_add(&allocations, 1);
    return 1;
}

static void check_groups(const char *fault, const char *storage, enum rsl_compute_mode compute,
                         const char *executor) {
    struct subject s;
    subject_init(&s, fault, storage, compute);
    assert_string_equal(rsl_crew_executor(s.crew), executor);
    int64_t before = run_group(&s, 0);
    atomic_store(&allocations, 0);
    rsl_alloc_gate = count_allocation;
    int64_t sdc = run_group(&s, 0);
    rsl_alloc_gate = NULL;
    long n = atomic_load(&allocations);
    if (n > 0) fail_msg("%s, %s: %ld allocations in %d trials", fault, storage, n, TRIALS);
    assert_true(sdc > 0);
    assert_int_equal(sdc, before);
    subject_free(&s);
}

static void test_replay(void **state) {
    (void)state;
    check_groups("single", "f32", RSL_MODE_F32, "replay");
    check_groups("ber:1e-3", "affine5/msb", RSL_MODE_F32, "replay");
    check_groups("neuron:2 + count:3 regions=weights,scales", "affine4", RSL_MODE_F32, "replay");
}

static void test_plan(void **state) {
    (void)state;
    check_groups("neuron:3 + single", "f32", RSL_MODE_BF16, "plan");
    check_groups("count:20 regions=weights,scales,zero_points,biases", "affine8", RSL_MODE_INT8,
                 "plan");
}

static void test_whole(void **state) {
    (void)state;
    check_groups("ber:1e-2", "affine5/msb", RSL_MODE_F32, "whole");
    check_groups("ber:1e-2", "symmetric8:channel", RSL_MODE_INT8, "whole");
}

/* Where a trial's images do not fit into the memory for golden values, they come in several tiles,
 * and count the same. */
static void test_little_memory(void **state) {
    (void)state;
    int64_t sdc[2];
    for (int little = 0; little < 2; little++) {
        struct subject s;
        subject_init(&s, "single", "f32", RSL_MODE_F32);
        rsl_crew_free(s.crew);
        struct rsl_crew_options o = {
            .graph = &s.graph,
            .image = s.image,
            .images = &s.images,
            .executor = {.reference = true, .memory = little ? 1 : 0},
            .seed = 3,
            .threads = 1,
            .points = &s.point,
            .n_points = 1,
        };
        check_ok(rsl_crew_new(&s.crew, &o));
        sdc[little] = run_group(&s, 5);
        subject_free(&s);
    }
    assert_true(sdc[0] > 0);
    assert_int_equal(sdc[0], sdc[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

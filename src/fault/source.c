/* A spec meets an image: populations, and the trials' faults. See fault.h. */
#include "base/alloc.h"
#include "base/status.h"
#include "fault/spec.h"

#include <assert.h>

struct rsl_fault_source {
    int n;
    struct rsl_fault_stage *stages;
};

static int open_stage(struct rsl_fault_stage *stage) {
    const struct rsl_fault_setting *s = stage->setting;
    if (s->amount.kind == RSL_AMOUNT_OPEN)
        return rsl_fail(RSL_EARG, "a rate is missing, as in '%s:1e-5' or --ber 1e-5",
                        s->model->name);
    if (!s->model->draw) return RSL_OK;
    RSL_TRY(rsl_population_init(&stage->population, stage->image, &s->selection));
    return s->model->open ? s->model->open(stage) : RSL_OK;
}

int rsl_fault_source_new(struct rsl_fault_source **source, const struct rsl_fault_spec *spec,
                         const struct rsl_memory *image) {
    struct rsl_fault_source *f = rsl_calloc(1, sizeof *f);
    int n = rsl_fault_spec_models(spec), rc = RSL_OK;
    *source = NULL;
    if (!f) return RSL_ENOMEM;
    f->stages = rsl_calloc((size_t)n, sizeof *f->stages);
    if (!f->stages) rc = RSL_ENOMEM;
    for (int i = 0; i < n && rc == RSL_OK; i++) {
        struct rsl_fault_stage *stage = &f->stages[f->n++];
        stage->setting = rsl_fault_spec_setting(spec, i);
        stage->image = image;
        stage->number = (uint64_t)i;
        rc = open_stage(stage);
        if (rc < 0) rc = rsl_fail_in(rc, "fault model %s", stage->setting->model->name);
    }
    if (rc < 0) {
        rsl_fault_source_free(f);
        return rc;
    }
    *source = f;
    return RSL_OK;
}

void rsl_fault_source_free(struct rsl_fault_source *f) {
    if (!f) return;
    for (int i = 0; f->stages && i < f->n; i++) {
        struct rsl_fault_stage *stage = &f->stages[i];
        if (stage->setting && stage->setting->model->close) stage->setting->model->close(stage);
        rsl_population_free(&stage->population);
    }
    rsl_free(f->stages);
    rsl_free(f);
}

const struct rsl_fault_stage *rsl_fault_stage(const struct rsl_fault_source *f, int model) {
    assert(model >= 0 && model < f->n);
    return &f->stages[model];
}

const struct rsl_fault_stage *rsl_fault_only_stage(const struct rsl_fault_source *f) {
    return f->n == 1 ? &f->stages[0] : NULL;
}

/* ---- trials ---- */

/* Keys of the stages come from a stream that nothing else draws from with the same seed. */
struct rsl_rng rsl_fault_rng(const struct rsl_fault_stage *stage, uint64_t seed, uint64_t trial,
                             unsigned purpose) {
    static const uint64_t memory_faults = 0x6d656d6661756c74; /* "memfault" */
    struct rsl_philox4 key = rsl_philox(seed, memory_faults, stage->number << 8 | purpose);
    return rsl_rng(key.v[0] | (uint64_t)key.v[1] << 32, trial);
}

int rsl_faults_draw(const struct rsl_fault_source *f, uint64_t seed, uint64_t trial,
                    struct rsl_faults *out) {
    out->drawn = 0;
    out->n = 0;
    for (int i = 0; i < f->n; i++) {
        const struct rsl_fault_stage *stage = &f->stages[i];
        if (!stage->setting->model->draw) continue;
        int rc = stage->setting->model->draw(stage, seed, trial, out);
        if (rc < 0) {
            out->n = 0;
            return rc;
        }
    }
    out->drawn = (int64_t)out->n;
    return rsl_faults_settle(out);
}

int64_t rsl_fault_source_trials(const struct rsl_fault_source *f) {
    int64_t fewest = INT64_MAX;
    for (int i = 0; i < f->n; i++) {
        const struct rsl_fault_stage *stage = &f->stages[i];
        if (!stage->setting->model->trials) continue;
        int64_t n = stage->setting->model->trials(stage);
        if (n < fewest) fewest = n;
    }
    return fewest;
}

int64_t rsl_fault_source_number(const struct rsl_fault_source *f, uint64_t trial) {
    for (int i = 0; i < f->n; i++) {
        const struct rsl_fault_stage *stage = &f->stages[i];
        if (stage->setting->model->number) return stage->setting->model->number(stage, trial);
    }
    return (int64_t)trial;
}

/* Of several lists each gets the same order: what strikes together stays together. */
void rsl_fault_source_shuffle(struct rsl_fault_source *f, uint64_t seed) {
    const int64_t n = rsl_fault_source_trials(f);
    struct rsl_rng rng;
    bool any = false;
    for (int i = 0; i < f->n; i++) {
        struct rsl_fault_stage *stage = &f->stages[i];
        if (!stage->setting->model->shuffle) continue;
        if (!any) rng = rsl_fault_rng(stage, seed, 0, 0);
        any = true;
        stage->setting->model->shuffle(stage, rng, n);
    }
}

void rsl_fault_source_fingerprint(const struct rsl_fault_source *f, char hex[65]) {
    struct rsl_sha256 s;
    bool any = false;
    rsl_sha256_init(&s);
    for (int i = 0; i < f->n; i++) {
        const struct rsl_fault_stage *stage = &f->stages[i];
        if (!stage->setting->model->fingerprint) continue;
        stage->setting->model->fingerprint(stage, &s);
        any = true;
    }
    if (any)
        rsl_sha256_hex(&s, hex);
    else
        hex[0] = '\0';
}

/* ---- facts ---- */

const struct rsl_fault_population *rsl_fault_population(const struct rsl_fault_source *f,
                                                        int model) {
    return &rsl_fault_stage(f, model)->population;
}

double rsl_fault_expected(const struct rsl_fault_source *f, int model) {
    const struct rsl_fault_stage *stage = rsl_fault_stage(f, model);
    return stage->setting->model->draw ? stage->setting->model->expected(stage) : 0;
}

bool rsl_fault_sticks(const struct rsl_fault_source *f) {
    for (int i = 0; i < f->n; i++) {
        const struct rsl_fault_stage *stage = rsl_fault_stage(f, i);
        if (stage->setting->model->sticks && stage->setting->model->sticks(stage)) return true;
    }
    return false;
}

double rsl_fault_part_rate(const struct rsl_fault_source *f, int model, int part) {
    const struct rsl_fault_stage *stage = rsl_fault_stage(f, model);
    const struct rsl_fault_population *p = &stage->population;
    double faults = rsl_fault_expected(f, model);
    assert(part >= 0 && part < p->n);
    if (stage->setting->sampling == RSL_SAMPLE_LAYERS)
        return faults / p->n / (double)p->parts[part].bits;
    return faults / (double)p->bits;
}

const char *rsl_fault_sampling(const struct rsl_fault_source *f, int model) {
    const struct rsl_fault_setting *s = rsl_fault_stage(f, model)->setting;
    if (!(s->model->options & RSL_TAKES_SAMPLING)) return NULL;
    return s->sampling == RSL_SAMPLE_LAYERS ? "layers" : "bits";
}

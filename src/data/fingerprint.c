/* See fingerprint.h. Numbers enter as 8 bytes, least significant first, texts with their zero:
 * nothing runs into its neighbour, and machines agree. */
#include "data/fingerprint.h"

#include "base/alloc.h"
#include "base/sha256.h"
#include "base/status.h"
#include "data/data.h"
#include "graph/op.h"
#include "io/image.h"

#include <string.h>

static void add_number(struct rsl_sha256 *s, int64_t n) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)n >> 8 * i);
    rsl_sha256_add(s, bytes, sizeof bytes);
}

static void add_text(struct rsl_sha256 *s, const char *text) {
    rsl_sha256_add(s, text, strlen(text) + 1);
}

static void add_tensor(struct rsl_sha256 *s, const struct rsl_tensor *t) {
    add_number(s, t->dtype);
    add_number(s, t->shape.rank);
    for (int d = 0; d < t->shape.rank; d++) add_number(s, t->shape.dim[d]);
    if (t->data) rsl_sha256_add(s, t->data, rsl_tensor_bytes(t));
}

/* ---- networks ---- */

static void add_attribute(struct rsl_sha256 *s, const struct rsl_attr *a) {
    add_text(s, a->name);
    add_number(s, a->type);
    add_number(s, (int64_t)a->count);
    switch (a->type) {
        case RSL_ATTR_FLOAT:
            rsl_sha256_add(s, &a->f, sizeof a->f);
            break;
        case RSL_ATTR_INT:
            add_number(s, a->i);
            break;
        case RSL_ATTR_STRING:
            add_text(s, a->s);
            break;
        case RSL_ATTR_TENSOR:
            add_tensor(s, a->t);
            break;
        case RSL_ATTR_FLOATS:
            rsl_sha256_add(s, a->floats, a->count * sizeof *a->floats);
            break;
        case RSL_ATTR_INTS:
            for (size_t i = 0; i < a->count; i++) add_number(s, a->ints[i]);
            break;
        case RSL_ATTR_STRINGS:
            for (size_t i = 0; i < a->count; i++) add_text(s, a->strings[i]);
            break;
    }
}

static void add_values(struct rsl_sha256 *s, const struct rsl_graph *g, const int *values, int n) {
    add_number(s, n);
    for (int i = 0; i < n; i++)
        add_text(s, values[i] == RSL_ABSENT ? "" : g->values.at[values[i]].name);
}

void rsl_fingerprint_graph(const struct rsl_graph *g, char hex[65]) {
    struct rsl_sha256 s;
    rsl_sha256_init(&s);
    add_values(&s, g, g->inputs.at, (int)g->inputs.n);
    add_values(&s, g, g->outputs.at, (int)g->outputs.n);
    for (size_t i = 0; i < g->nodes.n; i++) {
        const struct rsl_node *n = &g->nodes.at[i];
        add_text(&s, n->name);
        add_text(&s, n->op->domain);
        add_text(&s, n->op->name);
        add_number(&s, n->opset);
        add_values(&s, g, n->in, n->n_in);
        add_values(&s, g, n->out, n->n_out);
        for (int k = 0; k < n->n_attrs; k++) add_attribute(&s, &n->attrs[k]);
    }
    for (size_t i = 0; i < g->values.n; i++) {
        const struct rsl_value *v = &g->values.at[i];
        if (v->kind == RSL_VALUE_COMPUTED) continue;
        add_text(&s, v->name);
        add_tensor(&s, &v->tensor);
    }
    rsl_sha256_hex(&s, hex);
}

/* ---- images ---- */

/* One image's own digest, as text. */
static int hash_image(const struct rsl_data *data, int64_t i, char hex[65]) {
    struct rsl_sha256 s;
    struct rsl_image image;
    RSL_TRY(rsl_data_pixels(data, i, &image));
    rsl_sha256_init(&s);
    add_number(&s, rsl_data_label(data, i));
    add_number(&s, image.channels);
    add_number(&s, image.height);
    add_number(&s, image.width);
    rsl_sha256_add(&s, image.pixels,
                   (size_t)image.channels * (size_t)image.height * (size_t)image.width);
    rsl_sha256_hex(&s, hex);
    rsl_image_free(&image);
    return RSL_OK;
}

int rsl_fingerprint_data(const struct rsl_data *data, int64_t n, int threads, char hex[65]) {
    enum { DIGEST = 65 };
    struct rsl_sha256 s;
    int64_t failed_at = -1;
    char *digests = rsl_calloc((size_t)n, DIGEST);
    if (!digests) return RSL_ENOMEM;
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads)
    for (int64_t i = 0; i < n; i++) {
        if (hash_image(data, i, digests + i * DIGEST) >= 0) continue;
#pragma omp critical
        if (failed_at < 0 || i < failed_at) failed_at = i;
    }
    /* The sentence belongs to the thread that failed; have it said again in this one. */
    int rc = failed_at < 0 ? RSL_OK : hash_image(data, failed_at, digests);
    if (rc == RSL_OK && failed_at >= 0)
        rc = rsl_fail(RSL_EIO, "image %lld could not be read", (long long)failed_at);
    rsl_sha256_init(&s);
    rsl_sha256_add(&s, digests, (size_t)n * DIGEST);
    rsl_sha256_hex(&s, hex);
    rsl_free(digests);
    return rc;
}

/* ---- classes ---- */

void rsl_fingerprint_labels(const struct rsl_data *data, char hex[65]) {
    struct rsl_sha256 s;
    rsl_sha256_init(&s);
    for (int i = 0; i < rsl_data_classes(data); i++) {
        const char *name = rsl_data_class_name(data, i);
        add_text(&s, name ? name : "");
    }
    for (int64_t i = 0; i < rsl_data_count(data); i++) add_number(&s, rsl_data_label(data, i));
    rsl_sha256_hex(&s, hex);
}

/* Fault lists in memory: making, writing, and what their lines mean in an image. See fault_list.h.
 */
#include "fault/fault_list.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/status.h"
#include "fault/list_row.h"
#include "memory/layer_name.h"

#include <string.h>

void rsl_fault_list_init(struct rsl_fault_list *l) {
    *l = (struct rsl_fault_list){.extra_header = ""};
}

void rsl_fault_list_free(struct rsl_fault_list *l) {
    rsl_map_free(&l->layer_numbers);
    rsl_free(l->rows.at);
    rsl_free(l->layers.at);
    rsl_free(l->indices.at);
    rsl_arena_free(&l->arena);
    rsl_fault_list_init(l);
}

int rsl_fault_list_layer(struct rsl_fault_list *l, const char *name, size_t length, int *number) {
    int last = l->rows.n ? l->rows.at[l->rows.n - 1].layer : -1;
    *number = last; /* most lines name the layer of the line before */
    if (last >= 0 && strlen(l->layers.at[last]) == length &&
        memcmp(l->layers.at[last], name, length) == 0)
        return RSL_OK;
    char *copy = rsl_arena_strndup(&l->arena, name, length);
    if (!copy) return RSL_ENOMEM;
    int64_t known = rsl_map_get(&l->layer_numbers, copy);
    *number = (int)known;
    if (known >= 0) return RSL_OK;
    *number = (int)l->layers.n;
    RSL_TRY(rsl_vec_push(&l->layers, copy));
    return rsl_map_set(&l->layer_numbers, copy, *number);
}

/* ---- writing ---- */

const char *rsl_list_column_name(size_t column) {
    static const char *const names[RSL_COLUMNS] = {"Injection", "Layer",  "TensorIndex",
                                                   "Bit",       "Effect", "As"};
    return column < RSL_COLUMNS ? names[column] : NULL;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static void print_layer(const char *name, struct rsl_text *t) {
    if (!strpbrk(name, ",\"") && !is_blank(name[0]) && !is_blank(name[strlen(name) - 1])) {
        rsl_text_puts(t, name);
        return;
    }
    rsl_text_puts(t, "\"");
    for (; *name; name++) {
        if (*name == '"') rsl_text_puts(t, "\"");
        rsl_text_add(t, name, 1);
    }
    rsl_text_puts(t, "\"");
}

static void print_index(const int64_t *index, int rank, struct rsl_text *t) {
    rsl_text_puts(t, "\"(");
    for (int i = 0; i < rank; i++) rsl_text_printf(t, i ? ", %lld" : "%lld", (long long)index[i]);
    rsl_text_puts(t, rank == 1 ? ",)\"" : ")\"");
}

static const char *line_end(const struct rsl_fault_list *l) {
    return l->crlf ? "\r\n" : "\n";
}

void rsl_fault_list_print_heading(const struct rsl_fault_list *l, struct rsl_text *t) {
    rsl_text_printf(t, "%s%s%s%s", RSL_LIST_HEADER, l->effects ? ",Effect" : "",
                    l->forms ? ",As" : "", l->extra_header);
}

void rsl_fault_list_print_rows(const struct rsl_fault_list *l, struct rsl_text *t) {
    for (size_t i = 0; i < l->rows.n; i++) {
        const struct rsl_list_row *r = &l->rows.at[i];
        rsl_text_printf(t, "%s%lld,", line_end(l), (long long)r->injection);
        print_layer(l->layers.at[r->layer], t);
        rsl_text_puts(t, ",");
        print_index(l->indices.at + r->index, r->rank, t);
        rsl_text_printf(t, ",%d", r->bit);
        if (l->effects) rsl_text_printf(t, ",%s", rsl_effect_name(r->effect));
        if (l->forms) rsl_text_printf(t, ",%s", r->as ? rsl_site_form_name(r->as - 1u) : "");
        rsl_text_puts(t, r->extra);
    }
}

void rsl_fault_list_print(const struct rsl_fault_list *l, struct rsl_text *t) {
    rsl_fault_list_print_heading(l, t);
    rsl_fault_list_print_rows(l, t);
    if (!l->unfinished) rsl_text_puts(t, line_end(l));
}

int rsl_fault_list_write(const struct rsl_fault_list *l, const char *path) {
    struct rsl_text t = {0};
    rsl_fault_list_print(l, &t);
    int rc = t.status;
    if (rc == RSL_OK) rc = rsl_file_write(path, t.at, t.n);
    rsl_text_free(&t);
    return rc;
}

/* ---- addresses to rows ---- */

void rsl_fault_place(const struct rsl_memory *image, int64_t address, int *tensor, int64_t *element,
                     int *bit) {
    struct rsl_cell cell = rsl_memory_locate(image, address);
    const struct rsl_memory_tensor *t = &image->tensors[cell.tensor];
    *tensor = cell.tensor;
    *element = cell.weight;
    *bit = cell.b;
    if (!t->storage.protection.kind->stream) return;
    *bit = cell.role.kind == RSL_BIT_DATA ? cell.role.bit
                                          : t->storage.encoding.bits + cell.b - t->groups.data;
}

static int add_layer(struct rsl_fault_list *l, const char *name, int *layer) {
    if (strpbrk(name, "\r\n"))
        return rsl_fail(RSL_EUNSUPPORTED, "the name of layer '%.60s' has a line break", name);
    int64_t known = rsl_map_get(&l->layer_numbers, name);
    *layer = (int)known;
    return known >= 0 ? RSL_OK : rsl_fault_list_layer(l, name, strlen(name), layer);
}

/* The row, at that element of the shape. */
static int add_row(struct rsl_fault_list *l, struct rsl_list_row *row,
                   const struct rsl_shape *shape, int64_t element) {
    int64_t index[RSL_MAX_RANK] = {0};
    for (int d = shape->rank - 1; d >= 0; d--) {
        index[d] = element % shape->dim[d];
        element /= shape->dim[d];
    }
    row->rank = (uint8_t)shape->rank;
    row->index = l->indices.n;
    row->line = l->rows.n + 2; /* once it is written */
    for (int d = 0; d < row->rank; d++) RSL_TRY(rsl_vec_push(&l->indices, index[d]));
    return rsl_vec_push(&l->rows, *row);
}

static int add_fault(struct rsl_fault_list *l, const struct rsl_memory *image, int64_t injection,
                     const struct rsl_fault *fault, int *tensor, int *layer) {
    int at, bit;
    int64_t element;
    rsl_fault_place(image, fault->address, &at, &element, &bit);
    struct rsl_list_row row = {
        .injection = injection, .bit = (uint8_t)bit, .effect = fault->effect, .extra = ""};
    if (at != *tensor) { /* the name is that of the last row otherwise */
        struct rsl_text name = {0};
        rsl_layer_name(image, at, &name);
        int rc = name.status;
        if (rc == RSL_OK) rc = add_layer(l, name.at, layer);
        rsl_text_free(&name);
        RSL_TRY(rc);
        *tensor = at;
    }
    row.layer = *layer;
    return add_row(l, &row, &image->tensors[at].shape, element);
}

int rsl_fault_list_add(struct rsl_fault_list *l, const struct rsl_memory *image, int64_t injection,
                       const struct rsl_faults *faults) {
    int tensor = RSL_ABSENT, layer = 0;
    if (l->extra_header[0])
        return rsl_fail(RSL_EARG, "the list has further columns, '%.60s': nothing can be added",
                        l->extra_header + 1);
    size_t rows = l->rows.n, indices = l->indices.n;
    for (size_t i = 0; i < faults->n; i++) {
        int rc = add_fault(l, image, injection, &faults->at[i], &tensor, &layer);
        if (rc < 0) {
            l->rows.n = rows;
            l->indices.n = indices;
            return rc;
        }
        l->effects |= faults->at[i].effect != RSL_FLIP;
    }
    return RSL_OK;
}

int rsl_fault_list_add_hit(struct rsl_fault_list *l, int64_t injection, const char *layer,
                           enum rsl_site_form form, const struct rsl_site *site,
                           const struct rsl_hit *hit) {
    const struct rsl_shape shape = {3, {site->channels, site->height, site->width}};
    struct rsl_list_row row = {.injection = injection, .effect = RSL_FLIP, .extra = ""};
    l->forms |= form != RSL_AS_F32;
    row.as = form != RSL_AS_F32 ? (uint8_t)(1 + form) : 0;
    RSL_TRY(add_layer(l, layer, &row.layer));
    for (uint32_t flips = hit->flips; flips; flips &= flips - 1) {
        row.bit = (uint8_t)__builtin_ctz(flips);
        RSL_TRY(add_row(l, &row, &shape, hit->element));
    }
    return RSL_OK;
}

void rsl_fault_list_clear(struct rsl_fault_list *l) {
    l->rows.n = l->indices.n = 0;
}

/* ---- rows to addresses ---- */

bool rsl_fault_list_is_site(const char *layer) {
    return strncmp(layer, "outputs:", 8) == 0 || strncmp(layer, "inputs:", 7) == 0;
}

static int element_of(const struct rsl_memory_tensor *t, const int64_t *index, int rank,
                      int64_t *element) {
    char shape[RSL_SHAPE_TEXT];
    if (rank != t->shape.rank)
        return rsl_fail(RSL_EARG, "%d numbers in the index of '%s', whose shape is %s", rank,
                        t->name, rsl_shape_text(&t->shape, shape));
    *element = 0;
    for (int d = 0; d < rank; d++) {
        if (index[d] >= t->shape.dim[d])
            return rsl_fail(RSL_EARG, "index %lld in dimension %d of '%s', whose shape is %s",
                            (long long)index[d], d, t->name, rsl_shape_text(&t->shape, shape));
        *element = *element * t->shape.dim[d] + index[d];
    }
    return RSL_OK;
}

/* Check bit `check` of the group that the element is the first to have bits in. */
static int check_bit_address(const struct rsl_memory *image, int tensor, int64_t element, int check,
                             int64_t *address) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    int w = t->storage.encoding.bits, data = t->groups.data;
    struct rsl_cell cell = {.tensor = tensor, .group = (element * w + data - 1) / data};
    cell.b = data + check;
    if (check >= t->groups.redundant || cell.group >= t->groups.n ||
        cell.group * data / w != element)
        return rsl_fail(RSL_EARG, "element %lld of '%s' has no bit %d", (long long)element, t->name,
                        w + check);
    *address = rsl_memory_address(image, &cell);
    return RSL_OK;
}

static int resolve_row(const struct rsl_fault_list *l, const struct rsl_list_row *r,
                       const struct rsl_memory *image, int tensor, int64_t *address) {
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    int64_t element;
    int w = t->storage.encoding.bits;
    RSL_TRY(element_of(t, l->indices.at + r->index, r->rank, &element));
    if (t->storage.protection.kind->stream && r->bit >= w)
        return check_bit_address(image, tensor, element, r->bit - w, address);
    *address = rsl_memory_weight_address(image, tensor, element, r->bit);
    return *address < 0 ? (int)*address : RSL_OK;
}

int rsl_fault_list_resolve(const struct rsl_fault_list *l, const struct rsl_memory *image,
                           struct rsl_fault *faults, const char *name) {
    int *tensors =
        rsl_calloc(l->layers.n, sizeof *tensors); /* 1 + the layer's tensor, once known */
    int rc = tensors ? RSL_OK : RSL_ENOMEM;
    for (size_t i = 0; i < l->rows.n && rc == RSL_OK; i++) {
        const struct rsl_list_row *r = &l->rows.at[i];
        int tensor = tensors[r->layer] - 1;
        if (rsl_fault_list_is_site(l->layers.at[r->layer])) {
            faults[i] = (struct rsl_fault){RSL_ABSENT, r->effect};
            continue;
        }
        if (tensor < 0) tensor = rsl_layer_find(image, l->layers.at[r->layer]);
        if (tensor >= 0) {
            tensors[r->layer] = tensor + 1;
            faults[i].effect = r->effect;
            rc = resolve_row(l, r, image, tensor, &faults[i].address);
        } else {
            rc = tensor;
        }
        if (rc < 0) rc = rsl_fail_in(rc, "'%s', line %zu", name, r->line);
    }
    rsl_free(tensors);
    return rc;
}

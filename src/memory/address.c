/* Addresses of an image and what stands there: see image.h. */
#include "base/status.h"
#include "memory/image.h"

#include <assert.h>
#include <string.h>

/* The last tensor that starts at or before the address and has bits. */
static int tensor_at(const struct rsl_memory *image, int64_t address) {
    int low = 0, high = image->n;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (image->tensors[middle].address <= address)
            low = middle;
        else
            high = middle;
    }
    return low;
}

struct rsl_cell rsl_memory_locate(const struct rsl_memory *image, int64_t address) {
    assert(address >= 0 && address < image->bits);
    struct rsl_cell cell = {.tensor = tensor_at(image, address)};
    const struct rsl_memory_tensor *t = &image->tensors[cell.tensor];
    const struct rsl_storage *s = &t->storage;
    rsl_groups_locate(&t->groups, address - t->address, &cell.group, &cell.b);
    cell.role = rsl_protection_role(&s->protection, &s->encoding, cell.b);
    cell.weight = cell.group;
    if (!s->protection.kind->stream) return cell;
    int64_t bit = cell.group * t->groups.data + (cell.b < t->groups.data ? cell.b : 0);
    cell.weight = bit / s->encoding.bits;
    if (cell.b < t->groups.data) cell.role.bit = (int)(bit % s->encoding.bits);
    return cell;
}

int64_t rsl_memory_address(const struct rsl_memory *image, const struct rsl_cell *cell) {
    const struct rsl_memory_tensor *t = &image->tensors[cell->tensor];
    return t->address + rsl_groups_offset(&t->groups, cell->group, cell->b);
}

int rsl_memory_weight_bits(const struct rsl_memory_tensor *t) {
    const struct rsl_storage *s = &t->storage;
    return s->encoding.bits + (s->protection.kind->stream ? 0 : t->groups.redundant);
}

int64_t rsl_memory_weight_address(const struct rsl_memory *image, int tensor, int64_t weight,
                                  int bit) {
    if (tensor < 0 || tensor >= image->n)
        return rsl_fail(RSL_EARG, "there is no tensor %d in the image; it has %d", tensor,
                        image->n);
    const struct rsl_memory_tensor *t = &image->tensors[tensor];
    if (weight < 0 || weight >= t->count)
        return rsl_fail(RSL_EARG, "%s of '%s' have no element %lld; there are %lld",
                        rsl_region_name(t->region), t->name, (long long)weight,
                        (long long)t->count);
    int bits = rsl_memory_weight_bits(t);
    if (bit < 0 || bit >= bits)
        return rsl_fail(RSL_EARG, "%s of '%s' have no bit %d; they are stored in %d bits each",
                        rsl_region_name(t->region), t->name, bit, bits);
    struct rsl_cell cell = {.tensor = tensor, .group = weight, .b = bit};
    if (t->storage.protection.kind->stream) {
        int64_t at = weight * t->storage.encoding.bits + bit;
        cell.group = at / t->groups.data;
        cell.b = (int)(at % t->groups.data);
    }
    return rsl_memory_address(image, &cell);
}

int rsl_memory_find(const struct rsl_memory *image, enum rsl_region region, const char *name) {
    const struct rsl_memory_region *r = &image->region[region];
    for (int i = r->first; i < r->first + r->n; i++)
        if (strcmp(image->tensors[i].name, name) == 0) return i;
    return RSL_ABSENT;
}

/* How weights are stored: the first line is the storage's name, what follows are weights. Names
 * that parse print to a name that parses to the same; weights that are accepted decode to what fake
 * quantization makes of them, and survive every layout. */
#include "fuzz.h"

#include "base/status.h"
#include "memory/layout.h"
#include "memory/majority.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 512 };

static void check(bool holds) {
    if (!holds) abort();
}

static void check_name(const struct rsl_storage *s) {
    struct rsl_storage again;
    char text[RSL_STORAGE_TEXT], twice[RSL_STORAGE_TEXT];
    rsl_storage_text(s, text);
    check(rsl_storage_parse(&again, text) == RSL_OK);
    check(strcmp(text, rsl_storage_text(&again, twice)) == 0);
}

/* The codes as groups in memory: read back as they were written, one after the other. */
static void check_groups(const struct rsl_storage *s, const struct rsl_codes *c) {
    struct rsl_groups g = rsl_groups_of(s, c->count);
    uint8_t *bits = rsl_calloc(rsl_groups_bytes(&g), 1);
    if (!bits) return;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < g.n; i++) {
            uint64_t code = rsl_code_at(c, i % c->count);
            if (s->protection.kind->stream) code &= rsl_low_bits(rsl_groups_data(&g, i));
            struct rsl_group group = rsl_protect(&s->protection, &s->encoding, code), read;
            if (pass == 0) rsl_groups_write(&g, bits, i, group);
            read = rsl_groups_read(&g, bits, i);
            check(read.data == group.data && read.redundant == group.redundant);
            check(rsl_correct(&s->protection, &s->encoding, rsl_groups_data(&g, i), &read) == 0);
        }
    rsl_free(bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct rsl_storage s;
    struct rsl_codes c;
    char text[200];
    float w[MOST], decoded[MOST], faked[MOST];
    size_t length = 0;
    fuzz_limit((size_t)1 << 20);
    while (length < size && length + 1 < sizeof text && data[length] != '\n') length++;
    memcpy(text, data, length);
    text[length] = 0;
    if (rsl_storage_parse(&s, text) < 0) return 0;
    check_name(&s);
    size_t skip = length < size ? length + 1 : length, n = (size - skip) / sizeof *w;
    if (n > MOST) n = MOST;
    if (n) memcpy(w, data + skip, n * sizeof *w);
    const struct rsl_shape shape = rsl_shape_of(2, (int64_t[]){(int64_t)n / 3, 3});
    if (rsl_codes_init(&c, &s.encoding, &shape) < 0) return 0;
    int rc = rsl_encode(&c, w);
    check(rsl_fake_quantize(&s.encoding, w, &shape, faked) == rc);
    if (rc == RSL_OK) {
        rsl_decode(&c, decoded);
        check(c.count == 0 || memcmp(decoded, faked, (size_t)c.count * sizeof *w) == 0);
        check_groups(&s, &c);
    }
    rsl_codes_free(&c);
    return 0;
}

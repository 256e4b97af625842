/* Settings back to text, in one form for all ways of writing them: see spec.c for the grammar. */
#include "base/status.h"
#include "fault/spec.h"

#include <string.h>

/* Quoted where a bare word would end or mean something else. */
static void print_word(const char *word, struct rsl_text *t) {
    bool bare = *word && strcspn(word, " \t\n\r\",:=+") == strlen(word);
    rsl_text_printf(t, bare ? "%s" : "\"%s\"", word);
}

static void print_bits(const struct rsl_selection *s, struct rsl_text *t) {
    const char *separator = " bits=";
    for (int b = 0; b < RSL_MAX_POSITIONS; b++) {
        int last = b;
        if (!s->positions[b]) continue;
        while (last + 1 < RSL_MAX_POSITIONS && s->positions[last + 1]) last++;
        rsl_text_printf(t, "%s%d", separator, b);
        if (last > b) rsl_text_printf(t, "-%d", last);
        separator = ",";
        b = last;
    }
    if (s->top) rsl_text_printf(t, "%stop", separator);
}

static void print_selection(const struct rsl_fault_setting *s, struct rsl_text *t) {
    const struct rsl_selection *where = &s->selection;
    unsigned takes = s->model->options;
    if (takes & RSL_TAKES_REGIONS && where->regions != 1u << RSL_REGION_WEIGHTS)
        for (int r = 0, n = 0; r < RSL_REGIONS; r++)
            if (where->regions >> r & 1)
                rsl_text_printf(t, "%s%s",
                                n++ ? "," : " regions=", rsl_region_name((enum rsl_region)r));
    for (int i = 0; i < where->n_patterns; i++) {
        rsl_text_puts(t, i ? "," : " layers=");
        print_word(where->patterns[i], t);
    }
    if (takes & RSL_TAKES_POSITIONS && where->some_positions) print_bits(where, t);
}

char *rsl_fault_spec_text(const struct rsl_fault_spec *spec) {
    struct rsl_text t = {0};
    for (int i = 0; i < rsl_fault_spec_models(spec); i++) {
        const struct rsl_fault_setting *s = rsl_fault_spec_setting(spec, i);
        if (i) rsl_text_puts(&t, " + ");
        rsl_text_puts(&t, s->model->name);
        if (s->model->print) s->model->print(s, &t);
        if (s->sampling == RSL_SAMPLE_LAYERS) rsl_text_puts(&t, " sampling=layers");
        if (s->model->print_keys) s->model->print_keys(s, &t);
        print_selection(s, &t);
    }
    if (t.status < 0) rsl_text_free(&t);
    return t.at;
}

/* See option.h. */
#include "option.h"

#include "message.h"
#include "nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct option option_common[] = {
    {"help", 'h', OPTION_FLAG, .help = "show this help"},
    {0},
};

/* "--batch" or "MODEL", for messages. */
static const char *shown(const struct option *o, char *buffer, size_t size) {
    snprintf(buffer, size, o->operand ? "%s" : "--%s", o->name);
    return buffer;
}

bool option_whole_number(const char *text, int64_t *value) {
    char *end;
    *value = strtoll(text, &end, 10); /* saturates, and then is out of every range */
    if (end != text && *end == '\0') return true;
    double number = strtod(text, &end);
    if (end == text || strpbrk(text, "xXnN")) return false; /* no hexadecimal, inf or nan */
    static const char units[] = "kMG";
    static const double factors[] = {1e3, 1e6, 1e9};
    const char *unit = *end ? strchr(units, *end) : NULL;
    if (unit) number *= factors[unit - units];
    if ((*end && !unit) || (unit && end[1])) return false;
    if (number != floor(number) || fabs(number) > 9007199254740992.0) return false;
    *value = (int64_t)number;
    return true;
}

/* `text` up to `end_at` (or its end when NULL) as a finite number. */
static bool parse_double(const char *text, const char *end_at, double *value) {
    char *end;
    *value = strtod(text, &end);
    return end != text && (end_at ? end == end_at : *end == '\0') && isfinite(*value);
}

/* 0 when `value` is within the option's limits, else -1 after complaining. */
static int check_range(const struct option *o, const char *name, double value, const char *text) {
    bool limited = o->min != 0 || o->max != 0;
    if (limited && value < o->min) {
        usage_error("%s must be at least %.15g, not %s", name, o->min, text);
        return -1;
    }
    if (limited && value > o->max) {
        usage_error("%s must be at most %.15g, not %s", name, o->max, text);
        return -1;
    }
    return 0;
}

static int set_int(const struct option *o, const char *name, void *at, const char *text) {
    int64_t value;
    if (!option_whole_number(text, &value)) {
        usage_error("%s must be a whole number such as 64 or 10k, not '%s'", name, text);
        return -1;
    }
    if (check_range(o, name, (double)value, text) < 0) return -1;
    *(int64_t *)at = value;
    return 0;
}

static int set_double(const struct option *o, const char *name, void *at, const char *text) {
    double value;
    bool share = o->max > 0 && o->max <= 1; /* 2% is 0.02 */
    const char *end = share ? strchr(text, '%') : NULL;
    if (!parse_double(text, end, &value) || (end && end[1])) {
        usage_error("%s must be a number such as 0.5 or 1e-6%s, not '%s'", name,
                    share ? ", or per cent such as 2%" : "", text);
        return -1;
    }
    if (end) value /= 100;
    if (check_range(o, name, value, text) < 0) return -1;
    *(double *)at = value;
    return 0;
}

static int set_seconds(const struct option *o, const char *name, void *at, const char *text) {
    static const char units[] = "smh";
    static const double factors[] = {1, 60, 3600};
    double value;
    size_t n = strlen(text);
    const char *unit = n > 0 ? strchr(units, text[n - 1]) : NULL;
    if (!parse_double(text, unit ? text + n - 1 : NULL, &value)) {
        usage_error("%s must be a time such as 0.5, 90s, 5m or 2h, not '%s'", name, text);
        return -1;
    }
    if (unit) value *= factors[unit - units];
    if (check_range(o, name, value, text) < 0) return -1;
    *(double *)at = value;
    return 0;
}

/* Index of `text` among the option's words, or -1 after complaining. */
static int find_word(const struct option *o, const char *name, const char *text) {
    struct nearest near = {.typed = text};
    char list[400] = "";
    size_t n = 0;
    for (int i = 0; o->words(i); i++) {
        if (!strcmp(o->words(i), text)) return i;
        nearest_try(&near, o->words(i));
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", o->words(i));
    }
    if (near.best)
        usage_error("%s cannot be '%s'; did you mean '%s'?", name, text, near.best);
    else if (n < sizeof list)
        usage_error("%s must be one of %s, not '%s'", name, list, text);
    else
        usage_error("%s cannot be '%s'", name, text);
    return -1;
}

static int set_text(const struct option *o, const char *name, void *at, const char *text) {
    if (o->closed && find_word(o, name, text) < 0) return -1;
    if (!*text) {
        usage_error("%s must not be empty", name);
        return -1;
    }
    if (o->complete != COMPLETE_NOTHING && strcmp(text, "-") == 0) {
        usage_error("%s must be a name here, not '-' (a file of that name is ./-)", name);
        return -1;
    }
    *(const char **)at = text;
    return 0;
}

static int set_output(const struct option *o, const char *name, void *at, const char *text) {
    return set_text(o, name, at, strcmp(text, "-") == 0 ? "/dev/stdout" : text);
}

static int set_choice(const struct option *o, const char *name, void *at, const char *text) {
    int i = find_word(o, name, text);
    if (i < 0) return -1;
    *(int *)at = i;
    return 0;
}

/* Numbers with a comma, spaces, or both between them. */
static int set_numbers(const char *name, void *at, const char *text) {
    struct numbers list = {0};
    const char *s = text;
    for (bool more = true; more;) {
        if (list.n == OPTION_LIST_MAX) {
            usage_error("%s takes at most %d numbers", name, OPTION_LIST_MAX);
            return -1;
        }
        s += strspn(s, " ");
        size_t length = strcspn(s, ", ");
        if (length > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9') {
            usage_error(
                "%s %s: numbers are separated by commas, decimals are written with a "
                "point: 0.001, not 0,001",
                name, text);
            return -1;
        }
        if (!parse_double(s, s + length, &list.at[list.n++])) {
            usage_error("%s must be numbers separated by commas such as 0.5,0.25, not '%s'", name,
                        text);
            return -1;
        }
        s += length + strspn(s + length, " ");
        more = *s != '\0';
        if (*s == ',') s++;
    }
    *(struct numbers *)at = list;
    return 0;
}

static int set_sizes(const char *name, void *at, const char *text) {
    struct sizes list = {0};
    const char *s = text;
    for (;;) {
        char *end;
        errno = 0;
        int64_t value = *s >= '0' && *s <= '9' ? strtoll(s, &end, 10) : 0;
        if (value <= 0 || value > INT32_MAX || list.n == OPTION_LIST_MAX || (*end && *end != 'x')) {
            usage_error("%s must be sizes joined by 'x' such as 3x32x32, not '%s'", name, text);
            return -1;
        }
        list.at[list.n++] = value;
        if (!*end) break;
        s = end + 1;
    }
    *(struct sizes *)at = list;
    return 0;
}

static int add_text(const char *name, void *at, const char *text) {
    struct texts *list = at;
    if (!*text) {
        usage_error("%s must not be empty", name);
        return -1;
    }
    if (list->n == OPTION_TEXTS_MAX) {
        usage_error("there are more than %d arguments for %s", OPTION_TEXTS_MAX, name);
        return -1;
    }
    list->at[list->n++] = text;
    return 0;
}

static int set(const struct option *o, const char *name, void *target, const char *text) {
    void *at = (char *)target + o->at;
    switch (o->type) {
        case OPTION_FLAG:
            break; /* set_flag's business */
        case OPTION_INT:
            return set_int(o, name, at, text);
        case OPTION_DOUBLE:
            return set_double(o, name, at, text);
        case OPTION_SECONDS:
            return set_seconds(o, name, at, text);
        case OPTION_TEXT:
            return set_text(o, name, at, text);
        case OPTION_OUTPUT:
            return set_output(o, name, at, text);
        case OPTION_CHOICE:
            return set_choice(o, name, at, text);
        case OPTION_NUMBERS:
            return set_numbers(name, at, text);
        case OPTION_SIZES:
            return set_sizes(name, at, text);
        case OPTION_TEXTS:
            return add_text(name, at, text);
    }
    return 0;
}

struct parse {
    const struct option *options;
    void *target;
    int argc;
    char **argv;
    int next;       /* argument to be read */
    int operands;   /* read so far */
    uint64_t given; /* bit i: options[i] was given */
    bool help;
};

static int unknown_option(const struct parse *p, const char *typed, size_t length) {
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), typed);
    struct nearest near = {.typed = word};
    for (const struct option *o = p->options; o->name; o++)
        if (!o->operand) nearest_try(&near, o->name);
    if (near.best)
        usage_error("there is no option --%s; did you mean --%s?", word, near.best);
    else
        usage_error("there is no option --%s", word);
    return -1;
}

static int give(struct parse *p, const struct option *o, const char *text) {
    char name[80];
    p->given |= UINT64_C(1) << (o - p->options);
    if (o->given) *(bool *)((char *)p->target + o->given) = true;
    return set(o, shown(o, name, sizeof name), p->target, text);
}

static int needs_value(const struct option *o) {
    usage_error("--%s needs a value: --%s %s (%s)", o->name, o->name, o->value, o->help);
    return -1;
}

/* The option called `text` (without dashes, `length` bytes), or NULL; *no tells "--no-x". */
static const struct option *find_long(const struct option *options, const char *text, size_t length,
                                      bool *no) {
    *no = false;
    for (const struct option *o = options; o->name; o++)
        if (!o->operand && strlen(o->name) == length && !memcmp(o->name, text, length)) return o;
    if (length < 4 || memcmp(text, "no-", 3) != 0) return NULL;
    *no = true;
    for (const struct option *o = options; o->name; o++)
        if (!o->operand && o->type == OPTION_FLAG && strlen(o->name) == length - 3 &&
            !memcmp(o->name, text + 3, length - 3))
            return o;
    return NULL;
}

/* The value in the next argument; of a list of numbers also those that follow it, each an argument
 * of its own: --mean .485 .456 .406. */
static int give_next(struct parse *p, const struct option *o) {
    const char *text = p->argv[p->next++];
    char joined[512];
    double number;
    size_t n = (size_t)snprintf(joined, sizeof joined, "%s", text);
    if (o->type != OPTION_NUMBERS || n >= sizeof joined) return give(p, o, text);
    while (p->next < p->argc && parse_double(p->argv[p->next], NULL, &number)) {
        int more = snprintf(joined + n, sizeof joined - n, " %s", p->argv[p->next]);
        if (more < 0 || (size_t)more >= sizeof joined - n) break;
        n += (size_t)more;
        p->next++;
    }
    return give(p, o, joined);
}

static int long_option(struct parse *p, const char *text) {
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : strlen(text);
    bool no;
    if (length == 4 && !memcmp(text, "help", 4)) {
        p->help = true;
        return 0;
    }
    const struct option *o = find_long(p->options, text, length, &no);
    if (!o) return unknown_option(p, text, length);
    if (o->type == OPTION_FLAG) {
        if (equals) {
            usage_error("--%s takes no value", o->name);
            return -1;
        }
        *(bool *)((char *)p->target + o->at) = !no;
        return 0;
    }
    if (equals) return give(p, o, equals + 1);
    if (p->next == p->argc) return needs_value(o);
    return give_next(p, o);
}

/* "-b8", "-b 8", "-qv": `text` follows the dash. */
static int short_options(struct parse *p, const char *text) {
    while (*text) {
        const struct option *o = p->options;
        if (*text == 'h') {
            p->help = true;
            return 0;
        }
        while (o->name && o->letter != *text) o++;
        if (!o->name) {
            usage_error("there is no option -%c", *text);
            return -1;
        }
        text++;
        if (o->type == OPTION_FLAG) {
            *(bool *)((char *)p->target + o->at) = true;
            continue;
        }
        if (*text) return give(p, o, text);
        if (p->next == p->argc) return needs_value(o);
        return give(p, o, p->argv[p->next++]);
    }
    return 0;
}

static int operand(struct parse *p, const char *text) {
    int seen = 0;
    for (const struct option *o = p->options; o->name; o++)
        if (o->operand && seen++ == p->operands) {
            p->operands += o->type != OPTION_TEXTS;
            return give(p, o, text);
        }
    usage_error("'%s' is one argument too many", text);
    return -1;
}

static int presets(const struct option *options, void *target) {
    for (const struct option *o = options; o->name; o++) {
        char name[80];
        if (o->preset && set(o, shown(o, name, sizeof name), target, o->preset) < 0) return -1;
    }
    return 0;
}

static bool was_given(const struct parse *p, const struct option *o) {
    return p->given >> (o - p->options) & 1;
}

/* What the environment says of options that were not given: a wrong variable harms nobody else. */
static int environment(const struct parse *p) {
    for (const struct option *o = p->options; o->name; o++) {
        const char *variable = o->environment && !was_given(p, o) ? getenv(o->environment) : NULL;
        if (variable && *variable && set(o, o->environment, p->target, variable) < 0) return -1;
    }
    return 0;
}

static int check_required(const struct parse *p) {
    for (const struct option *o = p->options; o->name; o++) {
        if (!o->required || was_given(p, o)) continue;
        if (o->operand)
            usage_error("%s is missing: %s", o->name, o->help);
        else
            usage_error("--%s %s is missing: %s", o->name, o->value, o->help);
        return -1;
    }
    return 0;
}

int option_parse(const struct option *options, void *target, size_t size, int argc, char **argv) {
    struct parse p = {options, target, argc, argv, 0, 0, 0, false};
    memset(target, 0, size);
    if (presets(options, target) < 0) return -1;
    bool only_operands = false;
    while (p.next < argc && !p.help) {
        const char *text = argv[p.next++];
        int rc;
        if (only_operands || text[0] != '-' || text[1] == '\0')
            rc = operand(&p, text);
        else if (!strcmp(text, "--"))
            rc = 0, only_operands = true;
        else if (text[1] == '-')
            rc = long_option(&p, text + 2);
        else
            rc = short_options(&p, text + 1);
        if (rc < 0) return -1;
    }
    if (p.help) return 1;
    return check_required(&p) < 0 ? -1 : environment(&p);
}

/* Append-only JSON writer: begin, add, end; commas and escapes are its business, order is yours.
 *
 *     struct rsl_json j = {0};
 *     rsl_json_object(&j);
 *     rsl_json_key(&j, "top1"); rsl_json_double(&j, 91.73);
 *     rsl_json_end(&j);
 *     if (rsl_json_status(&j) < 0) ...      then use j.text.at; rsl_text_free(&j.text) */
#ifndef RSL_BASE_JSON_H
#define RSL_BASE_JSON_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct rsl_json {
    struct rsl_text text;
    char closers[64]; /* stack of pending ']' and '}' */
    int depth;
    bool comma; /* the next item needs one */
};

void rsl_json_object(struct rsl_json *j);
void rsl_json_array(struct rsl_json *j);
void rsl_json_end(struct rsl_json *j); /* closes the innermost object or array */
void rsl_json_key(struct rsl_json *j, const char *key);
/* Bytes that are not UTF-8 become U+FFFD, so the output is always valid JSON. */
void rsl_json_string(struct rsl_json *j, const char *text);
void rsl_json_int(struct rsl_json *j, int64_t value);
/* Shortest decimal that reads back as the same double; NaN and infinities become null. */
void rsl_json_double(struct rsl_json *j, double value);
void rsl_json_bool(struct rsl_json *j, bool value);
void rsl_json_null(struct rsl_json *j);
/* RSL_OK when everything fitted and every object was closed. */
int rsl_json_status(const struct rsl_json *j);

#endif

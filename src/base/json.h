/* The inside of the JSON writer of resile/json.h, for code that keeps one on the stack:
 *
 *     struct rsl_json j = {0};
 *     ...
 *     if (rsl_json_status(&j) < 0) ...      then use j.text.at; rsl_text_free(&j.text) */
#ifndef RSL_BASE_JSON_H
#define RSL_BASE_JSON_H

#include "base/text.h"
#include "resile/json.h"

struct rsl_json {
    struct rsl_text text;
    char closers[64]; /* stack of pending ']' and '}' */
    int depth;
    bool comma; /* the next item needs one */
};

#endif

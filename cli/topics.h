/* What the words of some options mean: `resile help faults`, and sections of the manual page.
 * Models, encodings, protections and variations come from the library's own lists. */
#ifndef CLI_TOPICS_H
#define CLI_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

/* One thing that can be written, and what it means. */
struct topic_item {
    char form[80];
    const char *about;
};

struct topic_list {
    const char *heading;                          /* "Models" */
    bool (*item)(int i, struct topic_item *item); /* false after the last */
};

enum { TOPIC_LISTS = 3 };

struct topic {
    const char *name;                     /* "faults" */
    const char *summary;                  /* one line, no full stop */
    const char *about;                    /* paragraphs separated by empty lines */
    struct topic_list lists[TOPIC_LISTS]; /* ended by a NULL heading where there are fewer */
};

/* NULL after the last. */
const struct topic *topic_at(int i);
const struct topic *topic_find(const char *name);

#endif

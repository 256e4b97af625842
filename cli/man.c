/* See man.h. scdoc's form: "# HEADING", "*bold*", "_underlined_", a tab indents, "\" escapes. */
#include "man.h"

#include "command.h"
#include "help.h"
#include "message.h"
#include "topics.h"

#include <stdio.h>
#include <string.h>

/* Text in which nothing is markup. */
static void plain(const char *text) {
    for (; *text; text++) {
        if (strchr("\\*_#[]~<>+.", *text)) putchar('\\');
        putchar(*text);
    }
}

static void bold(const char *text) {
    putchar('*');
    plain(text);
    putchar('*');
}

static bool in_page(const struct command *c, const char *page) {
    size_t n = strlen(page);
    return !strncmp(c->name, page, n) && (c->name[n] == '\0' || c->name[n] == ' ');
}

static void list_pages(void) {
    const struct command *c;
    puts("resile");
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        size_t n = strcspn(c->name, " ");
        if (i == 0 || strncmp(command_at(i - 1)->name, c->name, n + 1) != 0)
            printf("%.*s\n", (int)n, c->name);
    }
}

static void synopsis(const struct command *c) {
    bold("resile");
    putchar(' ');
    bold(c->name);
    for (const struct option *o = c->options; o->name; o++) {
        if (o->operand) {
            printf(o->required ? " _" : " \\[_");
            plain(o->name);
            printf(o->required ? "_" : "_\\]");
        } else if (o->required) {
            fputs(" *--", stdout);
            plain(o->name);
            fputs("* _", stdout);
            plain(o->value);
            putchar('_');
        }
    }
    puts(" \\[options\\]\n");
}

static void options(const struct option *table) {
    char text[160];
    for (const struct option *o = table; o->name; o++) {
        help_option_name(text, sizeof text, o);
        bold(text + strspn(text, " "));
        fputs("\n\t", stdout);
        plain(o->help);
        help_option_words(text, sizeof text, o);
        plain(text);
        help_option_default(text, sizeof text, o);
        plain(text);
        puts("\n");
    }
}

/* "bench forward" -> "## BENCH FORWARD" when the page has several commands. */
static void command_section(const struct command *c) {
    fputs("## ", stdout);
    for (const char *s = c->name; *s; s++) putchar(*s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s);
    puts("\n");
    plain(c->summary);
    puts(".\n");
    if (c->about) {
        plain(c->about);
        puts("\n");
    }
    options(c->options);
    options(option_common);
    for (const char *const *e = c->examples; e && e[0]; e += 2) {
        plain(e[0]);
        fputs(":\n\n```\n", stdout);
        puts(e[1]);
        puts("```\n");
    }
}

static void exit_status(void) {
    puts(
        "# EXIT STATUS\n\n"
        "0: done. 1: failed (a file, a model, the machine). 2: wrong command line. 3: a "
        "requirement\n"
        "stated on the command line is not met. 130: interrupted, what was promised to be saved "
        "is\n"
        "saved.\n");
}

/* "faults" -> "# FAULTS" */
static void topic_section(const struct topic *t) {
    struct topic_item item;
    fputs("# ", stdout);
    for (const char *s = t->name; *s; s++) putchar(*s - 'a' + 'A');
    puts("\n");
    plain(t->summary);
    puts(".\n");
    plain(t->about);
    puts("\n");
    for (int k = 0; k < TOPIC_LISTS && t->lists[k].heading; k++) {
        plain(t->lists[k].heading);
        puts(":\n");
        for (int i = 0; t->lists[k].item(i, &item); i++) {
            bold(item.form);
            fputs("\n\t", stdout);
            plain(item.about);
            puts("\n");
        }
    }
}

static void program_page(void) {
    const struct command *c;
    puts(
        "resile(1)\n\n# NAME\n\nresile - what bit errors do to neural networks\n\n"
        "# SYNOPSIS\n\n*resile* _command_ \\[options\\] \\[file\\]\n\n# COMMANDS\n");
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        bold(c->name);
        fputs("\n\t", stdout);
        plain(c->summary);
        printf(". See *resile-%.*s*(1).\n\n", (int)strcspn(c->name, " "), c->name);
    }
    const struct topic *topic;
    for (int i = 0; (topic = topic_at(i)) != NULL; i++) topic_section(topic);
    exit_status();
    puts(
        "# ENVIRONMENT\n\n*RESILE_DATA*\n\tFolder that has a folder for each data set; default: "
        "_$XDG\\_CACHE\\_HOME/resile/data_, or _~/.cache/resile/data_.\n\n"
        "*RESILE_THREADS*\n\tDefault of *--threads*; else *OMP_NUM_THREADS* is, else the number of "
        "processors.\n\n"
        "*TERM*\n\tWhen it is dumb, progress is plain lines. There are no colours.");
}

static void command_page(const char *page, const struct command *only) {
    const struct command *c;
    printf("resile-%s(1)\n\n# NAME\n\nresile-%s - ", page, page);
    if (only) {
        plain(only->summary);
    } else {
        for (int i = 0, n = 0; (c = command_at(i)) != NULL; i++)
            if (in_page(c, page)) {
                fputs(n++ ? ", " : "", stdout);
                plain(c->name + strlen(page) + 1);
            }
    }
    puts("\n\n# SYNOPSIS\n");
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (in_page(c, page)) synopsis(c);
    puts("# DESCRIPTION\n");
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (in_page(c, page)) command_section(c);
    exit_status();
    puts("# SEE ALSO\n\n*resile*(1)");
}

int man_print(const char *page) {
    const struct command *c, *only = NULL;
    int n = 0;
    if (!page) {
        list_pages();
        return EXIT_DONE;
    }
    if (!strcmp(page, "resile")) {
        program_page();
        return EXIT_DONE;
    }
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (in_page(c, page)) only = n++ ? NULL : c;
    if (n == 0) return usage_error("there is no manual page '%s'", page);
    command_page(page, only && !strchr(only->name, ' ') ? only : NULL);
    return EXIT_DONE;
}

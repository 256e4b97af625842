/* The program: finds the command, parses its options, runs it, checks the output. */
#include "command.h"
#include "help.h"
#include "man.h"
#include "message.h"
#include "nearest.h"
#include "option.h"
#include "output.h"
#include "topics.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name) extern const struct command command_##name;
#include "commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.def"
#undef COMMAND
    NULL,
};

const struct command *command_at(int i) {
    return commands[i];
}

bool command_is_family(const char *word) {
    size_t n = strlen(word);
    for (int i = 0; commands[i]; i++)
        if (!strncmp(commands[i]->name, word, n) && commands[i]->name[n] == ' ') return true;
    return false;
}

const struct command *command_find(int argc, char **argv, int *words) {
    char name[64] = "";
    for (*words = 1; *words <= 2 && *words <= argc; ++*words) {
        size_t n = strlen(name);
        snprintf(name + n, sizeof name - n, "%s%s", n ? " " : "", argv[*words - 1]);
        for (int i = 0; commands[i]; i++)
            if (!strcmp(commands[i]->name, name)) return commands[i];
    }
    return NULL;
}

/* The first words of commands, each once: "zoo" of "zoo list". NULL after the last. */
static const char *family_at(int i) {
    static char word[32];
    for (int c = 0; commands[c]; c++) {
        const char *name = commands[c]->name;
        size_t n = strcspn(name, " ");
        bool again = c > 0 && !strncmp(commands[c - 1]->name, name, n + 1);
        if (name[n] == '\0' || again || i-- > 0) continue;
        snprintf(word, sizeof word, "%.*s", (int)n, name);
        return word;
    }
    return NULL;
}

/* `typed` is no command; inside `family` when that is not NULL. */
static int unknown_command(const char *family, const char *typed) {
    char name[160], guess[64] = "";
    snprintf(name, sizeof name, "%s%s%s", family ? family : "", family ? " " : "", typed);
    struct nearest near = {.typed = name};
    for (int i = 0; commands[i]; i++) nearest_try(&near, commands[i]->name);
    if (near.best) snprintf(guess, sizeof guess, "%s", near.best);
    for (int i = 0; family_at(i); i++) {
        int before = near.best ? near.distance : 99;
        nearest_try(&near, family_at(i));
        if (near.best && near.distance < before) snprintf(guess, sizeof guess, "%s", family_at(i));
    }
    if (*guess)
        fprintf(stderr, "resile: there is no command '%s'; did you mean 'resile %s'?\n", name,
                guess);
    else
        fprintf(stderr, "resile: there is no command '%s'; 'resile help%s%s' lists them\n", name,
                family ? " " : "", family ? family : "");
    return EXIT_USAGE;
}

static bool is_help(const char *word) {
    return !strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* `resile help [COMMAND|TOPIC]`; argv follows the word help. */
static int help(int argc, char **argv) {
    int words;
    if (argc == 0 || is_help(argv[0])) {
        help_commands(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(argc, argv, &words);
    const struct topic *topic = topic_find(argv[0]);
    if (topic && argc == 1)
        help_topic(stdout, topic);
    else if (command)
        help_command(stdout, command);
    else if (command_is_family(argv[0]) && argc == 1)
        help_family(stdout, argv[0]);
    else
        return unknown_command(command_is_family(argv[0]) ? argv[0] : NULL,
                               argv[command_is_family(argv[0])]);
    return EXIT_DONE;
}

static int typed_count;
static char *const *typed; /* argv */

static void print_quoted(FILE *f, const char *word) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-./:,=+@%";
    if (*word && word[strspn(word, plain)] == 0) {
        fputs(word, f);
        return;
    }
    fputc('\'', f);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", f);
        else
            fputc(*word, f);
    fputc('\'', f);
}

static void print_line(FILE *f, const char *without) {
    for (int i = 0; i < typed_count; i++) {
        if (without && strcmp(typed[i], without) == 0) continue;
        if (i) fputc(' ', f);
        print_quoted(f, i ? typed[i] : "resile");
    }
}

void command_print_again(const char *more, const char *without) {
    bool there = more == NULL;
    for (int i = 0; i < typed_count && !there; i++) there = strcmp(typed[i], more) == 0;
    print_line(stderr, without);
    if (!there) fprintf(stderr, " %s", more);
    fputc('\n', stderr);
}

char *command_line(void) {
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f) return NULL;
    print_line(f, NULL);
    return fclose(f) == 0 ? text : NULL;
}

static int run(const struct command *command, int argc, char **argv) {
    void *arguments = calloc(1, command->size ? command->size : 1);
    int code = EXIT_FAILED;
    command_current = command;
    if (!arguments) {
        complain("out of memory");
        return code;
    }
    int parsed = option_parse(command->options, arguments, command->size, argc, argv);
    if (parsed < 0) {
        code = EXIT_USAGE;
    } else if (parsed > 0) {
        help_command(stdout, command);
        code = EXIT_DONE;
    } else {
        show_library_log();
        code = command->run(arguments);
    }
    free(arguments);
    return code;
}

static int dispatch(int argc, char **argv) {
    int words;
    if (argc == 0) {
        help_short(stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[0])) return help(argc - 1, argv + 1);
    if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V"))
        return run(&command_version, argc - 1, argv + 1);
    /* For the build: the source of a manual page, and the names of the pages. */
    if (!strcmp(argv[0], "--man")) return man_print(argc > 1 ? argv[1] : NULL);
    const struct command *command = command_find(argc, argv, &words);
    if (command) return run(command, argc - words, argv + words);
    if (!command_is_family(argv[0])) return unknown_command(NULL, argv[0]);
    if (argc > 1 && !is_help(argv[1])) return unknown_command(argv[0], argv[1]);
    help_family(argc > 1 ? stdout : stderr, argv[0]);
    return argc > 1 ? EXIT_DONE : EXIT_USAGE;
}

/* A closed stdin, stdout or stderr must not become the number of the next file opened. Read-only,
 * so that writing to it still fails. */
static void fill_standard_files(void) {
    int fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY);
    if (fd >= 0) close(fd);
}

int main(int argc, char **argv) {
    typed_count = argc;
    typed = argv;
    fill_standard_files();
    return output_finish(dispatch(argc - 1, argv + 1));
}

/* `resile completion SHELL`: completion scripts made from the command and option tables. Everything
 * is decided when the script is made; the scripts never run the program. */
#include "command.h"

#include <stdio.h>
#include <string.h>

struct completion {
    int shell;
};

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

static const char *shell_at(int i) {
    static const char *const names[] = {"bash", "zsh", "fish", NULL};
    return names[i];
}

static size_t first_word(const struct command *c) {
    return strcspn(c->name, " ");
}

/* Is c the first of its family, or alone? */
static bool leads(int i) {
    const struct command *c = command_at(i);
    return i == 0 || strncmp(command_at(i - 1)->name, c->name, first_word(c) + 1) != 0;
}

/* Is command i the leader of the family that `member` belongs to? */
static bool same_family(int i, const struct command *member) {
    size_t n = first_word(member);
    return !strncmp(command_at(i)->name, member->name, n) && command_at(i)->name[n] == ' ';
}

static void words_of(const struct option *o) {
    for (int i = 0; o->words && o->words(i); i++) printf("%s%s", i ? " " : "", o->words(i));
}

/* `text` inside single quotes of zsh and fish, where `special` needs a backslash. */
static void quoted(const char *text, const char *special) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            printf(strchr(special, *text) ? "\\%c" : "%c", *text);
    }
}

/* ---- bash ---- */

static void bash_value(const struct option *o) {
    if (o->words) {
        fputs("COMPREPLY=($(compgen -W '", stdout);
        words_of(o);
        puts("' -- \"$cur\")) ;;");
    } else if (o->complete == COMPLETE_FILE) {
        puts("mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;");
    } else if (o->complete == COMPLETE_FOLDER) {
        puts("mapfile -t COMPREPLY < <(compgen -d -- \"$cur\") ;;");
    } else {
        puts(";;");
    }
}

static void bash_command(const struct command *c) {
    for (const struct option *o = c->options; o->name; o++) {
        if (o->operand || o->type == OPTION_FLAG) continue;
        printf("    '%s:--%s'", c->name, o->name);
        if (o->letter) printf("|'%s:-%c'", c->name, o->letter);
        fputs(") ", stdout);
        bash_value(o);
    }
    printf("    '%s:'*)\n        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '", c->name);
    for (const struct option *o = c->options; o->name; o++)
        if (!o->operand) printf("--%s ", o->name);
    puts("--help' -- \"$cur\")); return; fi");
    for (const struct option *o = c->options; o->name; o++)
        if (o->operand) {
            fputs("        ", stdout);
            bash_value(o);
            return;
        }
    puts("        ;;");
}

/* bash makes a word of the "=" in --data=cifar10. */
static void bash(void) {
    const struct command *c;
    puts(
        "# bash completion of resile; made by `resile completion bash`\n_resile() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local command=${COMP_WORDS[1]}\n    COMPREPLY=()\n"
        "    if [[ $cur == = ]]; then cur=\n"
        "    elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
        "    if ((COMP_CWORD == 1)) || [[ $COMP_CWORD$command == 2help ]]; then");
    fputs("        COMPREPLY=($(compgen -W 'help", stdout);
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (leads(i)) printf(" %.*s", (int)first_word(c), c->name);
    puts("' -- \"$cur\")); return\n    fi\n    case $command in");
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        if (!leads(i) || !c->name[first_word(c)]) continue;
        printf("    %.*s)\n        if ((COMP_CWORD == 2)); then COMPREPLY=($(compgen -W '",
               (int)first_word(c), c->name);
        for (int j = i; command_at(j); j++)
            if (same_family(j, c)) printf("%s ", command_at(j)->name + first_word(c) + 1);
        puts("' -- \"$cur\")); return; fi\n        command+=\" ${COMP_WORDS[2]}\" ;;");
    }
    puts("    esac\n    case $command:$prev in");
    for (int i = 0; (c = command_at(i)) != NULL; i++) bash_command(c);
    puts("    esac\n}\ncomplete -o filenames -o bashdefault -F _resile resile");
}

/* ---- zsh ---- */

static void zsh_value(const struct option *o) {
    putchar(':');
    quoted(o->operand ? o->name : o->value, "[]:\\");
    putchar(':');
    if (o->words) {
        putchar('(');
        words_of(o);
        putchar(')');
    } else if (o->complete == COMPLETE_FILE) {
        fputs("_files", stdout);
    } else if (o->complete == COMPLETE_FOLDER) {
        fputs("_files -/", stdout);
    }
    putchar('\'');
}

static void zsh_command(const struct command *c) {
    int n = 0;
    bool family = strchr(c->name, ' ') != NULL;
    printf("    '%s'*)\n", c->name);
    printf("        words=(\"${(@)words[%d,-1]}\"); ((CURRENT -= %d))\n        _arguments",
           2 + family, 1 + family);
    for (const struct option *o = c->options; o->name; o++) {
        fputs(" \\\n            '", stdout);
        if (o->type == OPTION_TEXTS) {
            putchar('*');
        } else if (o->operand) {
            printf("%d", ++n);
        } else {
            printf("--%s[", o->name);
            quoted(o->help, "[]:\\");
            putchar(']');
        }
        if (o->type == OPTION_FLAG)
            putchar('\'');
        else
            zsh_value(o);
    }
    puts(" \\\n            '--help[show this help]' ;;");
}

static void zsh_describe(const struct command *c, const char *word, int length) {
    printf(" '%.*s:", length, word);
    quoted(c->summary, ":\\");
    putchar('\'');
}

static void zsh(void) {
    const struct command *c;
    puts(
        "#compdef resile\n# zsh completion of resile; made by `resile completion zsh`\n"
        "_resile() {\n    local -a names\n"
        "    if ((CURRENT == 2)) || [[ $CURRENT$words[2] == 3help ]]; then");
    fputs("        names=('help:Show help'", stdout);
    for (int i = 0; (c = command_at(i)) != NULL; i++)
        if (leads(i)) zsh_describe(c, c->name, (int)first_word(c));
    puts(
        ")\n        _describe command names; return\n    fi\n    if ((CURRENT == 3)); then\n"
        "        case $words[2] in");
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        size_t n = first_word(c);
        if (!leads(i) || !c->name[n]) continue;
        printf("        %.*s) names=(", (int)n, c->name);
        for (int j = i; command_at(j); j++)
            if (same_family(j, c)) {
                const char *word = command_at(j)->name + n + 1;
                zsh_describe(command_at(j), word, (int)strlen(word));
            }
        puts("); _describe command names; return ;;");
    }
    puts("        esac\n    fi\n    case \"$words[2] $words[3]\" in");
    for (int i = 0; (c = command_at(i)) != NULL; i++) zsh_command(c);
    puts("    esac\n}\n_resile \"$@\"");
}

/* ---- fish ---- */

#define SEEN "__fish_seen_subcommand_from "

static void fish_line(const char *condition, const char *word, int length, const char *summary) {
    printf("complete -c resile -n '%s' -a '%.*s' -d '", condition, length, word);
    quoted(summary, "\\");
    puts("'");
}

/* When the line is of this command: "inject" and not "bench inject", which has the word, too. */
static void fish_condition(const struct command *c, char *text, size_t size) {
    const struct command *other;
    size_t n = first_word(c);
    if (c->name[n]) {
        snprintf(text, size, SEEN "%.*s; and " SEEN "%s", (int)n, c->name, c->name + n + 1);
        return;
    }
    size_t at = (size_t)snprintf(text, size, SEEN "%s", c->name);
    for (int i = 0; at < size && (other = command_at(i)) != NULL; i++) {
        size_t family = first_word(other);
        if (other->name[family] && strcmp(other->name + family + 1, c->name) == 0)
            at += (size_t)snprintf(text + at, size - at, "; and not " SEEN "%.*s", (int)family,
                                   other->name);
    }
}

static void fish_command(const struct command *c) {
    char condition[200];
    fish_condition(c, condition, sizeof condition);
    for (const struct option *o = c->options; o->name; o++) {
        if (o->operand && !o->words && o->complete == COMPLETE_NOTHING) continue;
        printf("complete -c resile -n '%s'", condition);
        if (!o->operand) printf(" -l %s", o->name);
        if (o->letter) printf(" -s %c", o->letter);
        bool files = o->complete != COMPLETE_NOTHING && !o->words;
        if (!o->operand && o->type != OPTION_FLAG) fputs(files ? " -r" : " -x", stdout);
        if (files) fputs(" -F", stdout);
        if (o->words) {
            fputs(" -a '", stdout);
            words_of(o);
            putchar('\'');
        }
        fputs(" -d '", stdout);
        quoted(o->help, "\\");
        puts("'");
    }
}

static void fish(void) {
    const struct command *c;
    puts("# fish completion of resile; made by `resile completion fish`\ncomplete -c resile -f");
    fish_line("__fish_use_subcommand", "help", 4, "Show help");
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        if (!leads(i)) continue;
        fish_line("__fish_use_subcommand", c->name, (int)first_word(c), c->summary);
        fish_line(SEEN "help", c->name, (int)first_word(c), c->summary);
    }
    for (int i = 0; (c = command_at(i)) != NULL; i++) {
        char condition[120];
        size_t n = first_word(c);
        if (c->name[n]) {
            const char *word = c->name + n + 1;
            snprintf(condition, sizeof condition, SEEN "%.*s", (int)n, c->name);
            fish_line(condition, word, (int)strlen(word), c->summary);
        }
        fish_command(c);
    }
}

static int run(const void *arguments) {
    const struct completion *a = arguments;
    switch ((enum shell)a->shell) {
        case SHELL_BASH:
            bash();
            break;
        case SHELL_ZSH:
            zsh();
            break;
        case SHELL_FISH:
            fish();
            break;
    }
    return EXIT_DONE;
}

static const struct option options[] = {
    {"SHELL", .type = OPTION_CHOICE, .at = offsetof(struct completion, shell), .operand = true,
     .required = true, .words = shell_at, .help = "bash, zsh or fish"},
    {0}};

static const char *const examples[] = {
    "in this bash, now", ". <(resile completion bash)", "for every zsh",
    "resile completion zsh > /usr/local/share/zsh/site-functions/_resile", NULL};

const struct command command_completion = {
    .name = "completion",
    .group = "The program",
    .summary = "Completion script for bash, zsh or fish",
    .examples = examples,
    .options = options,
    .size = sizeof(struct completion),
    .run = run,
};

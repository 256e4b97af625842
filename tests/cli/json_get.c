/* usage: json_get [KEY ...] <JSON   Fails unless stdin is one valid JSON value; prints the value of
 * each key, where "layers.0.op" goes down and "layers.#" is the number of items. Numbers that are
 * not whole are printed as "number". */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const json_t *descend(const json_t *at, const char *word) {
    if (json_is_array(at)) return json_array_get(at, (size_t)strtoul(word, NULL, 10));
    return json_object_get(at, word);
}

static int print_key(const json_t *root, const char *key) {
    char path[200];
    const json_t *at = root;
    snprintf(path, sizeof path, "%s", key);
    for (char *word = strtok(path, "."); word && at; word = strtok(NULL, ".")) {
        if (!strcmp(word, "#")) {
            printf("%s: %zu\n", key,
                   json_is_array(at) ? json_array_size(at) : json_object_size(at));
            return 0;
        }
        at = descend(at, word);
    }
    if (!at) {
        printf("%s: absent\n", key);
        return 1;
    }
    if (json_is_real(at)) {
        printf("%s: number\n", key);
        return 0;
    }
    char *text = json_dumps(at, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT);
    printf("%s: %s\n", key, text ? text : "?");
    free(text);
    return text ? 0 : 1;
}

int main(int argc, char **argv) {
    json_error_t error;
    int failed = 0;
    json_t *root = json_loadf(stdin, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) {
        printf("not valid JSON: line %d: %s\n", error.line, error.text);
        return 1;
    }
    for (int i = 1; i < argc; i++) failed |= print_key(root, argv[i]);
    json_decref(root);
    return failed;
}

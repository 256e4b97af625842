/* CIFAR's version for Python, made here: the pickles that Python 2 wrote, that Python 3 writes for
 * it, and that Python 3 likes best. */
#ifndef TESTS_PICKLED_CIFAR_H
#define TESTS_PICKLED_CIFAR_H

#include "check.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { PYTHON2, PROTOCOL2, PROTOCOL5 };

static void put_size(FILE *f, uint64_t n, int bytes) {
    for (; bytes; bytes--, n >>= 8) fputc((int)(n & 255), f);
}

static void put_short(FILE *f, enum form form, const char *text) {
    fputc(form == PYTHON2 ? 'U' : form == PROTOCOL2 ? 'X' : 0x8c, f);
    put_size(f, strlen(text), form == PROTOCOL2 ? 4 : 1);
    fputs(text, f);
}

/* The elements as Python 2 wrote them, as Python 3 writes them for it, and as it likes them. */
static void put_elements(FILE *f, enum form form, const uint8_t *data, size_t n) {
    if (form == PROTOCOL2) {
        size_t high = 0;
        for (size_t i = 0; i < n; i++) high += data[i] >> 7;
        fputs("c_codecs\nencode\nX", f);
        put_size(f, n + high, 4);
        for (size_t i = 0; i < n; i++) {
            if (data[i] >> 7) fputc(0xc0 | data[i] >> 6, f);
            fputc(data[i] >> 7 ? 0x80 | (data[i] & 0x3f) : data[i], f);
        }
        put_short(f, form, "latin1");
        fputs("\x86R", f);
    } else {
        fputc(form == PYTHON2 ? 'T' : 0x96, f);
        put_size(f, n, form == PYTHON2 ? 4 : 8);
        fwrite(data, 1, n, f);
    }
}

static void put_shape(FILE *f, int rows, int columns) {
    fputc('J', f), put_size(f, (uint64_t)rows, 4);
    fputc('M', f), put_size(f, (uint64_t)columns, 2);
    fputc(0x86, f);
}

static void put_dtype(FILE *f, enum form form, const char *dtype) {
    fputs("cnumpy\ndtype\n", f);
    put_short(f, form, dtype);
    fputs("\x89\x88\x87R(K\x03", f);
    put_short(f, form, "|");
    fputs("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK", f), fputc(0, f);
    fputs("tb", f);
}

static void put_array(FILE *f, enum form form, const char *dtype, int rows, int columns,
                      const uint8_t *data, size_t n) {
    if (form == PROTOCOL5) {
        fputs("cnumpy._core.numeric\n_frombuffer\n(", f);
        put_elements(f, form, data, n);
        put_dtype(f, form, dtype);
        put_shape(f, rows, columns);
        put_short(f, form, "C");
        fputs("tR", f);
        return;
    }
    fputs("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK", f), fputc(0, f);
    fputc(0x85, f);
    put_short(f, form, "b");
    fputs("\x87R(K\x01", f);
    put_shape(f, rows, columns);
    put_dtype(f, form, dtype);
    fputs("\x89", f);
    put_elements(f, form, data, n);
    fputs("tb", f);
}

/* A set of `n` images with `rows` and `dtype` as claimed. `head` lists of labels, labels[i][2-head]
 * and on, of which the first `n_labels` are written. */
struct pickled {
    enum form form;
    const uint8_t *pixels; /* [n,3072] */
    int n, head, n_labels, rows;
    const uint8_t (*labels)[2];
    const char *dtype;
};

static void write_pickle(const char *path, const struct pickled *p) {
    char *bytes = NULL;
    size_t size;
    FILE *f = open_memstream(&bytes, &size);
    assert_non_null(f);
    fputs(p->form == PROTOCOL5 ? "\x80\x05}(" : "\x80\x02}(", f);
    put_short(f, p->form, "data");
    put_array(f, p->form, p->dtype, p->rows, 3072, p->pixels, (size_t)p->n * 3072);
    for (int h = 0; h < p->head; h++) {
        put_short(f, p->form, p->head == 1 ? "labels" : h ? "fine_labels" : "coarse_labels");
        fputs("](", f);
        for (int i = 0; i < p->n_labels; i++)
            fputc('K', f), fputc(p->labels[i][2 - p->head + h], f);
        fputc('e', f);
    }
    fputs("u.", f);
    assert_int_equal(fclose(f), 0);
    check_ok(rsl_file_write(path, bytes, size));
    free(bytes);
}

#endif

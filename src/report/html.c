/* Texts of strangers in HTML: names of layers, models and commands come from stores and models.
 * Numbers as people read them. */
#include "report/report_int.h"

#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void rsl_html_text(struct rsl_text *t, const char *text) {
    for (const char *s = text; *s;) {
        int n = rsl_utf8_length(s);
        unsigned char c = (unsigned char)*s;
        if (n == 0 || c == 0x7f || (c < 0x20 && c != '\t' && c != '\n')) {
            rsl_text_puts(t, "\xef\xbf\xbd");
            n = 1;
        } else if (strchr("&<>\"'", *s)) {
            rsl_text_printf(t, "&#%d;", *s);
        } else {
            rsl_text_add(t, s, (size_t)n);
        }
        s += n;
    }
}

void rsl_html_script(struct rsl_text *t, const char *script, size_t size) {
    for (size_t i = 0, from = 0;; i++) {
        bool end = i >= size;
        if (!end && script[i] != '<') continue;
        rsl_text_add(t, script + from, (end ? size : i) - from);
        if (end) return;
        from = i;
        if (size - i >= 8 && strncasecmp(script + i, "</script", 8) == 0) {
            rsl_text_puts(t, "<\\/");
            from = i + 2;
        }
    }
}

void rsl_report_interval(struct rsl_text *t, double value, double low, double high) {
    if (isnan(value))
        rsl_text_puts(t, "–");
    else if (isnan(low) || isnan(high))
        rsl_text_printf(t, "%.2f", value);
    else
        rsl_text_printf(t, "%.2f <small>[%.2f, %.2f]</small>", value, low, high);
}

void rsl_report_count(struct rsl_text *t, int64_t n) {
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, n);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0 && digits[i - 1] != '-') rsl_text_puts(t, ",");
        rsl_text_add(t, digits + i, 1);
    }
}

void rsl_report_rate(struct rsl_text *t, double rate) {
    char text[32];
    int exponent;
    if (isnan(rate)) {
        rsl_text_puts(t, "–");
    } else if (rate == 0 || (fabs(rate) >= 0.1 && fabs(rate) < 1e4)) {
        rsl_text_printf(t, "%.4g", rate);
    } else {
        rsl_format(text, sizeof text, "%.3e", rate);
        char *e = strchr(text, 'e');
        sscanf(e, "e%d", &exponent);
        while (e[-1] == '0') e--;
        if (e[-1] == '.') e--;
        rsl_text_printf(t, "%.*se%d", (int)(e - text), text, exponent);
    }
}

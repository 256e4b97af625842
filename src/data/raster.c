/* See raster.h. Points are scaled by 24 and pixel centres lie at odd multiples of 25, which makes
 * the 96 pixels span -100..100 with whole numbers only. */
#include "data/raster.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { POINT_UNIT = 24, PIXEL_UNIT = 25, MAX_POINTS = 32 };

static int64_t pixel_at(int i) {
    return (int64_t)(2 * i + 1 - RSL_CANVAS) * PIXEL_UNIT;
}

/* First pixel whose centre is not before `at` (in canvas coordinates), within the canvas. */
static int first_pixel(int at) {
    int i = (at * POINT_UNIT / PIXEL_UNIT + RSL_CANVAS) / 2 - 1;
    return i < 0 ? 0 : i > RSL_CANVAS ? RSL_CANVAS : i;
}

static int end_pixel(int at) {
    int i = first_pixel(at) + 3;
    return i > RSL_CANVAS ? RSL_CANVAS : i;
}

void rsl_canvas_ring(struct rsl_canvas *c, struct rsl_canvas_point center, int radius, int width,
                     uint32_t colour) {
    int64_t outer = (int64_t)(2 * radius + width) * POINT_UNIT / 2;
    int64_t inner = (int64_t)(2 * radius - width) * POINT_UNIT / 2;
    for (int y = 0; y < RSL_CANVAS; y++)
        for (int x = 0; x < RSL_CANVAS; x++) {
            int64_t dx = pixel_at(x) - center.x * POINT_UNIT;
            int64_t dy = pixel_at(y) - center.y * POINT_UNIT, d = dx * dx + dy * dy;
            if (d <= outer * outer && (inner <= 0 || d >= inner * inner)) c->pixel[y][x] = colour;
        }
}

void rsl_canvas_disc(struct rsl_canvas *c, struct rsl_canvas_point center, int radius,
                     uint32_t colour) {
    struct rsl_canvas_point middle = center;
    rsl_canvas_ring(c, middle, radius / 2, radius + radius % 2, colour);
}

/* Does the edge a-b cross the ray from (px,py) to the right? */
static bool crosses(struct rsl_canvas_point a, struct rsl_canvas_point b, int64_t px, int64_t py) {
    int64_t ay = a.y * POINT_UNIT, by = b.y * POINT_UNIT;
    if ((ay > py) == (by > py)) return false;
    int64_t ax = a.x * POINT_UNIT, bx = b.x * POINT_UNIT;
    int64_t side = (bx - ax) * (py - ay) - (px - ax) * (by - ay);
    return by > ay ? side > 0 : side < 0;
}

void rsl_canvas_polygon(struct rsl_canvas *c, const struct rsl_canvas_point *points, int n,
                        uint32_t colour) {
    int top = 100, bottom = -100;
    for (int k = 0; k < n; k++) {
        if (points[k].y < top) top = points[k].y;
        if (points[k].y > bottom) bottom = points[k].y;
    }
    for (int y = first_pixel(top); y < end_pixel(bottom); y++)
        for (int x = 0; x < RSL_CANVAS; x++) {
            bool inside = false;
            for (int k = 0; k < n; k++)
                if (crosses(points[k], points[(k + 1) % n], pixel_at(x), pixel_at(y)))
                    inside = !inside;
            if (inside) c->pixel[y][x] = colour;
        }
}

/* Is (px,py) within `reach` of the segment a-b? */
static bool near_segment(struct rsl_canvas_point a, struct rsl_canvas_point b, int64_t px,
                         int64_t py, int64_t reach) {
    int64_t dx = (b.x - a.x) * POINT_UNIT, dy = (b.y - a.y) * POINT_UNIT;
    int64_t x = px - a.x * POINT_UNIT, y = py - a.y * POINT_UNIT;
    int64_t along = x * dx + y * dy, length = dx * dx + dy * dy, across = x * dy - y * dx;
    if (along <= 0) return x * x + y * y <= reach * reach;
    if (along >= length) return (x - dx) * (x - dx) + (y - dy) * (y - dy) <= reach * reach;
    return across * across <= reach * reach * length;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

void rsl_canvas_line(struct rsl_canvas *c, const struct rsl_canvas_point *points, int n, int width,
                     uint32_t colour) {
    int64_t reach = (int64_t)width * POINT_UNIT / 2;
    for (int k = 0; k + 1 < n; k++) {
        struct rsl_canvas_point a = points[k], b = points[k + 1];
        int left = first_pixel(smaller(a.x, b.x) - width),
            top = first_pixel(smaller(a.y, b.y) - width);
        int right = end_pixel(larger(a.x, b.x) + width),
            bottom = end_pixel(larger(a.y, b.y) + width);
        for (int y = top; y < bottom; y++)
            for (int x = left; x < right; x++)
                if (near_segment(a, b, pixel_at(x), pixel_at(y), reach)) c->pixel[y][x] = colour;
    }
}

uint32_t rsl_colour(char letter) {
    switch (letter) {
        case 'k':
            return 0xff1c1a1a;
        case 'w':
            return 0xffeeeeee;
        case 'r':
            return 0xff221cc8;
        case 'y':
            return 0xff18c0f4;
        case 'g':
            return 0xff4c9a1e;
        case 'b':
            return 0xffb0501c;
        default:
            assert(letter == 'a');
            return 0xff8c8c8c;
    }
}

static void draw_item(struct rsl_canvas *c, char kind, uint32_t colour, const int *v, int n) {
    struct rsl_canvas_point points[MAX_POINTS];
    int lead = kind == 'l' ? 1 : 0, count = (n - lead) / 2;
    assert(count >= 1 && count <= MAX_POINTS);
    assert(n == (kind == 'd' ? 3 : kind == 'o' ? 4 : lead + 2 * count));
    for (int k = 0; k < count; k++)
        points[k] = (struct rsl_canvas_point){v[lead + 2 * k], v[lead + 2 * k + 1]};
    if (kind == 'd')
        rsl_canvas_disc(c, points[0], v[2], colour);
    else if (kind == 'o')
        rsl_canvas_ring(c, points[0], v[2], v[3], colour);
    else if (kind == 'p')
        rsl_canvas_polygon(c, points, count, colour);
    else
        rsl_canvas_line(c, points, count, v[0], colour);
}

static void mirror_canvas(struct rsl_canvas *c) {
    for (int y = 0; y < RSL_CANVAS; y++)
        for (int x = 0; x < RSL_CANVAS / 2; x++) {
            uint32_t left = c->pixel[y][x];
            c->pixel[y][x] = c->pixel[y][RSL_CANVAS - 1 - x];
            c->pixel[y][RSL_CANVAS - 1 - x] = left;
        }
}

void rsl_canvas_draw(struct rsl_canvas *c, const char *picture, int mirror) {
    if (mirror) mirror_canvas(c);
    for (const char *p = picture; *p;) {
        while (*p == ' ' || *p == ';') p++;
        if (!*p) break;
        char letter = p[0], kind = p[1];
        int values[2 * MAX_POINTS + 1], n = 0;
        char *end;
        for (p += 2; *p && *p != ';'; p = end) {
            assert(n < 2 * MAX_POINTS + 1);
            values[n++] = (int)strtol(p, &end, 10);
            assert(end != p);
        }
        draw_item(c, kind, rsl_colour(letter), values, n);
    }
    if (mirror) mirror_canvas(c);
}

void rsl_canvas_reduce(const struct rsl_canvas *c, int size, uint32_t *out, int stride) {
    int step = RSL_CANVAS / size, count = step * step;
    assert(step * size == RSL_CANVAS);
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            int sum[4] = {0};
            for (int k = 0; k < count; k++) {
                uint32_t v = c->pixel[y * step + k / step][x * step + k % step];
                for (int b = 0; b < 4; b++) sum[b] += v >> (8 * b) & 255;
            }
            uint32_t mean = 0;
            for (int b = 0; b < 4; b++) mean |= (uint32_t)((sum[b] + count / 2) / count) << (8 * b);
            out[y * stride + x] = mean;
        }
}

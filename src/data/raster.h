/* A small software rasteriser for drawing signs: filled shapes on a square canvas.
 *
 * Everything is integer arithmetic, so a drawing has the same bytes on every machine. Coordinates
 * run from -100 to 100 across the canvas, y downwards; a pixel is painted when its centre is inside
 * the shape. Smooth edges come from reducing the canvas afterwards. */
#ifndef RSL_DATA_RASTER_H
#define RSL_DATA_RASTER_H

#include <stdint.h>

enum { RSL_CANVAS = 96 };

struct rsl_canvas {
    uint32_t pixel[RSL_CANVAS][RSL_CANVAS]; /* 0xAABBGGRR; 0: nothing painted */
};

struct rsl_canvas_point {
    int x, y;
};

void rsl_canvas_disc(struct rsl_canvas *c, struct rsl_canvas_point center, int radius,
                     uint32_t colour);
void rsl_canvas_ring(struct rsl_canvas *c, struct rsl_canvas_point center, int radius, int width,
                     uint32_t colour);
/* Any simple polygon, by the even-odd rule. */
void rsl_canvas_polygon(struct rsl_canvas *c, const struct rsl_canvas_point *points, int n,
                        uint32_t colour);
/* Connected segments with round ends and joints. */
void rsl_canvas_line(struct rsl_canvas *c, const struct rsl_canvas_point *points, int n, int width,
                     uint32_t colour);

/* Draws a picture written as text: items separated by ';', each a colour letter, a kind, and
 * numbers. Colours: k black, w white, r red, y yellow, g green, b blue, a grey. Kinds:
 *   d X Y RADIUS           disc
 *   o X Y RADIUS WIDTH     ring
 *   p X Y X Y ...          polygon
 *   l WIDTH X Y X Y ...    line
 * A nonzero `mirror` swaps left and right. The text is ours, not input: it is asserted, not
 * checked. */
void rsl_canvas_draw(struct rsl_canvas *c, const char *picture, int mirror);

/* Colour of a letter, opaque. */
uint32_t rsl_colour(char letter);

/* Mean over squares, to size x size (a divisor of RSL_CANVAS), colours premultiplied by alpha. */
void rsl_canvas_reduce(const struct rsl_canvas *c, int size, uint32_t *out, int stride);

#endif

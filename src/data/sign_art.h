/* What the 43 road signs look like, face on and evenly lit. */
#ifndef RSL_DATA_SIGN_ART_H
#define RSL_DATA_SIGN_ART_H

#include "data/raster.h"
#include "data/road_signs.h"

/* Draws the sign of class `label` over the whole canvas, which is cleared first. */
void rsl_sign_draw(struct rsl_canvas *c, int label);

#endif

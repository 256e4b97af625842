/* Files that the build turns into arrays (cmake/embed.cmake), each followed by a zero. */
#ifndef RSL_REPORT_ASSETS_H
#define RSL_REPORT_ASSETS_H

#include <stddef.h>

extern const unsigned char rsl_asset_d3[], rsl_asset_script[], rsl_asset_style[];
extern const unsigned char rsl_asset_d3_license[];
extern const size_t rsl_asset_d3_size, rsl_asset_script_size, rsl_asset_style_size;
extern const size_t rsl_asset_d3_license_size;

#endif

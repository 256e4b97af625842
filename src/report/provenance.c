/* The libraries that results were computed with; see resile/provenance.h. */
#include "resile/provenance.h"

#include "dnnl/version.h"

#include <curl/curl.h>
#include <jansson.h>
#include <jconfig.h>
#include <png.h>
#include <protobuf-c/protobuf-c.h>
#include <sqlite3.h>
#include <stdio.h>
#include <zip.h>
#include <zlib.h>

#define TEXT_OF(x)  #x
#define TEXT_OF_(x) TEXT_OF(x)

const char *rsl_dependency(int i, const char **version) {
    static _Thread_local char dnnl[32];
    const char *name = NULL, *is = NULL;
    switch (i) {
        case 0:
            rsl_dnnl_version(dnnl, sizeof dnnl);
            name = "oneDNN", is = dnnl;
            break;
        case 1:
            name = "protobuf-c", is = protobuf_c_version();
            break;
        case 2:
            name = "jansson", is = jansson_version_str();
            break;
        case 3:
            name = "libzip", is = zip_libzip_version();
            break;
        case 4:
            name = "zlib", is = zlibVersion();
            break;
        case 5:
            name = "libpng", is = png_get_libpng_ver(NULL);
            break;
        case 6:
            name = "libjpeg-turbo", is = TEXT_OF_(LIBJPEG_TURBO_VERSION);
            break;
        case 7:
            name = "libcurl", is = curl_version_info(CURLVERSION_NOW)->version;
            break;
        case 8:
            name = "SQLite", is = sqlite3_libversion();
            break;
        case 9:
            name = "OpenMP", is = TEXT_OF_(_OPENMP);
            break;
        default:
            break;
    }
    if (version) *version = is;
    return name;
}

const char *rsl_cpu_isa(void) {
    return rsl_dnnl_isa();
}

/* See version.h. */
#include "dnnl/version.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

void rsl_dnnl_version(char *text, size_t size) {
    const dnnl_version_t *v = dnnl_version();
    snprintf(text, size, "%d.%d.%d", v->major, v->minor, v->patch);
}

const char *rsl_dnnl_isa(void) {
    switch (dnnl_get_effective_cpu_isa()) {
        case dnnl_cpu_isa_sse41:
            return "SSE41";
        case dnnl_cpu_isa_avx:
            return "AVX";
        case dnnl_cpu_isa_avx2:
            return "AVX2";
        case dnnl_cpu_isa_avx2_vnni:
            return "AVX2_VNNI";
        case dnnl_cpu_isa_avx512_mic:
            return "AVX512_MIC";
        case dnnl_cpu_isa_avx512_mic_4ops:
            return "AVX512_MIC_4OPS";
        case dnnl_cpu_isa_avx512_core:
            return "AVX512_CORE";
        case dnnl_cpu_isa_avx512_core_vnni:
            return "AVX512_CORE_VNNI";
        case dnnl_cpu_isa_avx512_core_bf16:
            return "AVX512_CORE_BF16";
        case dnnl_cpu_isa_avx512_core_amx:
            return "AVX512_CORE_AMX";
        default:
            return "";
    }
}

bool rsl_dnnl_has_bf16(void) {
    const dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return isa == dnnl_cpu_isa_avx512_core_bf16 || isa == dnnl_cpu_isa_avx512_core_amx;
}

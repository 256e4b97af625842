# The version for people and for programs.
resile --version | sed 's/(.*)/(build)/; s/ [0-9][0-9.]*/ N/g; s/^processor.*/processor/'
resile version --json | json_get resile libraries.#
resile doctor --json | json_get resile >/dev/null && echo "doctor: valid"
resile doctor | cut -d' ' -f1 | head -9
RESILE_DATA=/nowhere resile doctor | grep RESILE_DATA
DNNL_MAX_CPU_ISA=AVX2 resile doctor | grep DNNL

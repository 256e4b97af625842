/* One folder of ONNX's node tests. */
#ifndef TESTS_OPS_ONNX_NODE_H
#define TESTS_OPS_ONNX_NODE_H

#include <stddef.h>

enum verdict { PASSED, REFUSED, WRONG, CRASHED };

/* Runs the test in every way we can execute it; `sentence` says what is refused or wrong. */
enum verdict onnx_node_run(const char *folder, char *sentence, size_t size);

#endif

# ONNX's node tests, from the installed libonnx-testdata, and the page they write.
find_path(ONNX_NODE_TESTS onnx/backend/test/data/node REQUIRED)
set(ONNX_NODE_TESTS_DIR ${ONNX_NODE_TESTS}/onnx/backend/test/data/node)
set(OPERATORS_PAGE ${CMAKE_SOURCE_DIR}/docs/operators.md)

add_executable(onnx_node ops/onnx_node.c ops/onnx_node_run.c)
target_link_libraries(onnx_node PRIVATE resile_static rsl_warnings)
add_test(NAME onnx_node COMMAND onnx_node ${ONNX_NODE_TESTS_DIR} --check-docs ${OPERATORS_PAGE})
set_tests_properties(onnx_node PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)
add_custom_target(docs-operators
  COMMAND onnx_node ${ONNX_NODE_TESTS_DIR} --write-docs ${OPERATORS_PAGE} VERBATIM)

# Fast kernels against the reference on random chains of operators.
add_executable(fast_reference ${CMAKE_CURRENT_LIST_DIR}/fast_reference.c)
target_link_libraries(fast_reference PRIVATE resile_static rsl_warnings)
add_test(NAME fast_reference COMMAND fast_reference 300)
set_tests_properties(fast_reference PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)

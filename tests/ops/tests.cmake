# ONNX's node tests, from the installed libonnx-testdata, and the page they write.
find_path(ONNX_NODE_TESTS onnx/backend/test/data/node REQUIRED)
set(ONNX_TEST_DATA ${ONNX_NODE_TESTS}/onnx/backend/test/data)
set(OPERATORS_PAGE ${CMAKE_SOURCE_DIR}/docs/operators.md)

add_executable(onnx_node ops/onnx_node.c ops/onnx_node_run.c)
target_link_libraries(onnx_node PRIVATE resile_static rsl_warnings)
add_test(NAME onnx_node COMMAND onnx_node ${ONNX_TEST_DATA}/node 800 --check-docs ${OPERATORS_PAGE})
set_tests_properties(onnx_node PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)
add_custom_target(docs-operators
  COMMAND onnx_node ${ONNX_TEST_DATA}/node 800 --write-docs ${OPERATORS_PAGE} VERBATIM)

# The other suites of the package: small models, most of them exported by PyTorch.
foreach(suite "simple 7" "pytorch-operator 31" "pytorch-converted 76")
  separate_arguments(suite)
  list(GET suite 0 folder)
  list(GET suite 1 enough)
  string(REPLACE "-" "_" name onnx_${folder})
  add_test(NAME ${name} COMMAND onnx_node ${ONNX_TEST_DATA}/${folder} ${enough})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)
endforeach()

# Fast kernels against the reference on random chains of operators, forwards and with gradients.
foreach(name fast_reference training_reference)
  add_executable(${name} ${CMAKE_CURRENT_LIST_DIR}/${name}.c ${CMAKE_CURRENT_LIST_DIR}/random_chain.c)
  target_link_libraries(${name} PRIVATE resile_static rsl_warnings)
  add_test(NAME ${name} COMMAND ${name} 300)
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)
endforeach()

# Gradient rules against finite differences.
add_executable(gradient_rules ${CMAKE_CURRENT_LIST_DIR}/gradient_rules.c ${CMAKE_CURRENT_LIST_DIR}/gradient_case.c)
target_link_libraries(gradient_rules PRIVATE resile_static rsl_warnings)
add_test(NAME gradient_rules COMMAND gradient_rules)
set_tests_properties(gradient_rules PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)

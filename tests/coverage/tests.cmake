# The table of docs/statistics.md; fails when a coverage is not what is promised there.
add_executable(coverage coverage/coverage.c)
target_link_libraries(coverage PRIVATE resile_static rsl_warnings)
target_include_directories(coverage PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
add_test(NAME coverage COMMAND coverage)
set_tests_properties(coverage PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 1200 LABELS long)

# examples/ built against the installed library, and run. The flags are those of the install test.
add_test(NAME examples COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/examples/run.sh ${CMAKE_BINARY_DIR}
         ${CMAKE_COMMAND} ${CMAKE_C_COMPILER} "${INSTALL_FLAGS}")
set_tests_properties(examples PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 600)
# Both write the build's list of installed files.
set_tests_properties(examples install PROPERTIES RESOURCE_LOCK install)

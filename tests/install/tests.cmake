# The sanitizers of this build must be in the client as well.
set(INSTALL_FLAGS "")
if(RSL_SANITIZE)
  set(INSTALL_FLAGS "-fsanitize=address,undefined")
elseif(RSL_TSAN)
  set(INSTALL_FLAGS "-fsanitize=thread")
elseif(RSL_COVERAGE)
  set(INSTALL_FLAGS "--coverage")
endif()
add_test(NAME install COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/install/run.sh ${CMAKE_BINARY_DIR}
         ${CMAKE_COMMAND} ${CMAKE_C_COMPILER} "${INSTALL_FLAGS}")
set_tests_properties(install PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 120)

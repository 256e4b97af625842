# Every cli/cases/<case>.sh is one ctest cli_<case>; run.sh says what it compares.
if(TARGET resile_cli)
  set(CLI_BIN ${CMAKE_CURRENT_BINARY_DIR}/bin)
  add_executable(json_get cli/json_get.c)
  target_link_libraries(json_get PRIVATE PkgConfig::RSL_PKG rsl_warnings)
  add_executable(synthetic_store cli/synthetic_store.c)
  target_link_libraries(synthetic_store PRIVATE resile_static rsl_warnings)
  set_target_properties(json_get synthetic_store PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CLI_BIN})
  add_custom_command(TARGET json_get POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
                     $<TARGET_FILE:resile_cli> ${CLI_BIN}/resile)

  # What mpirun starts: this program when it is built with MPI, else, where MPI is installed, the
  # same program with the one file that knows MPI compiled for it.
  if(RSL_MPI)
    add_custom_command(TARGET json_get POST_BUILD COMMAND ${CMAKE_COMMAND} -E create_symlink
                       $<TARGET_FILE:resile_cli> ${CLI_BIN}/resile_mpi)
  else()
    find_package(MPI QUIET COMPONENTS C)
    if(MPI_C_FOUND)
      add_executable(resile_mpi ${RSL_CLI_SOURCES} ${CMAKE_SOURCE_DIR}/src/campaign/mpi.c)
      target_link_libraries(resile_mpi PRIVATE resile_static rsl_warnings MPI::MPI_C)
      target_compile_definitions(resile_mpi PRIVATE _POSIX_C_SOURCE=200809L RSL_MPI)
      set_target_properties(resile_mpi PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CLI_BIN})
    endif()
  endif()

  file(GLOB CLI_CASES CONFIGURE_DEPENDS cli/cases/*.sh)
  foreach(source ${CLI_CASES})
    get_filename_component(name ${source} NAME_WE)
    add_test(NAME cli_${name} COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/cli/run.sh ${CLI_BIN} ${source})
    set_tests_properties(cli_${name} PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 120
                         SKIP_RETURN_CODE 77)
  endforeach()
  set_tests_properties(cli_campaign_kill cli_inject_int8 cli_mpi PROPERTIES TIMEOUT 600) # many campaigns
  set_tests_properties(cli_readme cli_examples PROPERTIES TIMEOUT 400) # many commands
endif()

# Ordinary builds replay the corpus of every fuzz target: ctest fuzz_replay_<x>.
file(GLOB FUZZ_TARGETS CONFIGURE_DEPENDS fuzz/fuzz_*.c)
foreach(source ${FUZZ_TARGETS})
  get_filename_component(target ${source} NAME_WE)
  string(REPLACE "fuzz_" "" name ${target})
  add_executable(fuzz_replay_${name} fuzz/replay.c ${source})
  target_link_libraries(fuzz_replay_${name} PRIVATE resile_static rsl_warnings)
  add_test(NAME fuzz_replay_${name}
           COMMAND fuzz_replay_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  set_tests_properties(fuzz_replay_${name} PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 300)
endforeach()

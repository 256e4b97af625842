# The report in a headless Chromium; skipped where there is none.
if(TARGET resile_cli)
  add_executable(made_store report/made_store.c)
  target_link_libraries(made_store PRIVATE resile_static rsl_warnings)
  foreach(check "report_browser check.js" "report_large check_large.js large"
          "report_networks check_networks.js networks")
    separate_arguments(check)
    list(POP_FRONT check name script)
    add_test(NAME ${name}
             COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/report/run.sh $<TARGET_FILE:resile_cli>
                     $<TARGET_FILE:made_store> ${CMAKE_CURRENT_SOURCE_DIR}/report/${script} ${check})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 240
                         SKIP_RETURN_CODE 77)
  endforeach()

  # The figures for papers; skipped where there is no gnuplot.
  add_test(NAME report_figures COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/report/figures.sh
                                       $<TARGET_FILE:resile_cli> $<TARGET_FILE:made_store>)
  set_tests_properties(report_figures PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 120
                       SKIP_RETURN_CODE 77)
endif()

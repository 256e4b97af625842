# The report in a headless Chromium; skipped where there is none.
if(TARGET resile_cli)
  add_executable(made_store report/made_store.c)
  target_link_libraries(made_store PRIVATE resile_static rsl_warnings)
  add_test(NAME report_browser
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/report/run.sh $<TARGET_FILE:resile_cli>
                   $<TARGET_FILE:made_store> ${CMAKE_CURRENT_SOURCE_DIR}/report/check.js)
  set_tests_properties(report_browser PROPERTIES ENVIRONMENT "${ENV_TESTS}" TIMEOUT 180
                       SKIP_RETURN_CODE 77)
endif()

add_test(NAME layers COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/layers/run.sh ${CMAKE_SOURCE_DIR})

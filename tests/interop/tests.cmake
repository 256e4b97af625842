# The program that the comparisons of this folder need; they themselves are run by hand.
add_executable(run_model interop/run_model.c)
target_link_libraries(run_model PRIVATE resile_static rsl_warnings)

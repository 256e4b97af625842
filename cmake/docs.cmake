# Manual pages (with scdoc) and completion scripts, printed by the program from its own tables.
find_program(SCDOC scdoc)
set(RSL_DOCS ${CMAKE_BINARY_DIR}/docs)
if(SCDOC)
  add_custom_command(
    OUTPUT ${RSL_DOCS}/made
    COMMAND sh ${CMAKE_SOURCE_DIR}/scripts/docs.sh $<TARGET_FILE:resile_cli> ${SCDOC} ${RSL_DOCS}
    DEPENDS resile_cli scripts/docs.sh VERBATIM)
  add_custom_target(docs ALL DEPENDS ${RSL_DOCS}/made)
else()
  add_custom_target(docs COMMAND ${CMAKE_COMMAND} -E echo "docs: scdoc is missing; run: make setup"
                    COMMAND ${CMAKE_COMMAND} -E false)
endif()

# Library, headers, pkg-config file, CMake package, program.
include(CMakePackageConfigHelpers)

install(TARGETS resile EXPORT resileTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/resile DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT resileTargets NAMESPACE resile::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/resile)
configure_package_config_file(cmake/resileConfig.cmake.in resileConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/resile)
write_basic_package_version_file(resileConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/resileConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/resileConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/resile)
# Relative, so that the installed tree may be moved.
file(RELATIVE_PATH RSL_PREFIX_FROM_PC
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH RSL_LIB_FROM_BIN ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
configure_file(cmake/resile.pc.in resile.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/resile.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET resile_cli)
  set_target_properties(resile_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${RSL_LIB_FROM_BIN}")
  install(TARGETS resile_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(SCDOC)
    install(DIRECTORY ${RSL_DOCS}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${RSL_DOCS}/completion/resile
            DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${RSL_DOCS}/completion/_resile
            DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${RSL_DOCS}/completion/resile.fish
            DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  endif()
endif()

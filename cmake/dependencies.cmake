# What libresile links, all from Debian; docs/dependencies.md says what each is for.
find_package(PkgConfig REQUIRED)
# Not find_package(dnnl): Debian's configuration file demands OpenCL headers that nobody here needs.
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.h REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(RSL_PKG REQUIRED IMPORTED_TARGET
                  libprotobuf-c libzip zlib libjpeg libpng libcurl jansson sqlite3)
find_path(RANDOM123_INCLUDE Random123/philox.h REQUIRED)
find_program(PROTOC_C protoc-c REQUIRED)
find_file(ONNX_PROTO onnx/onnx.proto REQUIRED)

add_library(rsl_dependencies INTERFACE)
target_link_libraries(rsl_dependencies INTERFACE ${DNNL_LIBRARY} PkgConfig::RSL_PKG OpenMP::OpenMP_C m)

if(RSL_MPI)
  find_package(MPI REQUIRED COMPONENTS C)
  target_link_libraries(rsl_dependencies INTERFACE MPI::MPI_C)
  set_source_files_properties(src/campaign/mpi.c PROPERTIES COMPILE_DEFINITIONS RSL_MPI)
endif()

# The ONNX messages as C structs, generated from the installed onnx.proto.
get_filename_component(ONNX_PROTO_DIR ${ONNX_PROTO} DIRECTORY)
set(RSL_ONNX_INCLUDE ${CMAKE_BINARY_DIR}/generated)
set(RSL_ONNX_SOURCES ${RSL_ONNX_INCLUDE}/onnx.pb-c.c)
file(MAKE_DIRECTORY ${RSL_ONNX_INCLUDE})
add_custom_command(
  OUTPUT ${RSL_ONNX_INCLUDE}/onnx.pb-c.c ${RSL_ONNX_INCLUDE}/onnx.pb-c.h
  COMMAND ${PROTOC_C} --c_out=${RSL_ONNX_INCLUDE} --proto_path=${ONNX_PROTO_DIR} ${ONNX_PROTO}
  DEPENDS ${ONNX_PROTO} VERBATIM)
set_source_files_properties(${RSL_ONNX_SOURCES} PROPERTIES
  COMPILE_OPTIONS "-w" SKIP_LINTING ON)

# The report's style, scripts (in this order) and charting library as C arrays.
find_file(D3_JS d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH REQUIRED)
set(RSL_PAGE ${CMAKE_SOURCE_DIR}/src/report/page)
set(RSL_PAGE_SCRIPTS data figure rates memory cost bars map course tables main)
list(TRANSFORM RSL_PAGE_SCRIPTS REPLACE "(.+)" "${RSL_PAGE}/\\1.js")
list(JOIN RSL_PAGE_SCRIPTS "|" RSL_PAGE_SCRIPT)
set(RSL_ASSETS d3=${D3_JS} script=${RSL_PAGE_SCRIPT} style=${RSL_PAGE}/page.css
               d3_license=${RSL_PAGE}/d3.license)
set(RSL_ASSETS_SOURCE ${CMAKE_BINARY_DIR}/generated/report_assets.c)
add_custom_command(
  OUTPUT ${RSL_ASSETS_SOURCE}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${RSL_ASSETS_SOURCE} "-DASSETS=${RSL_ASSETS}"
          -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${D3_JS} ${RSL_PAGE_SCRIPTS} ${RSL_PAGE}/page.css ${RSL_PAGE}/d3.license
          ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  VERBATIM)
set_source_files_properties(${RSL_ASSETS_SOURCE} PROPERTIES SKIP_LINTING ON)

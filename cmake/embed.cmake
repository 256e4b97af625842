# usage: cmake -DOUTPUT=FILE.c -DASSETS="NAME=PATH|PATH..;..." -P embed.cmake
# Writes files, several of one name one after the other, as C arrays rsl_asset_NAME with
# rsl_asset_NAME_size (src/report/assets.h).
set(text "#include \"report/assets.h\"\n")
foreach(asset ${ASSETS})
  string(REGEX MATCH "^([a-z0-9_]+)=(.*)$" matched "${asset}")
  set(name ${CMAKE_MATCH_1})
  string(REPLACE "|" ";" files "${CMAKE_MATCH_2}")
  set(bytes "")
  foreach(file ${files})
    file(READ "${file}" hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND bytes "${hex}")
  endforeach()
  string(APPEND text "const unsigned char rsl_asset_${name}[] = {${bytes}0};\n"
                     "const size_t rsl_asset_${name}_size = sizeof rsl_asset_${name} - 1;\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")

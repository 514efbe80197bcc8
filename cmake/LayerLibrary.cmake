# layer_library(NAME SOURCES... LINKS...): one static library per folder; it sees only the folders it links.
# The include root holds links to the allowed folders, so that a forbidden include does not compile.
function(layer_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;MAY_INCLUDE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINKS})
  set(root ${PROJECT_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${root})
  foreach(folder IN LISTS arg_MAY_INCLUDE)
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  endforeach()
  target_include_directories(${name} PRIVATE ${root})
endfunction()

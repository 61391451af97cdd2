# SPDX-License-Identifier: Apache-2.0
# find_package(T2) in a project with plugins/NAME/{NUMBER,src/*.cc}: t2_plugins() builds them all into
# BUILD/plugins. A plugin that needs a library brings a CMakeLists.txt that calls t2_plugin.
get_filename_component(_t2_prefix "${CMAKE_CURRENT_LIST_DIR}" ABSOLUTE)
while(NOT EXISTS "${_t2_prefix}/include/t2/plugin.h" AND NOT _t2_prefix STREQUAL "/")
  get_filename_component(_t2_prefix "${_t2_prefix}" DIRECTORY)
endwhile()
set(T2_INCLUDE_DIR "${_t2_prefix}/include")
if(NOT EXISTS "${T2_INCLUDE_DIR}/t2/plugin.h")
  set(T2_FOUND FALSE)
  set(T2_NOT_FOUND_MESSAGE "t2/plugin.h does not lie above ${CMAKE_CURRENT_LIST_DIR}")
  return()
endif()
# The build type is part of the stamp by which t2 knows its plugins.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# t2_plugin(NAME NUMBER [libraries...]): NNN_NAME.so from plugins/NAME/src.
function(t2_plugin name number)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/${name}/src/*.cc)
  add_library(${name} MODULE ${sources})
  target_include_directories(${name} PRIVATE ${T2_INCLUDE_DIR})
  target_compile_features(${name} PRIVATE cxx_std_20)
  target_compile_options(${name} PRIVATE -Wall -Wextra)
  target_link_libraries(${name} PRIVATE ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${number}_${name} CXX_EXTENSIONS OFF
                        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
endfunction()

# t2_plugins(): all folders plugins/NAME with a file NUMBER.
function(t2_plugins)
  file(GLOB folders CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/plugins plugins/*/NUMBER)
  foreach(entry IN LISTS folders)
    get_filename_component(name ${entry} DIRECTORY)
    file(STRINGS ${CMAKE_SOURCE_DIR}/plugins/${name}/NUMBER number LIMIT_COUNT 1)
    if(EXISTS ${CMAKE_SOURCE_DIR}/plugins/${name}/CMakeLists.txt)
      add_subdirectory(plugins/${name})
    else()
      t2_plugin(${name} ${number})
    endif()
  endforeach()
endfunction()

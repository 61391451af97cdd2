# SPDX-License-Identifier: Apache-2.0
# Flags that every target shares, and the helpers that add a pipeline folder, a plugin or a unit test.

add_library(t2_flags INTERFACE)
# Plugins are position-independent; nobody replaces single functions of theirs, so calls may be inlined.
target_compile_options(t2_flags INTERFACE -fno-semantic-interposition)
target_compile_options(t2_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                          -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping copies in its own std::string (GCC bug 105651).
  target_compile_options(t2_flags INTERFACE -Wno-restrict)
  # GCC clears a hundred bytes with "rep stos", which takes longer to start than stores take to end.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(t2_flags INTERFACE -mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(t2_flags INTERFACE -Wthread-safety)  # base/mutex.h
endif()
if(T2_WERROR)
  target_compile_options(t2_flags INTERFACE -Werror)
endif()
if(T2_SANITIZE)
  target_compile_options(t2_flags INTERFACE -fsanitize=${T2_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all)
  target_link_options(t2_flags INTERFACE -fsanitize=${T2_SANITIZE})
  # An index behind a span, yet inside the frame that it looks at, is no error to the sanitizers.
  target_compile_definitions(t2_flags INTERFACE _GLIBCXX_ASSERTIONS)
else()
  target_compile_options(t2_flags INTERFACE -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i.86")
    target_compile_options(t2_flags INTERFACE -fcf-protection)
  endif()
  target_link_options(t2_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(t2_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  endif()
endif()
if(T2_PROFILE STREQUAL "make")
  target_compile_options(t2_flags INTERFACE -fprofile-generate -fprofile-update=prefer-atomic)
  target_link_options(t2_flags INTERFACE -fprofile-generate)
elseif(T2_PROFILE STREQUAL "use")
  # What the training did not reach is built as without a profile, not for size.
  target_compile_options(t2_flags INTERFACE -fprofile-use -fprofile-partial-training
                                            -Wno-missing-profile -Wno-coverage-mismatch)
endif()
# The same sources give the same bytes wherever they lie (scripts/reproduce.sh).
target_compile_options(t2_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_compile_definitions(t2_flags INTERFACE T2_VERSION="${PROJECT_VERSION}")
target_include_directories(t2_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)

# Of all that plugins are compiled against: what differs makes another stamp (t2/plugin.h), whoever forgot what.
file(GLOB api_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/t2/*.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${api_headers})
set(api_digests "")
foreach(header IN LISTS api_headers)
  file(SHA256 ${header} digest)
  string(APPEND api_digests ${digest})
endforeach()
string(SHA256 api_digest "${api_digests}")
string(SUBSTRING ${api_digest} 0 16 api_digest)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/include/t2/api_digest.h @ONLY CONTENT
  "// SPDX-License-Identifier: Apache-2.0
// Made by cmake/T2.cmake from the headers in include/t2.
#pragma once
#define T2_API_DIGEST \"@api_digest@\"
")
target_include_directories(t2_flags INTERFACE ${CMAKE_BINARY_DIR}/include)

# The folders under src/ in pipeline order: each may use the ones before it, never a later one.
set(T2_PIPELINE base process settings capture decode flow stream label record output carve plugin engine)

# t2_pipeline_folder(NAME [libraries...]): OBJECT library t2_NAME from all .cc files of src/NAME.
# OBJECT, not STATIC: the plugins find the core's functions in the program itself, so no unused one
# may be dropped at link time.
function(t2_pipeline_folder name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cc)
  if(NOT sources)
    add_library(t2_${name} INTERFACE)
    return()
  endif()
  add_library(t2_${name} OBJECT ${sources})
  target_link_libraries(t2_${name} PUBLIC t2_flags fmt::fmt ${ARGN})
endfunction()

# t2_link_pipeline(TARGET LAST): links TARGET with the folders from base up to and including LAST.
function(t2_link_pipeline target last)
  foreach(folder IN LISTS T2_PIPELINE)
    target_link_libraries(${target} PRIVATE t2_${folder})
    if(folder STREQUAL last)
      return()
    endif()
  endforeach()
endfunction()

# t2_left_out(NAME LIBRARY PACKAGE): the build goes on without a plugin whose library is missing. t2build shows the line.
function(t2_left_out name library package)
  set(line "${name} was not compiled: ${library} is missing. Install it (Debian: apt-get install ${package}) and run t2build again")
  message(STATUS "${line}")
  file(WRITE ${CMAKE_BINARY_DIR}/plugins/${name}.left_out "${line}\n")
endfunction()

# t2_plugin(NAME NUMBER [libraries...]): NNN_NAME.so from plugins/NAME/src.
function(t2_plugin name number)
  file(REMOVE ${CMAKE_BINARY_DIR}/plugins/${name}.left_out)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/${name}/src/*.cc)
  add_library(${name} MODULE ${sources})
  target_link_libraries(${name} PRIVATE t2_flags fmt::fmt ${ARGN})
  set_target_properties(${name} PROPERTIES PREFIX "" OUTPUT_NAME ${number}_${name}
                        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/tranalyzer/plugins)
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/plugins/${name}/data)
    install(DIRECTORY ${CMAKE_SOURCE_DIR}/plugins/${name}/data/
            DESTINATION ${CMAKE_INSTALL_DATADIR}/tranalyzer/data/${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY T2_PLUGINS ${name})
endfunction()

# t2_link_plugin(TARGET PLUGIN): the plugin itself with the whole pipeline, and what its tests share
# (plugins/PLUGIN/tests/*.cc that are neither *_test.cc nor fuzz_*.cc), in a program that tests it.
function(t2_link_plugin target plugin)
  file(GLOB shared CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/plugins/${plugin}/tests/*.cc)
  list(FILTER shared EXCLUDE REGEX "(_test|/fuzz_[a-z0-9_]*)\\.cc$")
  target_sources(${target} PRIVATE ${shared} $<TARGET_OBJECTS:${plugin}>)
  t2_link_pipeline(${target} engine)
  get_target_property(libraries ${plugin} LINK_LIBRARIES)
  target_link_libraries(${target} PRIVATE ${libraries})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/plugins/${plugin}/src)
endfunction()

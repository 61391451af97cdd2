# SPDX-License-Identifier: Apache-2.0
# `cmake --build BUILD --target package`: t2pp (programs, plugins) and t2pp-dev (what makes plugins) for Debian.
# Dependencies on libraries come from dpkg-shlibdeps.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME t2pp)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "T2++ developers <t2pp@packages.debian.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL main dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/PackageFiles.cmake)

set(CPACK_DEBIAN_MAIN_PACKAGE_NAME t2pp)
set(CPACK_DEBIAN_MAIN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MAIN_PACKAGE_DEPENDS "gawk, less")
set(CPACK_DEBIAN_MAIN_PACKAGE_RECOMMENDS "libloc-database, p0f")
set(CPACK_COMPONENT_MAIN_DESCRIPTION "flow-based traffic analyser and file carver
t2 turns packet captures into flow tables: who talked to whom, when, how
much, with what anomalies; and it carves the files out of FTP. Rows go to
text, CSV, JSON, SQLite and Parquet. It speaks Tranalyzer 0.9.1.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME t2pp-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "t2pp (= ${PROJECT_VERSION}), cmake, g++, libfmt-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "headers and templates for plugins of t2
What makes a plugin of one's own without the source tree: the API, a CMake
package, the template, what its test needs.")

foreach(component main dev)
  string(REPLACE main t2pp package ${component})
  string(REPLACE dev t2pp-dev package ${package})
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES ${CMAKE_SOURCE_DIR}/cmake/copyright.txt DESTINATION ${folder} RENAME copyright COMPONENT ${component})
  install(FILES ${CMAKE_SOURCE_DIR}/CHANGELOG.md DESTINATION ${folder} COMPONENT ${component})
endforeach()
include(CPack)

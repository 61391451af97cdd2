# SPDX-License-Identifier: Apache-2.0
# Before a package is made: what Debian wants compressed is, always to the same bytes.
file(GLOB_RECURSE texts ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/man/man1/*.1
                        ${CPACK_TEMPORARY_DIRECTORY}/*/usr/share/doc/*/CHANGELOG.md)
foreach(text IN LISTS texts)
  string(REPLACE CHANGELOG.md changelog name ${text})
  file(RENAME ${text} ${name})
  execute_process(COMMAND gzip -9nf ${name} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

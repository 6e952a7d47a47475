# The version and commit that every written file carries.
execute_process(COMMAND git describe --always --dirty --abbrev=12
                WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                OUTPUT_VARIABLE LOCI_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT LOCI_COMMIT)
  set(LOCI_COMMIT "unknown")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in ${PROJECT_BINARY_DIR}/generated/version.hpp @ONLY)

# A commit or checkout configures anew, so that the commit written into files is the one that was built.
execute_process(COMMAND git rev-parse --git-path logs/HEAD
                WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                OUTPUT_VARIABLE LOCI_GIT_LOG OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(LOCI_GIT_LOG)
  cmake_path(ABSOLUTE_PATH LOCI_GIT_LOG BASE_DIRECTORY ${PROJECT_SOURCE_DIR} NORMALIZE)
  if(EXISTS ${LOCI_GIT_LOG})
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LOCI_GIT_LOG})
  endif()
endif()

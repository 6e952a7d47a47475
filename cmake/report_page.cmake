# The page of `loci report`, bundled from report/ with node and npm (docs/report.md). Included by io/, which compiles it
# into the program.
set(LOCI_REPORT AUTO CACHE STRING "Page of `loci report`: ON, OFF, or AUTO, which is ON where node and npm can make it")
set_property(CACHE LOCI_REPORT PROPERTY STRINGS AUTO ON OFF)

# Sets `result` to whether the page's libraries are there, fetching them where they are not.
function(loci_report_libraries result)
  set(${result} FALSE PARENT_SCOPE)
  find_program(LOCI_NODE node)
  find_program(LOCI_NPM npm)
  if(NOT LOCI_NODE OR NOT LOCI_NPM)
    set(problem "node and npm are not installed (scripts/setup.sh --report)")
  else()
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/report_page.sh --libraries
                    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(code EQUAL 0)
      set(${result} TRUE PARENT_SCOPE)
      return()
    endif()
    set(problem "its libraries cannot be fetched: ${said}")
  endif()
  if(LOCI_REPORT STREQUAL "ON")
    message(FATAL_ERROR "The page of `loci report` cannot be made: ${problem}")
  endif()
  message(STATUS "loci is built without the page of `loci report`: ${problem}")
endfunction()

# Compiles the page into this source, which includes it as text.
function(loci_add_report_page source)
  if(LOCI_REPORT STREQUAL "OFF")
    return()
  endif()
  loci_report_libraries(found)
  if(NOT found)
    return()
  endif()
  set(folder ${PROJECT_BINARY_DIR}/generated/io)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/report/src/*)
  add_custom_command(OUTPUT ${folder}/report_page.inc ${folder}/page.html
                     COMMAND ${LOCI_NODE} ${PROJECT_SOURCE_DIR}/report/build.mjs ${folder}
                     DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/report/build.mjs
                             ${PROJECT_SOURCE_DIR}/report/package-lock.json
                     COMMENT "Bundling the page of loci report" VERBATIM)
  set_property(SOURCE ${source} APPEND PROPERTY OBJECT_DEPENDS ${folder}/report_page.inc)
  set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS LOCI_REPORT_PAGE)
  set(LOCI_HAS_REPORT_PAGE TRUE CACHE INTERNAL "The program has the page of `loci report`")
endfunction()

set(LOCI_HAS_REPORT_PAGE FALSE CACHE INTERNAL "The program has the page of `loci report`")

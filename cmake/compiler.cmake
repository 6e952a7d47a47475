# Flags every target of ours shares, carried by the interface library loci_compiler.
add_library(loci_compiler INTERFACE)
target_include_directories(loci_compiler INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(loci_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                               -Wno-sign-conversion -Wno-missing-field-initializers -fno-math-errno
                                               -Wno-restrict) # false alarms on std::string in g++ 12
if(LOCI_WARNINGS_AS_ERRORS)
  target_compile_options(loci_compiler INTERFACE -Werror)
endif()
if(LOCI_SANITIZE)
  target_compile_options(loci_compiler INTERFACE -fsanitize=address,undefined
                                                 -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(loci_compiler INTERFACE -fsanitize=address,undefined)
endif()

# Kernels have three paths, chosen at run time: portable, AVX2 and AVX-512. The steps between them are not worth
# their code.
set(LOCI_KERNEL_TARGETS "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4)")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# A room: a static library with the shared flags.
function(loci_room name)
  add_library(loci_${name} STATIC ${ARGN})
  add_library(loci::${name} ALIAS loci_${name})
  target_link_libraries(loci_${name} PUBLIC loci_compiler)
endfunction()

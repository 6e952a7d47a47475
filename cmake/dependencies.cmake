# Everything comes from Debian 12's packages; scripts/setup.sh lists them.
find_package(Boost 1.74 REQUIRED)
find_package(TBB REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(Eigen3 REQUIRED)
find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)

# OpenBLAS without threads of its own: parallelism lies above it, in oneTBB.
find_library(LOCI_OPENBLAS openblas REQUIRED
             PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial NO_DEFAULT_PATH)
find_path(LOCI_OPENBLAS_INCLUDE cblas.h REQUIRED
          PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial NO_DEFAULT_PATH)
add_library(loci_openblas INTERFACE)
target_link_libraries(loci_openblas INTERFACE ${LOCI_OPENBLAS})
target_include_directories(loci_openblas SYSTEM INTERFACE ${LOCI_OPENBLAS_INCLUDE})

find_path(LOCI_RANDOM123_INCLUDE Random123/philox.h REQUIRED)

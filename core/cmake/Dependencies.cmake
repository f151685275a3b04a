# Every library of the host, as imported targets. Versions and origins: the dependency table in docs/design.md.
set(ENGRAM_DEPS "$ENV{ENGRAM_DEPS}" CACHE PATH "Where .ci/bootstrap unpacked things")
if(NOT ENGRAM_DEPS)
  set(ENGRAM_DEPS "${PROJECT_SOURCE_DIR}/.deps")
endif()
set(ENGRAM_TORCH "$ENV{ENGRAM_TORCH}" CACHE PATH "LibTorch: a folder that holds include/ and lib/")
if(NOT ENGRAM_TORCH)
  set(ENGRAM_TORCH "${ENGRAM_DEPS}/torch-2.11.0/torch")
endif()
include(${PROJECT_SOURCE_DIR}/sdk/cmake/EngramTorch.cmake)

# Arrow comes in the pyarrow wheel: versioned libraries, no CMake files.
set(ENGRAM_ARROW "${ENGRAM_DEPS}/arrow/pyarrow")
set(ENGRAM_ARROW_SOVERSION 2600)
add_library(engram_arrow INTERFACE)
target_include_directories(engram_arrow SYSTEM INTERFACE "${ENGRAM_ARROW}/include")
target_link_libraries(engram_arrow INTERFACE
  "${ENGRAM_ARROW}/libarrow.so.${ENGRAM_ARROW_SOVERSION}" "${ENGRAM_ARROW}/libparquet.so.${ENGRAM_ARROW_SOVERSION}")

# Boost.DLL, header-only with std::filesystem.
add_library(engram_boost_dll INTERFACE)
target_include_directories(engram_boost_dll SYSTEM INTERFACE "${ENGRAM_DEPS}/boost/usr/include")
target_compile_definitions(engram_boost_dll INTERFACE BOOST_DLL_USE_STD_FS)
target_link_libraries(engram_boost_dll INTERFACE ${CMAKE_DL_LIBS})

find_package(PkgConfig REQUIRED)
pkg_check_modules(luajit REQUIRED IMPORTED_TARGET luajit)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(CURL REQUIRED)
find_package(Threads REQUIRED)

# The tokenizer bridge: one Rust cdylib with a C interface.
find_program(ENGRAM_CARGO cargo REQUIRED HINTS "$ENV{HOME}/.cargo/bin")
set(engram_bridge_source "${PROJECT_SOURCE_DIR}/core/data/tokenizer_bridge")
set(engram_bridge_target "${ENGRAM_DEPS}/tokenizer_bridge")
set(engram_bridge_library "${engram_bridge_target}/release/libengram_tokenizers.so")
file(GLOB_RECURSE engram_bridge_inputs CONFIGURE_DEPENDS
  "${engram_bridge_source}/src/*.rs" "${engram_bridge_source}/Cargo.toml" "${engram_bridge_source}/Cargo.lock")
add_custom_command(OUTPUT "${engram_bridge_library}"
  COMMAND ${CMAKE_COMMAND} -E env "CARGO_TARGET_DIR=${engram_bridge_target}"
          ${ENGRAM_CARGO} build --release --locked --quiet --manifest-path "${engram_bridge_source}/Cargo.toml"
  COMMAND ${CMAKE_COMMAND} -E touch "${engram_bridge_library}"
  DEPENDS ${engram_bridge_inputs}
  COMMENT "Building the tokenizer bridge (Rust)" VERBATIM)
add_custom_target(engram_tokenizer_bridge DEPENDS "${engram_bridge_library}")
add_library(engram_tokenizers INTERFACE)
target_include_directories(engram_tokenizers INTERFACE "${engram_bridge_source}/include")
target_link_libraries(engram_tokenizers INTERFACE "${engram_bridge_library}")
add_dependencies(engram_tokenizers engram_tokenizer_bridge)

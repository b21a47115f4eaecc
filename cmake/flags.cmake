# The flags of every file we compile, carried by one interface target: hubbub_flags.

add_library(hubbub_flags INTERFACE)

target_compile_definitions(hubbub_flags INTERFACE
    _GNU_SOURCE
    HUBBUB_VERSION="${PROJECT_VERSION}")

target_compile_options(hubbub_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wwrite-strings
    -fPIE -fstack-protector-strong -fstack-clash-protection
    # No path of the machine that built it belongs in a binary, and two machines should build the same one.
    "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build"
    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.")

target_link_options(hubbub_flags INTERFACE
    -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--build-id=sha1)

target_include_directories(hubbub_flags INTERFACE "${CMAKE_SOURCE_DIR}")

if(HUBBUB_WERROR)
    target_compile_options(hubbub_flags INTERFACE -Werror)
endif()

# A sanitizer replaces the checked functions of the C library with its own, so it is one or the other.
# Fortification only works in an optimised build.
if(HUBBUB_SANITIZE STREQUAL "" AND NOT HUBBUB_FUZZ)
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
        set(hubbub_fortify 3)
    else()
        set(hubbub_fortify 2)
    endif()
    target_compile_options(hubbub_flags INTERFACE
        $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>
        $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=${hubbub_fortify}>)
endif()

# Assertions guard invariants of ours, never bytes from outside: they stay in a release.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")

if(HUBBUB_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "HUBBUB_FUZZ needs clang: configure with the fuzz preset.")
    endif()
    set(hubbub_sanitizers -fsanitize=fuzzer-no-link,address,undefined)
elseif(HUBBUB_SANITIZE STREQUAL "address")
    set(hubbub_sanitizers -fsanitize=address,undefined)
elseif(HUBBUB_SANITIZE STREQUAL "thread")
    set(hubbub_sanitizers -fsanitize=thread)
elseif(NOT HUBBUB_SANITIZE STREQUAL "")
    message(FATAL_ERROR "HUBBUB_SANITIZE is '${HUBBUB_SANITIZE}': it must be empty, address or thread.")
endif()
if(hubbub_sanitizers)
    target_compile_options(hubbub_flags INTERFACE
        ${hubbub_sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(hubbub_flags INTERFACE ${hubbub_sanitizers})
endif()

if(HUBBUB_COVERAGE)
    target_compile_options(hubbub_flags INTERFACE --coverage -fprofile-abs-path)
    target_link_options(hubbub_flags INTERFACE --coverage)
endif()

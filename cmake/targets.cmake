# How the targets of this project are declared. Sources are globbed, so a new file needs no edit here.

# hubbub_library(<name> SOURCES <file...> LIBS <target...>)
function(hubbub_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC hubbub_flags ${arg_LIBS})
endfunction()

# hubbub_program(<name> DESTINATION <dir> [COMPONENT <package>] SOURCES <file...> LIBS <target...>)
function(hubbub_program name)
    cmake_parse_arguments(arg "" "DESTINATION;COMPONENT" "SOURCES;LIBS" ${ARGN})
    if(NOT arg_COMPONENT)
        set(arg_COMPONENT ${CMAKE_INSTALL_DEFAULT_COMPONENT_NAME})
    endif()
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE hubbub_flags ${arg_LIBS})
    install(TARGETS ${name} RUNTIME DESTINATION ${arg_DESTINATION} COMPONENT ${arg_COMPONENT})
endfunction()

# How the targets of this project are declared. Sources are globbed, so a new file needs no edit here.

# hubbub_library(<name> SOURCES <file...> LIBS <target...>)
function(hubbub_library name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_library(${name} STATIC ${arg_SOURCES})
    target_link_libraries(${name} PUBLIC hubbub_flags ${arg_LIBS})
endfunction()

# hubbub_program(<name> DESTINATION <dir> SOURCES <file...> LIBS <target...>)
function(hubbub_program name)
    cmake_parse_arguments(arg "" "DESTINATION" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE hubbub_flags ${arg_LIBS})
    install(TARGETS ${name} RUNTIME DESTINATION ${arg_DESTINATION})
endfunction()

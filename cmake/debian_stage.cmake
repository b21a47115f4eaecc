# Run by cpack between installing and packing: what a Debian package has in another form or place than an
# installed tree. CPACK_TEMPORARY_DIRECTORY has one folder for each component.

set(debian "${CPACK_HUBBUB_DEBIAN_FOLDER}")
set(server "${CPACK_TEMPORARY_DIRECTORY}/server")
set(client "${CPACK_TEMPORARY_DIRECTORY}/client")

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Without name and time of the file, so that two builds make the same bytes.
function(compress)
    run(gzip -9nf ${ARGN})
endfunction()

# The texts that every package has; an own folder of documents for each.
function(add_legal_texts root package)
    set(folder "${root}/usr/share/doc/${package}")
    file(COPY "${debian}/copyright" DESTINATION "${folder}")
    configure_file("${debian}/changelog" "${folder}/changelog.Debian" COPYONLY)
    file(CHMOD "${folder}/copyright" "${folder}/changelog.Debian"
        PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    compress("${folder}/changelog.Debian")
    configure_file("${debian}/lintian-overrides" "${root}/usr/share/lintian/overrides/${package}" COPYONLY)
endfunction()

add_legal_texts("${server}" hubbub)
add_legal_texts("${client}" hubbub-client)

# The licence is in the copyright file, and the changelog has a name that Debian's tools know.
set(documents "${server}/usr/share/doc/hubbub")
file(REMOVE "${documents}/LICENSE")
file(RENAME "${documents}/CHANGELOG.md" "${documents}/changelog")
compress("${documents}/changelog")
configure_file("${debian}/README.Debian" "${documents}/README.Debian" COPYONLY)

foreach(root "${server}" "${client}")
    file(GLOB pages "${root}/usr/share/man/man*/*.[1-9]")
    foreach(page IN LISTS pages)
        if(IS_SYMLINK "${page}")
            continue()
        endif()
        compress("${page}")
    endforeach()
endforeach()

# The sample becomes the configuration. Every default stands in it as a comment: who changes one key keeps getting
# the others' defaults from the program, and dpkg asks nothing about a file that was not touched.
set(configuration "${server}/etc/hubbub")
file(READ "${configuration}/hubbub.conf.sample" text)
string(REGEX REPLACE "\n([a-z_]+ =)" "\n#\\1" text "${text}")
string(REGEX REPLACE "^([^\n]*\n[^\n]*\n)" "\\1# Keys behind a # have their defaults.\n" text "${text}")
file(WRITE "${configuration}/hubbub.conf" "${text}")
file(REMOVE "${configuration}/hubbub.conf.sample")
file(CHMOD "${configuration}/hubbub.conf" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)

# One time for all files: that of the newest entry of the packages' changelog, unless the caller has one.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    set(epoch "$ENV{SOURCE_DATE_EPOCH}")
    run(find "${server}" "${client}" -exec touch -h -d "@${epoch}" {} +)
endif()

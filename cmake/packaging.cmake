# The packages of Debian: what `cpack` of a build folder makes, and so deploy/package. What each contains is said by
# COMPONENT where it is installed; what Debian wants in other places or forms is done by debian_stage.cmake.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "The Hubbub authors")
# As Debian's own tools have it: who builds a package for others names himself.
set(HUBBUB_PACKAGE_CONTACT "Hubbub <hubbub@localhost.localdomain>" CACHE STRING
    "Who answers for the packages: NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT "${HUBBUB_PACKAGE_CONTACT}")
set(CPACK_VERBATIM_VARIABLES ON)
# It would come before the first line of each package's own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/cmake/debian_stage.cmake")
set(CPACK_HUBBUB_DEBIAN_FOLDER "${CMAKE_SOURCE_DIR}/deploy/debian")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL server client)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE hubbub)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# libwebsockets finds its loop at run time, so no library says that it is needed. That package asks for
# libwebsockets17 of exactly its own version, which is what the gateway wants to see. The makers of users and
# folders also exist without the rest of systemd, for containers.
set(CPACK_DEBIAN_SERVER_PACKAGE_NAME hubbub)
string(JOIN ", " CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS
    "libwebsockets-evlib-uv"
    "systemd | systemd-standalone-sysusers | systemd-sysusers"
    "systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_SERVER_PACKAGE_SUGGESTS "hubbub-client, haproxy | nginx, bash-completion")
set(CPACK_DEBIAN_SERVER_DESCRIPTION "chat server: one hub and any number of WebSocket gateways
Gateways hold the clients and speak to them in several protocols over
WebSocket; any number of them share one port. One hub knows who is online,
decides who hears what, and keeps it in an SQLite file. Clients stay connected
while the hub restarts, and what they say meanwhile waits for it.
.
This package has both daemons, hubctl for whoever runs them, and hubbub-replay
to examine what a hub has recorded.")
foreach(file conffiles postinst prerm postrm)
    list(APPEND CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/deploy/debian/${file}")
endforeach()

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME hubbub-client)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS "bash-completion")
set(CPACK_DEBIAN_CLIENT_DESCRIPTION "chat client for a terminal, a pipe or a script
hubbub-chat talks to a Hubbub server from a terminal, comes back after a lost
connection without loss or repetition, and serves as a probe for scripts and
monitoring.")

include(CPack)

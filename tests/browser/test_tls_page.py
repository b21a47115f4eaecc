"""The page and its chat by TLS, from a gateway that has the certificate itself."""

import pytest


@pytest.mark.by_tls
def test_the_page_comes_and_talks_by_tls(window):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    assert ana.script("return [location.protocol, window.isSecureContext]") == ["https:", True]
    ana.sees("Ana", "Ben")
    ana.say("sealed")
    ben.hears("sealed")
    ben.say("x" * 10000)
    ana.hears("x" * 10000)

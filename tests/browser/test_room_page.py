"""The same page against a gateway that only knows the room protocol: no numbers, no history."""
import pytest
from selenium.webdriver.common.keys import Keys

pytestmark = pytest.mark.mounts("/ws room")


def test_two_windows_chat(window):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ana", "Ben")
    ben.sees("Ana", "Ben")
    ana.say("good morning")
    ben.hears("good morning")
    ana.hears("good morning")
    assert ana.own_messages == ["good morning"]
    ben.click_person("Ana")
    ben.say("psst")
    ana.click_conversation("Ben")
    ana.hears("psst")
    assert not ana.find("#open-rooms").is_displayed()


def test_comings_and_goings_are_told(window):
    ana, ben = window("Ana"), window("Ben")

    ana.wait(lambda: "Ben joined" in ana.notices)
    assert "You joined" in ben.notices
    ben.leave()
    ana.sees_no_more("Ben")
    ana.wait(lambda: "Ben left" in ana.notices)


@pytest.mark.settings({"limits.list_members": 2, "limits.notices_per_interval": 0})
def test_a_crowd_is_counted(window):
    ana, ben, eve = window("Ana"), window("Ben"), window("Eve")

    for page in (ana, ben, eve):
        page.wait(lambda page=page: page.find("#people-count").text == "3")
    assert set(ana.people) == {"Ana", "Ben"}
    eve.sees("Eve")
    kim = window("Kim")
    kim.sees("Kim")
    # Only a summary told of it.
    ana.wait(lambda: ana.find("#people-count").text == "4")
    assert not any("Kim" in notice or "另有" in notice for notice in ana.notices)


def test_comes_back_by_itself(window, site):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ben")
    ana.click_person("Ben")
    ana.say("before")
    ana.hears("before")
    site.stop_gateway(0)
    ana.wait(lambda: ana.state == "waiting")
    assert "connection" in ana.banner
    ben.sees_no_more("Ana")
    ana.say("typed meanwhile")
    ana.wait(lambda: "kept" in ana.hint)
    assert ana.draft == "typed meanwhile"

    site.start_gateway(0)
    ana.wait(lambda: ana.state == "online")
    ana.wait(lambda: ana.banner == "")
    ben.sees("Ana")
    # The conversation is the same one, on both sides, although Ana has another id now.
    ana.write(Keys.ENTER)
    ana.hears("typed meanwhile")
    assert ana.own_messages == ["before", "typed meanwhile"]
    ben.click_conversation("Ana")
    assert ben.messages == ["before", "typed meanwhile"]


def test_says_so_when_the_hub_is_away(window, site):
    ana = window("Ana")

    site.stop_hub()
    ana.say("is anybody there")
    ana.wait(lambda: "kept" in ana.hint)
    assert ana.draft == "is anybody there"
    assert ana.messages == []
    site.start_hub()

    def said():
        if ana.draft and "moment" in ana.hint:
            ana.write(Keys.ENTER)
        return "is anybody there" in ana.messages

    ana.wait(said)
    assert ana.state == "online"


def test_the_name_is_kept_over_a_reload(window):
    ana, ben = window("Ana"), window("Ben")

    ana.driver.refresh()
    ana.wait(lambda: ana.state == "online" and ana.own_name == "Ana")
    assert not ana.find("#name-dialog").is_displayed()
    ana.say("still me")
    ben.hears("still me")
    assert ana.own_messages == ["still me"]

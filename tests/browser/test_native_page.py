"""What the page can do against a server that speaks the native protocol."""
import asyncio
import json

import pytest
import websockets
from selenium.webdriver.common.keys import Keys

EVERYONE = "Everyone"


def speak(site, frames, gateway=1):
    """A client without a page: says hello and these frames, each answered, and leaves."""

    async def speaking():
        url = site.url(gateway).replace("http", "ws") + "ws"
        async with websockets.connect(url, subprotocols=["hubbub.v1"]) as client:
            await client.send(json.dumps({"type": "hello", "username": "Zoe"}))
            await until(client, lambda frame: frame["type"] == "welcome")
            for number, frame in enumerate(frames):
                await client.send(json.dumps({**frame, "id": str(number)}))
                await until(client, lambda frame, id=str(number): frame.get("id") == id)
            await client.send(json.dumps({"type": "bye"}))

    async def until(client, wanted):
        while True:
            frame = json.loads(await asyncio.wait_for(client.recv(), 20))
            if wanted(frame):
                assert frame["type"] != "error", frame
                return

    asyncio.run(speaking())


def test_own_messages_are_marked_when_stored(window):
    ana = window("Ana")

    ana.say("is it there")
    ana.wait(lambda: ana.stored == ["is it there"])
    assert ana.pending == []
    assert ana.own_messages == ["is it there"]


def test_says_so_when_the_hub_is_away_and_back(window, site):
    ana = window("Ana")

    site.stop_hub()
    ana.wait(lambda: ana.state == "degraded" and "away" in ana.banner)
    ana.say("said meanwhile")
    ana.wait(lambda: ana.pending == ["said meanwhile"])
    site.start_hub()
    ana.wait(lambda: ana.state == "online" and ana.banner == "")
    ana.wait(lambda: ana.stored == ["said meanwhile"])


def test_nothing_is_lost_or_doubled_when_the_gateway_goes(window, site):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ben")
    ana.say("before")
    ben.hears("before")
    site.stop_gateway(0)
    ana.wait(lambda: ana.state == "waiting")
    ben.say("said meanwhile")
    ben.wait(lambda: ben.stored == ["said meanwhile"])
    ana.say("typed meanwhile")
    ana.wait(lambda: ana.pending == ["typed meanwhile"])

    site.start_gateway(0)
    ana.wait(lambda: ana.state == "online" and ana.pending == [])
    ben.hears("typed meanwhile")
    ana.hears("said meanwhile")
    assert ana.messages == ben.messages == ["before", "said meanwhile", "typed meanwhile"]
    assert ana.stored == ["before", "typed meanwhile"]


def test_stays_native_however_often_it_had_to_knock(window, site):
    ana = window("Ana")

    ana.script("""globalThis.offers = [];
        globalThis.WebSocket = class extends WebSocket {
            constructor(address, protocols) {
                super(address, protocols);
                offers.push(String(protocols));
            }
        };""")
    site.stop_gateway(0)
    ana.wait(lambda: len(ana.script("return offers")) >= 3)
    site.start_gateway(0)
    ana.wait(lambda: ana.state == "online")
    assert set(ana.script("return offers")) == {"hubbub.v1"}


def test_a_message_waits_for_the_hub(window, site):
    ana, ben = window("Ana"), window("Ben")

    site.stop_hub()
    ana.say("is anybody there")
    ana.wait(lambda: ana.pending == ["is anybody there"])
    site.start_hub()
    ben.hears("is anybody there")
    ana.wait(lambda: ana.stored == ["is anybody there"])
    assert ana.messages == ["is anybody there"]


@pytest.mark.settings({"limits.hold_seconds": 1})
def test_what_was_refused_can_be_tried_again(window, site):
    ana, ben = window("Ana"), window("Ben")

    site.stop_hub()
    ana.say("is anybody there")
    ana.wait(lambda: ana.failed == ["is anybody there"])
    site.start_hub()

    def again():
        for button in ana.all(".failed .retry"):
            button.click()
        return ana.stored == ["is anybody there"]

    ana.wait(again)
    ben.hears("is anybody there")
    assert ana.failed == []
    assert ben.messages == ["is anybody there"]


def test_a_reload_keeps_the_person(window, site):
    ana, ben = window("Ana"), window("Ben", gateway=1)
    person = ana.find("#people [data-id]").get_attribute("data-id")

    ana.enter_room("tea")
    ana.say("in the tea room")
    ana.wait(lambda: ana.stored == ["in the tea room"])
    ana.click_conversation(EVERYONE)
    ana.say("before")
    ben.hears("before")
    ana.driver.refresh()
    ana.wait(lambda: ana.state == "online" and ana.own_name == "Ana")
    ana.hears("before")
    ana.sees("Ana", "Ben")
    assert person in [node.get_attribute("data-id") for node in ana.all("#people [data-id]")]
    ana.say("still me")
    ben.hears("still me")
    assert ben.own_messages == []
    assert "Ana left" not in ben.notices
    ana.click_conversation("tea")
    ana.hears("in the tea room")


def test_rooms_have_their_own_people_and_talk(window):
    ana, ben, eve = window("Ana"), window("Ben", gateway=1), window("Eve")

    ana.enter_room("tea")
    ben.find("#open-rooms").click()
    ben.wait(lambda: "tea" in ben.texts("#rooms .name"))
    ben.script("""Array.from(document.querySelectorAll("#rooms button"))
        .find((button) => button.dataset.room === "tea").click();""")
    ben.wait(lambda: ben.title == "tea")
    ana.wait(lambda: sorted(ana.people) == ["Ana", "Ben"])
    ana.say("milk?")
    ben.hears("milk?")
    ben.click_conversation(EVERYONE)
    ben.wait(lambda: sorted(ben.people) == ["Ana", "Ben", "Eve"])
    ben.say("to all")
    eve.hears("to all")
    assert "milk?" not in eve.everything
    ana.wait(lambda: ana.unread(EVERYONE) == 1)
    ana.find("#close-conversation").click()
    ana.wait(lambda: ana.title == EVERYONE)
    ana.hears("to all")
    ben.click_conversation("tea")
    ben.wait(lambda: ben.people == ["Ben"])


def test_a_bad_room_name_is_refused(window):
    ana = window("Ana")

    ana.wait(lambda: ana.find("#open-rooms").is_displayed())
    ana.find("#open-rooms").click()
    ana.find("#room-name").send_keys("Über uns", Keys.ENTER)
    ana.wait(lambda: ana.texts("#rooms-problem")[0] != "")
    assert ana.find("#rooms-dialog").is_displayed()


@pytest.mark.settings({"limits.messages_per_second": 1000, "limits.messages_burst": 10000})
def test_what_was_said_before_comes_on_scrolling_up(window, site):
    said = [f"message {number}" for number in range(120)]

    speak(site, [{"type": "public", "content": text} for text in said])
    ana = window("Ana")
    ana.hears("message 119")
    assert ana.messages == said[70:]

    def scrolled():
        ana.script("document.querySelector('.log:not([hidden])').scrollTop = 0;")
        return len(ana.messages) == len(said)

    ana.wait(scrolled, "all is shown")
    assert ana.messages == said
    # The reader is still where the older messages begin, not at the end.
    assert ana.find("#jump").is_displayed()


def test_a_private_message_waits_for_its_reader(window, site):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ben.click_person("Ana")
    ben.say("first")
    ana.wait(lambda: ana.unread("Ben") == 1)
    site.stop_gateway(0)
    ana.wait(lambda: ana.state == "waiting")
    ben.say("second")
    ben.wait(lambda: ben.stored == ["first", "second"])
    site.start_gateway(0)
    ana.click_conversation("Ben")
    ana.hears("second")
    assert ana.messages == ["first", "second"]


def test_typing_is_seen(window):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ben")
    ana.write("let me think")
    ben.wait(lambda: ben.texts("#typing")[0] == "Ana is writing …")
    ana.write(Keys.ENTER)
    ben.hears("let me think")
    ben.wait(lambda: ben.texts("#typing")[0] == "")
    assert ana.texts("#typing")[0] == ""


def test_a_dead_connection_is_noticed_after_a_sleep(window, site):
    """The socket seems open, nobody answers: the page must not wait for a minute."""
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ben")
    site.pause_gateway(0)
    ben.say("said while asleep")
    ben.wait(lambda: ben.stored == ["said while asleep"])
    ana.script("dispatchEvent(new Event('online'));")
    ana.wait(lambda: ana.state == "waiting", "the silence is noticed")
    site.resume_gateway(0)
    ana.hears("said while asleep")
    assert ana.messages == ["said while asleep"]


def test_private_talk_and_the_open_room_outlive_a_reload(window):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.click_person("Ben")
    ana.say("from me")
    ben.click_conversation("Ana")
    ben.hears("from me")
    ben.say("from you")
    ana.hears("from you")
    ana.driver.refresh()
    ana.wait(lambda: ana.state == "online" and ana.title == "Ben")
    assert ana.messages == ["from me", "from you"]
    assert ana.own_messages == ["from me"]
    ben.say("and on")
    ana.hears("and on")
    ana.enter_room("tea")
    ana.driver.refresh()
    ana.wait(lambda: ana.state == "online" and ana.title == "tea")


def test_a_room_changes_its_name_and_ends(window, site):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.enter_room("tea")
    ben.enter_room("tea")
    ana.say("milk?")
    ben.hears("milk?")
    site.cluster.hubctl("room", "rename", "tea", "coffee", json_output=False)
    ben.wait(lambda: ben.title == "coffee")
    ben.say("black")
    ana.hears("black")
    assert ana.messages == ["milk?", "black"]
    assert ana.conversations == [EVERYONE, "coffee"]
    site.cluster.hubctl("room", "close", "coffee", "--yes", json_output=False)
    ana.wait(lambda: ana.conversations == [EVERYONE] and ana.title == EVERYONE)
    assert "The room coffee was closed." in ana.texts(".log:not([hidden]) .announcement")


@pytest.mark.needs_token
def test_a_token_in_the_address_says_who_one_is(window, site):
    ana = window(None)

    ana.driver.get(f"{ana.url}#token={site.sign('ana')}")
    ana.driver.refresh()
    ana.wait(lambda: ana.state == "online" and ana.own_name == "ana", "is who the token says")
    assert "token" not in ana.driver.current_url
    ana.driver.get(ana.url)
    ana.wait(lambda: ana.state == "online" and ana.own_name == "ana", "is that after a reload, too")
    ana.driver.execute_script("location.hash = 'token=wrong'")
    ana.wait(lambda: ana.state == "ended" and "does not know you" in ana.banner, "says what is wrong")
    assert "token" not in ana.driver.current_url
    ana.driver.execute_script("location.hash = arguments[0]", f"token={site.sign('ben')}")
    ana.wait(lambda: ana.state == "online" and ana.own_name == "ben", "comes in by another link")

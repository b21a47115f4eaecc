"""People chat in real browser windows."""
import asyncio
import json

import websockets
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

ATTACK = """<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"""
EVERYONE = "Everyone"


def test_two_windows_chat(window):
    ana, ben = window("Ana"), window("Ben", gateway=1)

    ana.sees("Ana", "Ben")
    ben.sees("Ana", "Ben")
    ana.say("good morning")
    ben.hears("good morning")
    ana.hears("good morning")
    assert ana.own_messages == ["good morning"]
    assert ben.own_messages == []
    ben.say("早上好")
    ana.hears("早上好")
    assert ana.messages == ben.messages == ["good morning", "早上好"]


def test_comings_and_goings_are_told(window):
    ana, ben = window("Ana"), window("Ben")

    ana.wait(lambda: "Ben joined" in ana.notices)
    assert "You joined" in ben.notices
    ben.leave()
    ana.sees_no_more("Ben")
    ana.wait(lambda: "Ben left" in ana.notices)


def test_private_by_click_is_seen_by_the_two_only(window):
    ana, ben, eve = window("Ana"), window("Ben", gateway=1), window("Eve")

    ana.click_person("Ben")
    ana.say("between us")
    ana.hears("between us")
    assert ana.own_messages == ["between us"]
    ben.wait(lambda: ben.unread("Ana") == 1)
    assert ben.driver.title == "(1) Hubbub"
    assert ben.texts("#news[role=status]") == ["New private message from Ana"]
    assert "between us" not in ben.messages
    ben.click_conversation("Ana")
    ben.hears("between us")
    ben.wait(lambda: ben.driver.title == "Hubbub")
    ben.say("of course")
    ana.hears("of course")

    # Heard after the private ones, so that they would have been here by now.
    ben.click_conversation(EVERYONE)
    ben.say("to all")
    eve.hears("to all")
    assert "between us" not in eve.everything
    assert eve.conversations == [EVERYONE]


def test_private_by_name(window):
    ana, ben, eve = window("Ana"), window("Ben Ames"), window("Eve")

    ana.sees("Ben Ames", "Eve")
    ana.say("@Ben Ames hello there")
    ana.wait(lambda: ana.title == "Ben Ames")
    ana.hears("hello there")
    ben.click_conversation("Ana")
    ben.hears("hello there")
    ana.click_conversation(EVERYONE)
    ana.say("@nobody psst")
    ana.wait(lambda: "nobody" in ana.hint)
    assert ana.draft == "@nobody psst"
    ana.find("#draft").clear()
    ana.say("to all")
    eve.hears("to all")
    assert "hello there" not in eve.everything


def test_names_are_suggested_behind_an_at(window):
    ana, _ben = window("Ana"), window("Ben")

    ana.sees("Ben")
    ana.write("@b")
    ana.wait(lambda: ana.texts("#suggestions .name") == ["Ben"])
    ana.write(Keys.ENTER)
    assert ana.draft == "@Ben "
    assert not ana.find("#suggestions").is_displayed()


def test_markup_is_only_text(window):
    mallory, ana = window("Mallory <b>bold</b>"), window("Ana")

    ana.sees("Mallory <b>bold</b>")
    mallory.say(ATTACK)
    ana.hears(ATTACK)
    mallory.click_person("Ana")
    mallory.say(ATTACK)
    ana.wait(lambda: ana.driver.title == "(1) Hubbub")
    ana.click_conversation("Mallory <b>bold</b>")
    ana.hears(ATTACK)
    for page in (mallory, ana):
        assert page.all("#logs img, #logs script, #logs b, #sidebar b") == []
        assert page.driver.title == "Hubbub"


def test_the_policy_is_strict(window):
    headers = window("Ana").script("""
        const request = new XMLHttpRequest();
        request.open("GET", "/", false);
        request.send();
        return ["content-security-policy", "x-content-type-options"]
            .map((name) => request.getResponseHeader(name));
    """)

    assert "default-src 'none'" in headers[0]
    assert "unsafe" not in headers[0]
    assert headers[1] == "nosniff"


def test_waits_for_a_hub_to_join(window, site):
    page = window(None)

    site.stop_hub()
    page.find("#name").send_keys("Ana", Keys.ENTER)
    page.wait(lambda: "Waiting" in page.banner)
    site.start_hub()
    page.wait(lambda: page.own_name == "Ana")
    page.wait(lambda: page.banner == "")


def test_a_kick_is_final_and_has_a_reason(window, site):
    ana, ben = window("Ana"), window("Ben")

    site.kick("Ana", "too loud")
    ana.wait(lambda: ana.state == "ended")
    assert "too loud" in ana.banner
    ben.sees_no_more("Ana")
    ben.say("quiet now")
    ben.hears("quiet now")
    assert ana.state == "ended"
    ana.find("#banner-action").click()
    ben.sees("Ana")
    ana.wait(lambda: ana.state == "online")


def test_announcements_stand_out(window, site):
    ana = window("Ana")

    site.announce("back at noon")
    ana.wait(lambda: any("back at noon" in text for text in ana.texts(".announcement")))


def test_two_people_of_one_name(window):
    first, second = window("Ana"), window("Ana", gateway=1)

    first.wait(lambda: first.people == ["Ana", "Ana"])
    second.say("from the second")
    first.hears("from the second")
    second.hears("from the second")
    assert second.own_messages == ["from the second"]
    assert first.own_messages == []
    assert len(set(first.texts("#people .id"))) == 2


def test_fits_a_phone(window):
    ana = window("Ana", width=390, height=844)
    ben = window("Ben" + "n" * 60)

    def overflow():
        return ana.script("return document.documentElement.scrollWidth - innerWidth")

    assert overflow() == 0
    ben.say("w" * 300)
    ana.hears("w" * 300)
    assert overflow() == 0
    assert not ana.find("#sidebar").is_displayed()
    ana.find("#open-drawer").click()
    ana.wait(lambda: ana.find("#people button").is_displayed())
    assert overflow() == 0
    ana.click_person(ben.own_name)
    ana.wait(lambda: not ana.find("#sidebar").is_displayed())
    ana.say("hello")
    ana.hears("hello")
    assert overflow() == 0


def test_keyboard_stays_in_the_open_drawer(window):
    ana = window("Ana", width=390, height=844)

    def focused():
        return ana.script("return document.activeElement.id")

    ana.find("#open-drawer").send_keys(Keys.ENTER)
    ana.wait(lambda: focused() == "close-drawer")
    for _ in range(8):
        ana.driver.switch_to.active_element.send_keys(Keys.TAB)
        assert ana.script("return document.activeElement.closest('main') === null")
    ana.find("#close-drawer").send_keys(Keys.ESCAPE)
    assert focused() == "open-drawer"


def test_one_can_write_at_once(window):
    ana, ben = window("Ana"), window("Ben")

    assert ana.script("return document.activeElement.id") == "draft"
    ana.click_person("Ben")
    assert ana.script("return document.activeElement.id") == "draft"


def test_speaks_chinese(window):
    ana = window(None, lang="zh")

    assert ana.texts("#dialog-title") == ["加入聊天"]
    ana.join("小明")
    ana.wait(lambda: "你已进入聊天室" in ana.notices)
    assert ana.texts("#status-text") == ["已连接"]
    assert ana.script("return document.documentElement.lang") == "zh-CN"


def test_follows_the_colour_scheme(window):
    def background(page):
        return page.script("return getComputedStyle(document.body).backgroundColor")

    assert background(window("Ana", dark=False)) != background(window("Ben", dark=True))


def test_keys(window):
    ana, _ben = window("Ana"), window("Ben")

    ana.sees("Ben")
    ana.write("one", Keys.SHIFT, Keys.ENTER, Keys.NULL, "two")
    assert ana.messages == []
    # An input method confirms its choice with Enter; that must not send.
    ana.script("""document.getElementById("draft").dispatchEvent(new KeyboardEvent("keydown",
        { key: "Enter", isComposing: true, bubbles: true, cancelable: true }));""")
    ana.write(Keys.ENTER)
    ana.hears("one\ntwo")
    assert ana.messages == ["one\ntwo"]

    # From the list of people: down to Ben, and in.
    ana.script("document.querySelector('#people button').focus()")
    ana.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    ana.driver.switch_to.active_element.send_keys(Keys.ENTER)
    ana.wait(lambda: ana.title == "Ben")


def test_everything_has_a_name_for_screen_readers(window):
    nameless = window("Ana").script("""
        const isNamed = (node) =>
            node.getAttribute("aria-label") || node.labels?.length || node.textContent.trim();
        const wanted = "button, input, textarea, ul[role], div[role=log]";
        return Array.from(document.querySelectorAll(wanted))
            .filter((node) => !node.closest("[hidden], dialog:not([open])") && !isNamed(node))
            .map((node) => node.outerHTML);
    """)

    assert nameless == []


def test_a_name_is_needed(window):
    page = window(None)

    page.find("#name").send_keys("  ", Keys.ENTER)
    page.wait(lambda: page.texts("#name-problem")[0] != "")
    page.find("#name").send_keys(Keys.ESCAPE)
    assert page.find("#name-dialog").is_displayed()
    assert page.find("#name-dialog .address").text == page.url.split("/")[2]


def test_a_crowd(window, site):
    ana = window("Ana")

    async def guest(number, leave):
        url = site.url().replace("http", "ws") + "ws"
        async with websockets.connect(url) as client:
            await client.send(json.dumps({"username": f"guest {number}"}))
            # Who does not read is cut off as too slow.
            reader = asyncio.ensure_future(drain(client))
            await leave.wait()
            reader.cancel()

    async def drain(client):
        async for _ in client:
            pass

    async def crowd():
        leave = asyncio.Event()
        guests = asyncio.gather(*(guest(number, leave) for number in range(150)))
        await asyncio.to_thread(ana.wait, lambda: len(ana.people) == 151)
        ana.say("hello all")
        await asyncio.to_thread(ana.hears, "hello all")
        # Their joins are told in a few lines.
        assert len(ana.notices) < 20
        leave.set()
        await guests

    asyncio.run(crowd())
    ana.wait(lambda: ana.people == ["Ana"])
    assert ana.driver.find_element(By.ID, "people-count").text == "1"

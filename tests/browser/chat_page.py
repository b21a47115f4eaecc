"""The chat page as a person uses it, so that tests speak of people and not of selectors."""
from urllib.parse import urlencode

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_S = 20
# rowNamed(list, name): the button of that name in one of the two lists of the column.
ROW_NAMED = """
    const rowNamed = (list, name) => Array.from(document.querySelectorAll(`#${list} button`))
        .find((button) => button.querySelector(".name").textContent === name);
"""


class ChatPage:
    def __init__(self, driver, url, query=None):
        self.driver = driver
        self.url = url + (f"?{urlencode(query)}" if query else "")

    # Looking at the window itself

    def wait(self, condition, message=""):
        return WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.05).until(
            lambda _: condition(), message)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        """textContent of all that match, in one look, so that a list cannot change meanwhile."""
        return self.script(
            "return Array.from(document.querySelectorAll(arguments[0]), (n) => n.textContent)",
            selector)

    def resize(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def prefer(self, dark):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}]})

    def open_fresh(self):
        """As in a new window: nothing is remembered from an earlier test."""
        self.driver.get_log("browser")
        self.driver.get(self.url)
        self.script("sessionStorage.clear(); localStorage.clear();")
        self.driver.get(self.url)
        self.wait(lambda: self.find("#name-dialog").is_displayed(), "asks for a name")

    def leave(self):
        self.driver.get("about:blank")

    def problems(self):
        """What the browser complained of; a stopped server that refuses connections is nothing."""
        logged = [entry["message"] for entry in self.driver.get_log("browser")
                  if entry["level"] == "SEVERE"]
        logged = [message for message in logged if "WebSocket connection to" not in message]
        return logged + self.script("return globalThis.violations ?? []")

    # Joining

    def join(self, name):
        field = self.find("#name")
        field.clear()
        field.send_keys(name, Keys.ENTER)
        self.wait(lambda: self.state == "online", f"{name} is connected")
        self.wait(lambda: self.own_name == name, f"{name} finds itself in the list")

    @property
    def state(self):
        return self.find("#status").get_attribute("data-state")

    @property
    def own_name(self):
        return (self.texts("#me:not([hidden]) #own-name") or [None])[0]

    # People and conversations

    @property
    def people(self):
        return self.texts("#people .name")

    def sees(self, *names):
        self.wait(lambda: set(names) <= set(self.people), f"{names} are in the list")

    def sees_no_more(self, name):
        self.wait(lambda: name not in self.people, f"{name} has left the list")

    @property
    def conversations(self):
        return self.texts("#conversations .name")

    def click_person(self, name):
        self.sees(name)
        self.script(ROW_NAMED + "rowNamed('people', arguments[0]).click();", name)
        self.wait(lambda: self.title == name)

    def click_conversation(self, name):
        self.wait(lambda: name in self.conversations, f"there is a conversation with {name}")
        self.script(ROW_NAMED + "rowNamed('conversations', arguments[0]).click();", name)
        self.wait(lambda: self.title == name)

    def unread(self, conversation):
        return self.script(ROW_NAMED + """
            const badge = rowNamed("conversations", arguments[0])?.querySelector(".badge");
            return Number(badge?.textContent ?? 0);""", conversation)

    @property
    def title(self):
        return self.texts("#title")[0]

    # Messages of the conversation that is open

    @property
    def messages(self):
        return self.texts(".log:not([hidden]) .text")

    @property
    def own_messages(self):
        return self.texts(".log:not([hidden]) .own .text")

    @property
    def notices(self):
        return self.texts(".log:not([hidden]) .notice")

    @property
    def pending(self):
        return self.texts(".log:not([hidden]) .pending .text")

    @property
    def failed(self):
        return self.texts(".log:not([hidden]) .failed .text")

    @property
    def stored(self):
        """Own messages with the mark that the server has them."""
        return self.script("""
            return Array.from(document.querySelectorAll(".log:not([hidden]) .own .message"))
                .filter((line) => line.querySelector("[role=img].delivery"))
                .map((line) => line.querySelector(".text").textContent);""")

    def enter_room(self, name):
        self.wait(lambda: self.find("#open-rooms").is_displayed(), "rooms are offered")
        self.find("#open-rooms").click()
        self.find("#room-name").send_keys(name, Keys.ENTER)
        self.wait(lambda: self.title == name, f"in the room {name}")

    def hears(self, text):
        self.wait(lambda: text in self.messages, f"{text!r} is shown")

    @property
    def everything(self):
        """All text of all conversations, the hidden ones, too."""
        return self.script("return document.getElementById('logs').textContent")

    # Writing

    @property
    def draft(self):
        return self.find("#draft").get_property("value")

    def write(self, *keys):
        self.find("#draft").send_keys(*keys)

    def say(self, text):
        self.write(text, Keys.ENTER)

    @property
    def hint(self):
        return self.texts("#hint")[0]

    @property
    def banner(self):
        return (self.texts("#banner:not([hidden])") or [""])[0]

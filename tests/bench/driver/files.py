"""Writing files of the documentation: in one step, or only a part between two markers."""

import os
import tempfile


def replace(path, text):
    """The file has the old text or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def parted(page, begin, end):
    """What a page has up to the first marker and from the second on."""
    text = page.read_text(encoding="utf-8")
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{page} has no place for the table, between {begin} and {end}")
    return before + begin, end + after


def replace_between(page, begin, end, generated):
    """The part of the page between the markers."""
    before, after = parted(page, begin, end)
    replace(page, f"{before}\n{generated}\n{after}")

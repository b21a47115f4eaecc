"""The strict client's parser: what it lets through and what it refuses, in whatever pieces it comes."""

import struct

import pytest

from strict_client import CLOSE, PING, TEXT, Frames


def frame(first, payload=b"", length=None, width=0):
    """A server's frame; `length` may lie, `width` says it in more bytes than needed."""
    length = len(payload) if length is None else length
    if width == 8 or (not width and length > 65535):
        return bytes([first, 127]) + struct.pack(">Q", length) + payload
    if width == 2 or (not width and length > 125):
        return bytes([first, 126]) + struct.pack(">H", length) + payload
    return bytes([first, length]) + payload


LONG = "é" * 40000
GOOD = (
    frame(0x81, b"one")
    + frame(0x01, b"t") + frame(0x89, b"token") + frame(0x00, b"w") + frame(0x80, b"o")
    + frame(0x81, b"x" * 125) + frame(0x81, b"x" * 126) + frame(0x81, b"x" * 65535)
    + frame(0x81, LONG.encode())
    + frame(0x88, struct.pack(">H", 1013) + b"too slow")
)
MEANT = [
    (TEXT, b"one"), (PING, b"token"), (TEXT, b"two"), (TEXT, b"x" * 125), (TEXT, b"x" * 126),
    (TEXT, b"x" * 65535), (TEXT, LONG.encode()), (CLOSE, struct.pack(">H", 1013) + b"too slow"),
]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000, len(GOOD)])
def test_good_frames_in_any_pieces(piece):
    frames, heard = Frames(), []
    for start in range(0, len(GOOD), piece):
        heard += frames.feed(GOOD[start : start + piece])
    assert heard == MEANT
    assert frames.is_between_frames()


@pytest.mark.parametrize(
    "data",
    [
        frame(0xC1, b"reserved bit"),
        frame(0x91, b"reserved bit"),
        frame(0x83, b"reserved opcode"),
        frame(0x8B, b"reserved opcode"),
        bytes([0x81, 0x85]) + b"maskhello",
        frame(0x81, b"hello", width=2),
        frame(0x81, b"x" * 126, width=8),
        bytes([0x81, 127]) + b"\xff" * 8,
        frame(0x80, b"nothing to go on with"),
        frame(0x01, b"a") + frame(0x81, b"within another"),
        frame(0x09, b"a PING in two"),
        frame(0x89, b"x" * 126),
        frame(0x88, b"\x03"),
        frame(0x88) + frame(0x81, b"behind CLOSE"),
        # A length that is too small: its payload's rest is taken for a frame.
        frame(0x81, b"hello", length=3),
    ],
    ids=lambda data: data[:8].hex(),
)
def test_what_no_server_may_say(data):
    with pytest.raises(AssertionError):
        Frames().feed(data)


@pytest.mark.parametrize("data", [frame(0x81, b"\xff"), frame(0x01, b"\xc3") + frame(0x80, b"(")])
def test_texts_are_utf8(data):
    with pytest.raises(UnicodeDecodeError):
        Frames().feed(data)


def test_a_frame_that_is_not_all_there_is_not_heard():
    frames = Frames()
    assert frames.feed(frame(0x81, b"hello", length=9)) == []
    assert not frames.is_between_frames()

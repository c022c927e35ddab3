"""What the first look says of an address, and of messages, by themselves."""

import pytest

from qaws.testbed.look_messages import lacks_engine


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        ("ws://x/socket.io/", True),
        ("ws://x/desk/socket.io/?token=t", True),
        ("ws://x/socket.io/?EIO=4", True),
        ("ws://x/socket.io/?EIO=4&transport=websocket", False),
        ("ws://x/stream", False),
        ("ws://x/stream?of=/socket.io/", False),
    ],
)
def test_an_address_of_socket_io_says_which_protocol(url, is_told):
    assert ("?EIO=4&transport=websocket" in lacks_engine(url)) is is_told

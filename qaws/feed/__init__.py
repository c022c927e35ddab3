"""What reaches the service from the market's side: ticks, and who else publishes them."""

from qaws.feed.feed import Feed

__all__ = ["Feed"]

"""The reference service: relays market ticks from Redis Pub/Sub to WebSocket subscribers.

What it promises its clients is in ``docs/specification.md``, section 1; how ticks reach it, in
section 2. It knows nothing of the suite that tests it.

How a tick travels: ``feed`` takes it from the broker, ``routes_websocket.broadcast_tick``
checks it, ``subscriptions`` names the groups of clients that want it, and ``fanout`` frames it
once and writes it to each of them. ``server`` wires the parts together.

How a client lives: ``origins`` and ``auth`` let it in, ``sessions`` gives it a place,
``routes_websocket`` answers its ``messages``, and ``limits``, ``idle`` and ``expiry`` may end it,
with the words of ``closes``. ``generator`` is apart: it makes a market to look at.
"""

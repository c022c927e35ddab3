"""A ticker service: relays market ticks from Redis Pub/Sub to WebSocket subscribers.

How a tick travels: ``feed`` takes it from the broker, ``routes_websocket.broadcast_tick``
checks it, ``subscriptions`` names the groups of clients that want it, and ``fanout`` frames it
once and writes it to each of them. ``server`` wires the parts together.
"""

"""The event loop's thread, child processes, ports and locks: what everything here runs on."""

"""The harness behind the features: real sockets, a real broker, verdicts with their evidence.

From the top; a package imports only from below it (docs/architecture.md):

* `runner` runs behave against a testbed, attaches evidence, ends everything; the console command
* `behaviours` has one module per capability: what its Given and When do, what its Then requires
* `testbed` wires target, broker, services, feed and loop, and holds one scenario's state
* `report` draws and writes what people read; `gherkin` turns words into typed values
* `clients` has functional clients, `feed` publishes ticks, `auth` makes tokens
* `load` is the load generator; `oracle` says what each client must, may and must not have
* `sut` is the system under test: target file, process, broker, resources
* `protocol` has market, dialect and contract; `runtime` has loop, processes and locks
* `measure` has statistics; `verdict` has checks and outcomes
"""

__version__ = "0.1.0"

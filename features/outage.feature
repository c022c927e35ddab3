@integration @needs.inject @needs.outage
Feature: Broker outage
  The feed comes over a broker that keeps nothing for a service that is away. So a loss cannot be
  undone; but it must be announced, it must heal by itself, and nobody else may suffer from it.

  Background:
    Given the ticker service is running

  @QA-WS-017 @p0 @critical
  Scenario Outline: QA-WS-017 A broker outage is announced, survived and healed
    > Plan: given 20 clients, when the broker cuts the service's feed, or is down for 1 s, or for
    > longer than the client library's own retries last, then no client is closed, ping is answered
    > within 1 s throughout, ticks resume within 5 s of its return with no client action, without
    > duplicates, also for a symbol first subscribed during the outage; loss is announced (degraded,
    > then recovered before the first new tick), never silent.

    Given the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    When <outage>, while all clients ping and Alice subscribes to BANKNIFTY
    Then all clients receive ticks again within 5 seconds of the broker's return
    And all clients receive status "degraded" within 2 seconds of the loss, and "recovered" before the first new tick
    And all clients are connected, and each of their pings was answered within 1 second

    Examples:
      | outage                             |
      | the broker cuts the service's feed |
      | the broker is down for 1 second    |
      | the broker is down for 6 seconds   |

  @QA-WS-106 @p1 @normal
  Scenario: QA-WS-106 An overflow at the broker is announced and survived
    > Plan: a broker output-buffer overflow is survived and announced. A broker does not wait for a
    > service that takes ticks too slowly: it hangs up, and what it had kept for it is lost.

    Given the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    When the broker's output buffer for the service overflows, while all clients ping and Alice subscribes to BANKNIFTY
    Then all clients receive ticks again within 5 seconds of the broker's return
    And all clients receive status "degraded" within 2 seconds of the loss, and "recovered" before the first new tick
    And all clients are connected, and each of their pings was answered within 1 second

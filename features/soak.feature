@load @needs.swarm @needs.inject @needs.observe @needs.statistics
Feature: Soak
  Clients come and go all day, some of them without closing. They leave nothing behind.

  @QA-WS-015 @critical
  Scenario Outline: QA-WS-015 An hour of connection churn leaks no memory
    > Plan: given a warmed-up service with ticks flowing, when connections open and close for a
    > simulated hour (24,000 cycles, the source plan's rate of ten per 1.5 s), then its memory grew
    > by less than 10 %, the slope per cycle is below the leak threshold, and sockets, tasks and
    > sessions are exactly back. Half of the clients close cleanly, half reset the connection.

    Given a fresh ticker service is running
    And 3 observers receive 100 ticks per second for NIFTY
    And the service is warmed up with <warm-up> connection cycles subscribing to NIFTY
    When <cycles> more connection cycles subscribing to NIFTY run <pace>
    Then the service's sockets, sessions, subscriptions, files and threads returned to pre-load levels within 5 seconds
    And the observers have received every tick exactly once, in order
    And the service's private memory growth is below 10 %, and below <slope> bytes per cycle

    @p0
    Examples: a simulated hour
      | warm-up | cycles | pace                          | slope |
      | 6,000   | 24,000 | as fast as the service allows | 80    |

    @nightly
    Examples: five minutes and one hour in real time
      | warm-up | cycles | pace                    | slope |
      | 12,000  | 2,000  | at 10 every 1.5 seconds | 100   |
      | 12,000  | 24,000 | at 10 every 1.5 seconds | 80    |

@load @needs.inject @needs.observe @needs.statistics
Feature: Stability
  Clients come and go all day, some of them without a word and sometimes many at once. Nothing of
  them stays behind, and those who stay do not notice.

  @QA-WS-015 @critical
  Scenario Outline: QA-WS-015 An hour of comings and goings leaves no memory behind
    > Plan: given a warmed-up service with ticks flowing, when connections open and close for a
    > simulated hour (24,000 cycles, the source plan's rate of ten per 1.5 s), then its memory grew by
    > less than 10 %, the slope per cycle is below the leak threshold, and sockets, tasks and sessions
    > are exactly back. Half of the clients close cleanly, half have their line cut.

    Given the ticker service is started afresh
    And 3 witnesses receive 100 ticks of NIFTY per second
    And the service is warmed up by <warm-up> connection cycles with NIFTY
    When <cycles> connection cycles with NIFTY follow, <pace>
    Then the service's private memory has grown by less than 10 %, and by less than <slope> bytes per cycle
    And the service's sockets, sessions, subscriptions, files and threads are back as before within 5 seconds
    And the swarm has received every tick once and in order

    @p0
    Examples: a simulated hour
      | warm-up | cycles | pace                       | slope |
      | 6,000   | 24,000 | as fast as the service can | 80    |

    @nightly
    Examples: five real minutes and a real hour
      | warm-up | cycles | pace                  | slope |
      | 12,000  | 2,000  | ten every 1.5 seconds | 100   |
      | 12,000  | 24,000 | ten every 1.5 seconds | 80    |

  @QA-WS-020 @p0 @critical @needs.configure
  Scenario: QA-WS-020 A storm of connections is weathered
    > Plan: given a limit of 300 and 20 witnesses at 1,000 ticks/s, when 500 clients connect within a
    > second (some resetting mid-handshake), then connects, subscribes, and resets churn at 50 per
    > second, then never more than 300 are live, the excess gets 1008 "max connections", welcome p99
    > ≤ 2 s, session ids are unique, witnesses are gapless with p99 < 100 ms, and everything returns
    > exactly to baseline.

    Given the ticker service is running with a connection limit of 300
    And 20 witnesses receive 1,000 ticks of NIFTY per second
    When 500 clients connect within 1 second, 50 of them resetting in mid-handshake, and then 50 per second reset and as many connect and subscribe to BANKNIFTY, for 10 seconds
    Then no more than 300 clients are live at any time, and the others are closed with code 1008 and a reason containing "max connections"
    And 99 % of the welcomes come within 2 seconds, each with a session id of its own
    And the service's sockets, sessions, subscriptions, files and threads are back as before within 5 seconds
    And the swarm has received every tick once and in order
    And 99 % of the deliveries took less than 100 ms

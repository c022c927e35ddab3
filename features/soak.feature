@load @needs.inject @needs.observe @needs.statistics
Feature: Soak
  Clients come and go all day, some of them without a word. Nothing of them stays behind.

  @QA-WS-015 @critical
  Scenario Outline: QA-WS-015 An hour of comings and goings leaves no memory behind
    > Plan: given a warmed-up service with ticks flowing, when connections open and close for a
    > simulated hour (24,000 cycles, the source plan's rate of ten per 1.5 s), then its memory grew by
    > less than 10 %, the slope per cycle is below the leak threshold, and sockets, tasks and sessions
    > are exactly back. Half of the clients close cleanly, half have their line cut.

    Given the ticker service is started afresh
    And 3 observers receive 100 ticks of NIFTY per second
    And the service is warmed up by <warm-up> connection cycles with NIFTY
    When <cycles> connection cycles with NIFTY follow, <pace>
    Then the service's private memory has grown by less than 10 %, and by less than <slope> bytes per cycle
    And the service's sockets, sessions, subscriptions, files and threads were back to what they were within 5 seconds
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

@integration @needs.configure @needs.inject @needs.observe @needs.statistics
Feature: Keepalive
  A machine that loses power or its network says nothing, and its connection looks open for ever. The
  service asks from time to time who is still there.

  @QA-WS-101 @p1 @critical
  Scenario: QA-WS-101 A half-open connection is reaped
    > Plan: half-open peers are reaped. A peer that vanishes without a word keeps neither session nor
    > subscription nor socket; one that has nothing to say, but answers pings, stays.

    Given the ticker service is running with a keepalive of 2 seconds
    And Bob is connected and subscribed to BANKNIFTY
    And the service's sockets, sessions, subscriptions and memory are recorded
    And Alice is connected and subscribed to NIFTY
    When Alice stops responding, its connection left half-open
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 8 seconds
    And Bob is connected for at least 8 seconds
    And a further option tick for BANKNIFTY reaches Bob within 1 second

@integration @needs.configure @needs.inject @needs.observe @needs.statistics
Feature: Keepalive
  A machine that loses power or its network says nothing, and its connection looks open forever. The
  service therefore checks from time to time who is still there.

  @QA-WS-101 @p1 @critical
  Scenario: QA-WS-101 A half-open connection is reaped
    > Beyond the plan: half-open peers are reaped. A peer that vanishes silently keeps no session,
    > subscription or socket; a quiet peer that answers pings stays connected. A tick that comes after
    > seconds without any is as prompt as others (QA-WS-006),
    > and that there were none is no loss of the feed.

    Given the ticker service is running with a keepalive of 2 seconds
    And Bob is connected and subscribed to BANKNIFTY
    And the service's sockets, sessions, subscriptions and memory are recorded
    And Alice is connected and subscribed to NIFTY
    When an option tick for BANKNIFTY is published and reaches Bob
    And Alice stops responding, leaving the connection half-open
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 8 seconds
    And Bob stays connected for at least 8 seconds
    When an option tick for BANKNIFTY is published
    Then Bob receives that tick exactly once, within 200 ms, and has received no status

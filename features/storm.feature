@load @needs.inject @needs.observe @needs.statistics
Feature: Connection storm
  Sometimes many clients come at once, more than there are places. Those who are let in are served,
  the others are told why not, and those who were there before do not notice.

  @QA-WS-020 @p0 @critical @needs.configure
  Scenario: QA-WS-020 A storm of connections is weathered
    > Plan: given a limit of 300 and 20 witnesses at 1,000 ticks/s, when 500 clients connect within a
    > second (some resetting mid-handshake), then connects, subscribes, and resets churn at 50 per
    > second, then never more than 300 are live, the excess gets 1008 "max connections", welcome p99
    > ≤ 2 s, session ids are unique, witnesses are gapless with p99 < 100 ms, and everything returns
    > exactly to baseline.

    Given the ticker service is running with a connection limit of 300
    And 20 observers receive 1,000 ticks of NIFTY per second
    When 500 clients connect within 1 second, 50 of them resetting in mid-handshake, and then 50 per second reset and as many connect and subscribe to BANKNIFTY, for 10 seconds
    Then no more than 300 clients are live at any time, and the others are closed with code 1008 and a reason containing "max connections"
    And p99 welcome latency is below 2 seconds, and no session id comes twice
    And the service's sockets, sessions, subscriptions, files and threads were back to what they were within 5 seconds
    And the swarm has received every tick once and in order
    And p99 delivery latency is below 100 ms

@load @needs.swarm @needs.inject @needs.observe @needs.statistics
Feature: Connection storm
  Sometimes more clients arrive at once than the limit allows. Those admitted are served, the others
  are closed with a reason, and those already connected do not notice.

  @QA-WS-020 @p0 @critical @needs.configure
  Scenario: QA-WS-020 A connection storm is survived
    > Specification: given a limit of 300 and 20 observers at 1,000 ticks/s, when 500 clients
    > connect within a second (some resetting mid-handshake), then connects, subscribes, and resets
    > churn at 50 per second, then never more than 300 are live, whoever comes while 20 places have
    > been free for a second is welcomed, clients leave politely ahead of the observers as well as
    > behind them, the excess gets 1008 "max connections", welcome p99 ≤ 2 s, session ids are
    > unique, observers are gapless with p99 < 100 ms, and everything returns exactly to baseline.

    Given the ticker service is running with a connection limit of 300
    And 20 observers, behind 5 clients that will leave politely, receive 1,000 ticks per second for NIFTY
    When clients connect and reset in these phases
      | phase                               | connect per second | reset per second | subscribing to | for        |
      | storm, resetting in mid-handshake   | 500                | 50               |                | 1 second   |
      | churn, resetting once welcomed      | 50                 | 50               | BANKNIFTY      | 10 seconds |
      | lull, a second after others left    | 20                 | 40               | BANKNIFTY      | 1 second   |
    Then no more than 300 clients are connected at any time
    And everyone who comes while at least 20 places have been free for 1 second is welcomed
    And the excess clients are closed by the service with code 1008 and a reason containing "max connections"
    And the service's sockets, sessions, subscriptions, files and threads returned to pre-load levels within 5 seconds
    And the observers have received every tick exactly once, in order
    And p99 welcome latency is at most 2 seconds, and all session ids are unique
    And p99 delivery latency to the observers is below 100 ms

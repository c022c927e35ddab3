@integration @needs.inject @needs.launch
Feature: Deployment
  Services are stopped and started all the time. One that is stopping owes its clients the ticks
  that it already has, a reason, and a prompt close; its successor must cope with all of them
  reconnecting at once.

  Background:
    Given the ticker service is running

  @QA-WS-018 @p0 @critical
  Scenario: QA-WS-018 A shutdown is announced, prompt and lossless
    > Specification: given 100 clients, one of which does not read, when the service gets SIGTERM
    > while ticks are published without a break, then every reader gets every tick that the broker
    > had taken before the signal was sent, then 1001 "server shutdown" within 5 s, new connections
    > are refused, and the process ends in good order within 10 s. So does who is sending at that
    > moment, and client 100, who has subscribed to nothing and has sent half a message. TCP is closed
    > too (RFC 6455, 7.1.1). Harry, who is still in his handshake, holds nobody up.

    Given the market is open, with ticks every 100 ms
    And 99 clients are connected and subscribed to NIFTY and NIFTYNXT50, of which 20 will be sending pings when SIGTERM comes
    And client 100 is connected and in the middle of a message, and Harry in that of a handshake
    And Zoe is connected and subscribed to BANKNIFTY, but has stopped reading
    When ticks for NIFTY and NIFTYNXT50 are published without a break, and the service receives SIGTERM after 100 of them
    Then the 100 clients are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds of SIGTERM, and their TCP connections within 2 seconds of that
    And the 99 clients have received every tick published before SIGTERM
    And no new connection is accepted
    And the service's process ends in good order within 10 seconds of SIGTERM

  @QA-WS-105 @p1 @normal
  Scenario: QA-WS-105 Five hundred clients reconnect at once after a restart
    > Beyond the plan: a thundering herd after a restart. Once the service is back, all its clients
    > reconnect at the same moment: nobody is turned away, and all are served again within seconds.

    Given 500 clients are connected and subscribed to NIFTY
    When the service is restarted, and the 500 clients reconnect and subscribe to NIFTY at once
    Then the 500 clients are welcomed and subscribed again within 5 seconds, each in a new session
    When an option tick for NIFTY is published
    Then all 500 clients receive that tick exactly once, within 2 seconds

  @QA-WS-111 @p1 @normal
  Scenario: QA-WS-111 Two nodes share one feed, and one of them shuts down
    > Beyond the plan: two service nodes on one feed: a client on either gets each tick once. When
    > one node shuts down, its clients have had every tick until then, and the other's do not
    > notice.

    Given the ticker service is running on two nodes that share one feed
    And Alice and Bob are connected and subscribed to NIFTY
    And Carol and Dave are connected to the second node and subscribed to NIFTY
    When ticks for NIFTY are published without a break, and the second node receives SIGTERM after 100 of them
    Then Carol and Dave are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds of SIGTERM
    And Carol and Dave have received every tick published before SIGTERM
    When an option tick for NIFTY is published
    Then Alice and Bob receive that tick exactly once, within 1 second

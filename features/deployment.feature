@integration @needs.inject @needs.launch
Feature: Deployment
  Services are ended and started all the time. One that is told to end owes its clients what it has,
  a word, and a prompt end; the one that comes after it must bear all of them coming back at once.

  Background:
    Given the ticker service is running

  @QA-WS-018 @p0 @critical
  Scenario: QA-WS-018 A shutdown is announced, prompt, and loses nothing
    > Plan: given 100 clients, one of which does not read, when the service gets SIGTERM mid-stream,
    > then every reader gets every tick published before it, then 1001 "server shutdown" within 5 s,
    > new connections are refused, and the process exits 0 within 10 s.

    Given the market is open, with ticks every 100 ms
    And 99 clients are connected and subscribed to NIFTY
    And Zoe is connected and subscribed to BANKNIFTY, but has stopped reading
    When 100 ticks of NIFTY are published, and the service immediately receives SIGTERM
    Then the 99 clients are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds of SIGTERM
    And the 99 clients have received every tick that was published before
    And no new connection is accepted
    And the service's process ends with exit code 0 within 10 seconds of SIGTERM

  @QA-WS-105 @p1 @normal
  Scenario: QA-WS-105 Five hundred clients come back at once after a restart
    > Plan: a herd reconnects after a restart. When the service is back all its clients are at the
    > door at the same moment: nobody is turned away, and all are served again within seconds.

    Given 500 clients are connected and subscribed to NIFTY
    When the service is restarted, and the 500 clients come back and subscribe to NIFTY at once
    Then the 500 clients are welcomed and subscribed again within 5 seconds, each in a new session
    And a further option tick for NIFTY reaches all 500 clients within 2 seconds

  @QA-WS-111 @p1 @normal
  Scenario: QA-WS-111 Two nodes serve one feed, and one of them may go
    > Plan: two service nodes on one feed: a client on either gets each tick once. When one of them is
    > told to end its clients have had every tick until then, and those of the other do not notice.

    Given the ticker service is running on two nodes with one feed
    And Alice and Bob are connected and subscribed to NIFTY
    And Carol and Dave are connected to the second node and subscribed to NIFTY
    When 100 ticks of NIFTY are published, and the second node immediately receives SIGTERM
    Then Carol and Dave are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds of SIGTERM
    And Carol and Dave have received every tick that was published before
    And a further option tick for NIFTY reaches Alice and Bob within 1 second

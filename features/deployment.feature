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

    Given the market is open, with ticks every 20 ms
    And 99 clients are connected and subscribed to NIFTY
    And Zoe is connected and subscribed to BANKNIFTY, but no longer reads
    When 100 ticks of NIFTY are published, and at once the service is told to end
    Then the 99 clients are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds
    And the 99 clients have received every tick that was published before
    And nobody is let in any more, and the service's process ends with exit code 0 within 10 seconds

@integration @needs.browser
Feature: Browser
  Most clients are pages in a browser. A browser adds an Origin, offers compression, lets the page
  set no headers, and answers pings by itself, whatever the page does.

  @QA-WS-116 @p1 @normal @needs.configure @needs.inject
  Scenario: QA-WS-116 A page in a real browser receives every tick
    > Beyond the plan: a real browser as client. A page connects with its token in the query,
    > subscribes, receives every tick once and in order, and stays connected past the service's
    > keepalive.

    Given the ticker service is running with a keepalive of 2 seconds
    And Bob is connected and subscribed to NIFTY
    When a browser page connects and subscribes to NIFTY
    And 100 option ticks for NIFTY are published
    Then the page has received every tick exactly once, in order
    And the page stays connected for at least 5 seconds
    When an option tick for NIFTY is published
    Then Bob receives that tick exactly once, within 1 second

@integration @needs.browser
Feature: Browser
  Most clients are pages in a browser. It adds an Origin, offers compression, sends no header of its
  own and answers pings by itself, whatever the page does.

  @QA-WS-116 @p1 @normal @needs.configure @needs.inject
  Scenario: QA-WS-116 A page in a real browser receives the ticks
    > Plan: a real browser as client. A page connects with its token in the query, subscribes, and
    > receives every tick once and in order; it outlives the service's keepalive.

    Given the ticker service is running with a keepalive of 2 seconds
    And Bob is connected and subscribed to NIFTY
    When a page in a browser connects and subscribes to NIFTY
    And 100 option ticks each of NIFTY are published in turn
    Then the page has received every tick once and in order
    And the page is connected for at least 5 seconds
    And a further option tick for NIFTY reaches Bob within 1 second

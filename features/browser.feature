@integration @needs.browser
Feature: Browser
  Most clients are pages in a browser. A browser adds an Origin, offers compression, lets the page
  set no headers, and answers pings by itself, whatever the page does.

  @QA-WS-116 @p1 @normal @needs.inject
  Scenario: QA-WS-116 A page in a real browser receives every tick
    > Beyond the plan: a real browser as client. A page connects, shows its token in the query, a
    > cookie, a subprotocol or its first message, subscribes, and receives every tick once and in order.

    Given the ticker service is running
    And Bob is connected and subscribed to NIFTY
    When a browser page connects and subscribes to NIFTY
    And 100 option ticks for NIFTY are published
    Then the page has received every tick exactly once, in order
    When an option tick for NIFTY is published
    Then Bob receives that tick exactly once, within 1 second

  @QA-WS-116 @p1 @normal @needs.configure @needs.inject
  Scenario Outline: QA-WS-116 A page in a real browser stays connected past the keepalive
    > Beyond the plan: a real browser as client. A page answers the service's pings, and stays
    > connected past its keepalive.

    Given the ticker service is running with a keepalive of <keepalive>
    When a browser page connects and subscribes to NIFTY
    Then the page stays connected for at least <length>
    When an option tick for NIFTY is published
    Then the page has received every tick exactly once, in order

    Examples:
      | keepalive | length    |
      | 2 seconds | 5 seconds |

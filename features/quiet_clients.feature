@integration @whole-run
Feature: Quiet clients
  A screen that waits for a rare tick says nothing and hears nothing for hours. Nobody may take it
  for gone: not the service, and not a proxy on the way, which cuts what was silent for a minute.

  @QA-WS-124 @p0 @critical
  Scenario: QA-WS-124 Quiet clients stay connected
    > Beyond the plan: quiet clients live. A service of its own runs with the target's settings as
    > they are. A silent client and a subscribed one stay connected to it for the whole run, or
    > until 10 s before the target's idle timeout. Neither is closed.

    Given a silent and a subscribed client have been connected since the run began
    When they have been connected for at least 70 seconds
    Then neither of them has been closed

  @QA-WS-124 @p0 @normal @needs.pings-within-60-s
  Scenario Outline: QA-WS-124 A quiet client hears from the service
    > Beyond the plan: quiet clients live. The service is never silent for more than 60 s, its pings
    > included: an agreement, because that is the usual default of proxies.

    Given a silent and a subscribed client have been connected since the run began
    When they have been connected for at least 70 seconds
    Then the service has never been silent to the <client> client for longer than 60 seconds

    Examples:
      | client     |
      | silent     |
      | subscribed |

@integration @needs.inject @needs.launch @needs.outage
Feature: Startup
  In a data centre that comes up again everything starts at once, in any order. A service does not
  depend on its broker being there first.

  @QA-WS-122 @p1 @critical
  Scenario: QA-WS-122 The service starts before its broker
    > Beyond the plan: the service starts before its broker. It keeps running and lets nobody hang:
    > clients are welcomed and told "degraded", or refused. When the broker comes, the service is ready
    > without another start, and clients receive ticks within 5 s.

    Given the broker is down
    When the ticker service starts, and Alice tries to connect and subscribe to NIFTY while the broker stays away for 3 seconds
    Then Alice has been welcomed and told "degraded", or refused, and the service is running
    When the broker comes up, with NIFTY ticking every 50 ms, and Alice and Bob are connected as soon as the service is ready
    Then the service is ready without another start
    And Alice and Bob receive ticks within 5 seconds of the broker's return, or of subscribing later

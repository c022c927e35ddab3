Feature: Load

  @QA-WS-013 @p0 @load
  Scenario: QA-WS-013 Broadcast latency
    Given "broadcast latency p50" is "3.2 ms" where "below 50 ms" is allowed
    And "broadcast latency p99" is "11.8 ms" where "below 100 ms" is allowed
    And "deliveries" is "50,000 of 50,000" where "all" is allowed
    And "worst client" is "14.2 ms" where "shown" is allowed

@load @needs.swarm @needs.inject
Feature: Performance under load
  Many clients, many ticks, and every delivery checked: nothing lost, duplicated, out of order or
  late. Latency is measured from the moment at which a tick was due, for every pair of tick and
  client.

  @QA-WS-013 @p0 @critical
  Scenario: QA-WS-013 A tick reaches fifty clients quickly
    > Plan: given 50 clients, when 1000 ticks are published at a steady rate, then over all 50,000
    > deliveries p50 < 50 ms and p99 < 100 ms, and no delivery is missing.

    Given the ticker service is running
    And a swarm of 50 clients will subscribe to NIFTY
    When 1,000 ticks for NIFTY are published at 250 per second
    Then the swarm has received every tick exactly once, in order
    And p50 delivery latency is below 50 ms
    And p99 delivery latency is below 100 ms

  @QA-WS-014 @p0 @critical
  Scenario: QA-WS-014 Ten thousand ticks in a second reach a hundred clients
    > Plan: given 100 clients, when 10,000 ticks are published in 1 second, then every client
    > receives all 10,000 in order, no gap, no duplicate, and the backlog is drained within 2 s of
    > the last publish. A fence after the last tick marks the end.

    Given the ticker service is running
    And a swarm of 100 clients will subscribe to NIFTY
    When 10,000 ticks for NIFTY are published at 10,000 per second
    Then the swarm has received every tick exactly once, in order
    And the backlog was drained within 2 seconds of the last publish
    And the ticks were offered at 10,000 per second

  @QA-WS-019 @p0 @critical @needs.observe @needs.statistics
  Scenario: QA-WS-019 Slow consumers do not slow the others
    > Specification: given 50 healthy clients, one that stops reading and one that reads slowly, at
    > 2,000 ticks/s, then the healthy ones stay gapless with p99 < 100 ms, the service's memory
    > growth per slow client stays bounded (8 MB), and the slow ones are evicted within 20 s with
    > 1008 "slow consumer", never by silently dropping ticks.

    Given a fresh ticker service is running
    And a swarm of 50 clients will subscribe to NIFTY, plus one that stops reading and one that reads slowly
    When 40,000 ticks for NIFTY are published at 2,000 per second, stopping early once the slow clients are evicted
    Then the slow clients were evicted within 20 seconds with code 1008 and a reason containing "slow consumer"
    And the swarm has received every tick exactly once, in order
    And the service's peak memory growth per slow client is below 8 MB
    And p99 delivery latency is below 100 ms

  @QA-WS-104 @p1 @normal
  Scenario: QA-WS-104 The saturation point is found
    > Beyond the plan: raise the rate until p99 passes 100 ms or a gap shows, and report the
    > saturation point. It must not lie below the 10,000 ticks per second that the throughput target
    > demands.

    Given the ticker service is running
    And a swarm of 100 clients will subscribe to NIFTY
    When the rate of ticks for NIFTY is raised from 2,000 to 60,000 per second, holding each rate for 1 second, until p99 exceeds 100 ms or a delivery is wrong
    Then the service keeps up at 10,000 ticks per second

  @QA-WS-112 @p1 @normal
  Scenario: QA-WS-112 A ten-fold, one-second burst is absorbed
    > Beyond the plan: a ten-fold one-second burst. Nothing is lost, and p99 keeps its bound, burst
    > included.

    Given the ticker service is running
    And a swarm of 50 clients will subscribe to NIFTY
    When 3,000 ticks for NIFTY are published at 200 per second, bursting to 10 times the rate for 1 second
    Then the swarm has received every tick exactly once, in order
    And p99 delivery latency is below 100 ms

@integration @needs.inject
Feature: Compression
  Browsers offer compression with every connection (RFC 7692). A service that agrees sends the same
  ticks, keeps no more for such a client than for any other, and holds its limits to what is
  inflated. A service that does not agree is not verified.

  Background:
    Given the ticker service is running

  @QA-WS-118 @p1 @normal
  Scenario: QA-WS-118 Compressed or not, clients receive the same ticks
    > Beyond the plan: compression as browsers offer it brings the same ticks, many in a row, so
    > that what is carried over from one message to the next shows.

    Given Alice and Bob are connected and subscribed to NIFTY, offering compression
    And Carol is connected and subscribed to BANKNIFTY, offering compression
    And Dave is connected and subscribed to NIFTY
    When 200 option ticks for each of NIFTY and BANKNIFTY are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Carol has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And Dave has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And a ping message from Alice is answered within 2 seconds

  @QA-WS-118 @p1 @normal @needs.swarm
  Scenario Outline: QA-WS-118 A second of many ticks reaches many clients with compression
    > Beyond the plan: what QA-WS-014 demands holds for clients that offer compression, as every
    > browser does; a service that deflates for each client anew does not keep up.

    Given a swarm of <clients> clients, offering compression, will subscribe to NIFTY
    When <ticks> ticks for NIFTY are published at 10,000 per second
    Then the swarm has received every tick exactly once, in order
    And the backlog was drained within 2 seconds of the last publish
    And the ticks were offered at 10,000 per second

    Examples:
      | clients | ticks  |
      | 100     | 10,000 |

  @QA-WS-118 @p1 @normal @needs.observe @needs.statistics @needs.swarm
  Scenario Outline: QA-WS-118 Slow consumers with compression do not slow the others
    > Beyond the plan: what QA-WS-019 demands holds for clients that offer compression, but for their
    > latency. What waits for a slow one is small on the wire, and is not to wait without a limit.

    Given a fresh ticker service is running
    And a swarm of <clients> clients, offering compression, will subscribe to NIFTY, plus one that stops reading and one that reads slowly
    When 100,000 ticks for NIFTY are published at <rate> per second, stopping early once the slow clients are evicted
    Then the slow clients were evicted within 20 seconds with code 1008 and a reason containing "slow consumer"
    And the swarm has received every tick exactly once, in order
    And the service's peak memory growth per slow client is below 8 MB

    Examples:
      | clients | rate  |
      | 20      | 5,000 |

  @QA-WS-118 @p1 @normal @needs.observe
  Scenario Outline: QA-WS-118 The size limit holds for what is inflated
    > Beyond the plan: a message that is small on the wire and over the limit when it is inflated is
    > too large (1009), and costs the service no more memory than any other.

    Given Alice is connected and subscribed to NIFTY, offering compression
    And Mallory is connected and subscribed to BANKNIFTY, offering compression
    And the service's sockets and memory are recorded
    When Mallory sends a compressed message that is over <size> KiB when inflated, in <frames> frames
    Then Mallory is closed by the service with code 1009
    And the service's memory growth is below 8 MB
    When an option tick for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples:
      | size  | frames |
      | 64    | 1      |
      | 64    | 3      |
      | 16384 | 1      |

  @QA-WS-118 @p1 @normal @needs.observe @needs.statistics
  Scenario Outline: QA-WS-118 Clients with compression leave nothing behind
    > Beyond the plan: what is kept to inflate and to deflate goes with its client.

    Given Alice, Bob and Carol are connected and subscribed to NIFTY, offering compression
    And the service's sockets, sessions, subscriptions and memory are recorded
    When 100 clients connect, offering compression, subscribe to NIFTY, ping, and disconnect with <ending>
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 2 seconds
    And the service's memory growth is below 10 MB

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

@integration
Feature: Connection lifecycle
  A client with a valid token is welcomed and served; one without is told why it is not. When a
  client leaves, nothing of it stays behind.

  Background:
    Given the ticker service is running

  @QA-WS-001 @p0 @blocker
  Scenario: QA-WS-001 A connection is established
    > Plan: given the service is running, when an authorised client connects, then the connection
    > is open, and a WebSocket ping is answered within 5 s.

    When Alice connects with a valid token
    Then Alice is connected
    And a WebSocket ping from Alice is answered within 5 seconds

  @QA-WS-002 @p0 @blocker
  Scenario Outline: QA-WS-002 A connection without a token is refused
    > Plan: given no token, when a client connects, then it is refused with HTTP 401, or closed with
    > 1008 and a reason that contains "Authentication required".
    > A bare 403 or a lost connection does not tell the client why, and fails.

    Given the market is <market>
    When Alice connects without a token
    Then Alice is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Alice has received no welcome
    And Alice has received no tick

    Examples:
      | market |
      | closed |

    @needs.inject
    Examples: with ticks to be had
      | market                       |
      | open, with ticks every 20 ms |

  @QA-WS-003 @p0 @blocker
  Scenario Outline: QA-WS-003 A connection with a valid token is welcomed
    > Plan: given a valid JWT, when the client connects with it, then it is welcomed within 2 s with
    > type connection, status connected, and a session_id.

    When Alice connects with a valid token in the <carrier>
    Then Alice is welcomed within 2 seconds with
      | field      | value      |
      | type       | connection |
      | status     | connected  |
      | session_id | any text   |

    Examples:
      | carrier              |
      | query parameter      |
      | Authorization header |

  @QA-WS-004 @p0 @critical @needs.observe @needs.statistics
  Scenario Outline: QA-WS-004 A disconnect leaves nothing behind
    > Plan: given active connections, when ten clients connect, ping, and close, then the service's
    > sockets, sessions and subscriptions return exactly to where they were, and its memory grew by
    > less than 10 MB. Measured on the service's process and in its own statistics. Clients that
    > are cut off must leave no more behind than those that say goodbye.

    Given the ticker service is started afresh
    And Alice, Bob and Carol are connected and subscribed to NIFTY
    And the service's sockets, sessions, subscriptions and memory are recorded
    When 10 clients connect, subscribe to NIFTY, ping, and leave by <ending>
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 2 seconds
    And the service's memory has grown by less than 10 MB

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

  @QA-WS-005 @p0 @critical @needs.inject
  Scenario Outline: QA-WS-005 A client that reconnects begins anew
    > Plan: given a client that was connected and subscribed, when its connection drops and it
    > reconnects, then a new connection is established with a different session_id, it gets no tick
    > before subscribing again, and ticks after. Bob shows that there was a tick to be had.

    Given Alice and Bob are connected and subscribed to NIFTY
    When Alice reconnects after <ending>
    And an option tick for NIFTY is published and reaches Bob
    And Alice subscribes to BANKNIFTY and NIFTY
    And 5 option ticks each of BANKNIFTY, NIFTY and NIFTYNXT50 are published in turn
    Then Alice has a new session
    And Alice has received every tick of BANKNIFTY and NIFTY published since subscribing, and nothing else

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

  @QA-WS-115 @p1 @normal @needs.inject
  Scenario Outline: QA-WS-115 A reconnect gap is visible by sequence
    > Beyond the plan: a client that drops and comes back while ticks flow can tell from the sequence
    > numbers exactly which ticks it missed: those of its absence, and no other. Nothing is numbered
    > anew for it, and nothing is sent again.

    Given Alice and Bob are connected and subscribed to NIFTY
    And the market is open, with ticks every 6 ms
    When an option tick for NIFTY is published and reaches Alice
    And Alice reconnects after <ending>
    And 20 option ticks each of NIFTY are published in turn
    And Alice subscribes to NIFTY
    Then Alice's NIFTY sequence numbers have exactly one gap: the 20 or more ticks published while she was away

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

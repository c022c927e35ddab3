@integration
Feature: Connection lifecycle
  A client with a valid token is welcomed and served; one without is rejected with a reason. When a
  client leaves, it leaves nothing behind.

  Background:
    Given the ticker service is running

  @QA-WS-001 @p0 @blocker
  Scenario: QA-WS-001 A connection is established
    > Plan: given the service is running, when an authorised client connects, then the connection
    > is open, and a WebSocket ping is answered within 5 s. Two clients ping at the same moment, and
    > each gets the answer to its own. Bob's handshakes are written as other browsers, libraries and
    > proxies do, and come in pieces; his library sends a pong now and then (RFC 6455, sections 4.2.1,
    > 9.1 and 5.5.3; RFC 9110, section 5.1; RFC 3986, section 6.2.2.2).

    Given Bob is connected by handshakes that are written and delivered otherwise, one for each place of a token
    When Alice connects with a valid token
    And Bob sends a WebSocket pong that nobody has asked for
    Then Alice is connected
    And a WebSocket ping from Alice and Bob is answered within 5 seconds

  @QA-WS-002 @p0 @blocker
  Scenario Outline: QA-WS-002 A connection without a token is refused
    > Plan: given no token, when a client connects, then it is refused with HTTP 401, or closed with
    > 1008 and a reason that contains "Authentication required".
    > A bare 403 or a lost connection does not tell the client why, and fails. A name and a password
    > that nobody has are no token either, nor is that of somebody else who comes at the same moment. A
    > slash too many in the address opens nothing.

    Given the market is <market>
    When Alice connects without a token, at the same moment as 5 clients with valid ones
    And Bob connects with HTTP Basic credentials instead of a token
    And Carol connects without a token, by addresses that are nearly the endpoint's
    Then Alice and Bob are refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Alice and Bob have received no welcome
    And Alice and Bob have received no tick
    And Carol has been let in by none of these addresses

    Examples:
      | market |
      | closed |

    @needs.inject
    Examples: while ticks flow
      | market                       |
      | open, with ticks every 20 ms |

  @QA-WS-003 @p0 @blocker
  Scenario Outline: QA-WS-003 A connection with a valid token is welcomed
    > Plan: given a valid JWT, when the client connects with it, then it is welcomed within 2 s with
    > type connection, status connected, and a session_id.

    When Alice connects with a valid token in the <location>
    Then Alice is welcomed within 2 seconds with these fields
      | field      | value      |
      | type       | connection |
      | status     | connected  |
      | session_id | any text   |

    Examples:
      | location             |
      | query parameter      |
      | Authorization header |

  @QA-WS-003 @p0 @critical @needs.mint
  Scenario Outline: QA-WS-003 A long valid token is as good as a short one
    > Plan: given a valid JWT, when the client connects with it, then it is welcomed. Users with many
    > groups have long ones, and a service should have room for them (RFC 9110, section 4.1: 8,000
    > bytes of address). The times in Bob's have fractions of a second (RFC 7519, section 2), as those
    > of an issuer that does not round them.

    When Alice connects with a valid token of 4 KiB in the <place>
    And Bob connects with a valid token whose times have fractions of a second, in the <place>
    Then Alice is welcomed within 2 seconds
    And Bob is welcomed within 2 seconds

    Examples: a long token
      | place                |
      | query parameter      |
      | Authorization header |

  @QA-WS-004 @p0 @critical @needs.observe @needs.statistics
  Scenario Outline: QA-WS-004 A disconnect leaves nothing behind
    > Plan: given active connections, when ten clients connect, ping, and close, then the service's
    > sockets, sessions and subscriptions return exactly to where they were, and its memory grew by
    > less than 10 MB. Measured on the service's process and in its own statistics. A client
    > whose connection is reset must leave no more behind than one that closes it cleanly, and one
    > that has subscribed twice, naming it twice the second time, or given something up, no more than
    > any other; nor may one that leaves before it has an answer. A clean close is
    > answered (RFC 6455, section 5.5.1), also one that gives no code.

    Given a fresh ticker service is running
    And Alice, Bob and Carol are connected and subscribed to NIFTY
    And the service's sockets, sessions, subscriptions and memory are recorded
    When 10 clients connect, subscribe to NIFTY twice and for a moment to BANKNIFTY, ping, ask for that again, and disconnect at once with <ending>
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 2 seconds
    And the service's memory growth is below 10 MB

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

  @QA-WS-004 @p0 @critical @needs.inject @needs.observe @needs.statistics
  Scenario Outline: QA-WS-004 Clients that leave amid ticks leave nothing behind
    > Plan: given active connections, when ten clients close while ticks are delivered, then the
    > service's sockets, sessions and subscriptions return exactly to where they were, and those that
    > stay lose no tick and get none twice.

    Given Alice, Bob and Carol are connected and subscribed to BANKNIFTY
    And the service's sockets, sessions and subscriptions are recorded
    And the 9 clients are connected and subscribed to NIFTY, each between two that will leave
    When those that will leave do so <manner>, one by one, amid 20 option ticks for NIFTY each
    Then the 9 clients have received every tick exactly once, in order, each within 1 second
    When the 9 clients disconnect with a clean close
    Then the service's sockets, sessions and subscriptions return to the recorded baseline within 2 seconds

    Examples:
      | manner   |
      | politely |
      | abruptly |

  @QA-WS-005 @p0 @critical @needs.inject
  Scenario Outline: QA-WS-005 A client that reconnects starts a new session
    > Plan: given a client that was connected and subscribed, when its connection drops and it
    > reconnects, then a new connection is established with a different session_id, it gets no tick
    > before subscribing again, and ticks after. Bob shows that there was a tick to receive; nobody
    > but Alice has BANKNIFTY, which must tick for her again.

    Given Alice is connected and subscribed to BANKNIFTY and NIFTY
    And Bob is connected and subscribed to NIFTY
    When Alice reconnects after <ending>
    And an option tick for NIFTY is published and reaches Bob
    And Alice subscribes to BANKNIFTY and NIFTY
    And 5 option ticks for each of BANKNIFTY, NIFTY and NIFTYNXT50 are published in turn
    Then Alice has a new session
    And Alice has received every tick for BANKNIFTY and NIFTY published while subscribed, and no tick without a subscription

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

  @QA-WS-005 @p0 @critical @needs.inject
  Scenario Outline: QA-WS-005 Clients that leave amid ticks take none from those that stay
    > Plan: given clients that are connected and subscribed, when the connections of some drop while
    > ticks are delivered, then those that stay lose no tick and get none twice, whether they came
    > before the one that left or after it.

    Given the 12 clients are connected and subscribed to NIFTY, each between two that will leave
    When those that will leave do so <manner>, one by one, amid 20 option ticks for NIFTY each
    And an option tick for NIFTY is published
    Then the 12 clients receive that tick exactly once, within 1 second
    And the 12 clients have received every tick exactly once, in order, each within 1 second

    Examples:
      | manner   |
      | politely |
      | abruptly |

  @QA-WS-115 @p1 @normal @needs.inject
  Scenario Outline: QA-WS-115 A reconnect gap shows in the sequence numbers
    > Beyond the plan: a client that reconnects while ticks flow can tell from the sequence numbers
    > exactly which ticks it missed. Nothing is renumbered for it, and nothing is sent again.

    Given Alice and Bob are connected and subscribed to NIFTY
    And the market is open, with ticks every 6 ms
    When an option tick for NIFTY is published and reaches Alice
    And Alice reconnects after <ending>
    And 20 option ticks for NIFTY are published
    And Alice subscribes to NIFTY
    And 20 option ticks for NIFTY are published
    And the market closes
    Then Alice's NIFTY sequence numbers have exactly one gap: the 20 or more ticks published between disconnecting and resubscribing

    Examples:
      | ending          |
      | a clean close   |
      | an abrupt reset |

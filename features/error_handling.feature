@integration
Feature: Error handling
  A client that makes a mistake gets an error and keeps its connection; one that has gone quiet, or
  arrives when the service is full, is closed with a reason.

  @QA-WS-010 @p0 @critical @needs.inject @by-clause
  Scenario Outline: QA-WS-010 A malformed message is answered, not punished
    > Plan: given a connected client, when it sends a malformed message, once and several times on
    > the same connection, then it gets an error each time, whose message contains "Invalid message
    > format", only it gets it, the connection stays open, its earlier subscription still works, and
    > ping still gets pong.

    Given the ticker service is running
    And Alice and Bob are connected and subscribed to NIFTY
    When Alice sends a malformed message 3 times: <message>
    Then Alice receives an error each time, within 2 seconds
    And each error to Alice contains "Invalid message format"
    When an option tick for NIFTY is published
    Then Alice and Bob receive that tick exactly once, within 1 second
    And a ping message from Alice is answered within 2 seconds
    And Bob has received no error

    Examples:
      | message                           |
      | broken JSON                       |
      | an empty message                  |
      | a JSON array                      |
      | a JSON number                     |
      | null                              |
      | an unknown action                 |
      | no action                         |
      | instruments that are not integers |
      | a NaN                             |
      | a symbol that is not text         |

  @QA-WS-010 @p0 @critical @needs.inject
  Scenario Outline: QA-WS-010 A client whose first message is malformed is served all the same
    > Plan: given a connected client, when it sends a malformed message, then it gets an error whose
    > message contains "Invalid message format", and the connection stays open; so also where it has
    > said nothing before. It can subscribe then like any other.

    Given the ticker service is running
    And Alice is connected
    When Alice sends a malformed message 2 times: <first message>
    Then Alice receives an error each time, containing "Invalid message format", within 2 seconds
    When Alice subscribes to NIFTY
    And an option tick for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples: the first message of all
      | first message     |
      | broken JSON       |
      | an unknown action |

  @QA-WS-010 @p0 @critical @needs.inject
  Scenario Outline: QA-WS-010 A mistake takes nothing from what a client has subscribed to
    > Plan: given a connected client, when it sends a malformed message, then its earlier subscription
    > still works; so also where it has subscribed in all three ways, by symbol, by instrument and to an
    > underlying.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    And Alice has subscribed to instrument 270857, and to the BANKNIFTY underlying, too
    When Alice sends a malformed message 2 times: <mistake>
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice receives an error each time, containing "Invalid message format", within 2 seconds
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription

    Examples:
      | mistake                   |
      | broken JSON               |
      | a symbol that is not text |

  @QA-WS-129 @p1 @normal @needs.inject
  Scenario Outline: QA-WS-129 A client that says much is served like any other
    > Beyond the plan: what QA-WS-024 does not turn away is read: a message of 60,000 bytes, and
    > another one. What a client has said in its whole life is not held against it. A frame states
    > its length in another form from 126 bytes on (RFC 6455, section 5.2), so that messages of just
    > that length, and of one byte less or more, are read too.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    When Alice sends 5 ping messages of <size> bytes, one after the other
    Then each of these ping messages from Alice is answered within 2 seconds
    When an option tick for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples: where a frame's length takes another form
      | size |
      | 125  |
      | 126  |
      | 127  |

    @needs.long-messages
    Examples: long messages
      | size   |
      | 60,000 |

  @QA-WS-129 @p1 @normal @needs.inject
  Scenario Outline: QA-WS-129 A command may be written in any way that JSON allows
    > Beyond the plan: blanks, the order of members, and escapes mean nothing in JSON (RFC 8259,
    > sections 2, 4 and 7), and libraries differ in them. What a command says counts, and not how it
    > is written.

    Given the ticker service is running
    And Alice is connected, and subscribed to NIFTY by a message with <form>
    When 5 option ticks for each of NIFTY and BANKNIFTY are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription

    Examples:
      | form                         |
      | its members in reverse order |
      | blanks and line breaks in it |
      | all texts escaped            |

  @QA-WS-129 @p1 @normal @needs.inject @needs.long-messages
  Scenario Outline: QA-WS-129 A tick of any length reaches its subscriber
    > Beyond the plan: members that a service does not know are relayed untouched, so that a tick may
    > be as long as all levels of an order book make it. From 65,536 bytes on a frame states its
    > length in another form (RFC 6455, section 5.2): where ticks are relayed as they were published,
    > there are frames of just that length, and of one byte less.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    When an option tick of <size> bytes for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples:
      | size    |
      | 65,535  |
      | 65,536  |
      | 100,000 |

  @QA-WS-129 @p1 @normal @needs.inject @needs.long-messages
  Scenario Outline: QA-WS-129 A client that says a little for long is served like any other
    > Beyond the plan: what a client has used up of its allowance comes back with time. Two messages
    > a second are no flood, however long that goes on.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    When Alice sends <times> ping messages of 60,000 bytes, one every <pace>
    Then each of these ping messages from Alice is answered within 2 seconds
    When an option tick for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples:
      | times | pace   |
      | 12    | 500 ms |

  @QA-WS-011 @p0 @critical @needs.configure @needs.inject @needs.silent-pongs
  Scenario: QA-WS-011 An idle connection is closed, a busy one is not
    > Plan: given an idle timeout of N seconds, then a client that neither sends nor receives for N s
    > is closed with 1000 or 1001 and a reason with "idle" or "timeout", between N and N+2 s; a
    > client that pings is not, nor by the timer of a session that it had before; a subscribed client that only receives ticks is not. The time runs
    > from what a client did last: from its ping, where it pinged once. What Eve has subscribed to
    > does not tick, and what does she has given up, so that she receives nothing. Frank makes nothing
    > but mistakes; he is not idle, and neither is Gina, who receives nothing but bars, nor Hana, who
    > does nothing but change her mind. Carol has been there before: what that has left to tidy up takes
    > nothing from her. What she says keeps no other session of hers alive: Ivo's.

    Given the ticker service is running with an idle timeout of 2 seconds
    And Bob has connected, left, and come back, and pings every 1 second, and Frank sends broken JSON every 500 ms
    And Carol has left and come back, and is subscribed to NIFTY each time, and Gina to the NIFTYNXT50 underlying, each of which ticks every 1 second
    And Dora is connected, pings once after 900 ms, and is silent from then on
    And Eve is connected and subscribed to BANKNIFTY, and has given up NIFTY
    And Hana subscribes to BANKNIFTY and unsubscribes from it every 500 ms, and Ivo, the same user, is silent
    When Alice connects with a valid token, and stays silent until closed, for up to 5 seconds
    Then Alice, Eve and Ivo are closed by the service with code 1000 or 1001 and a reason containing "idle" or "timeout", between 2 and 4 seconds after connecting, and TCP within 2 seconds of that
    And Bob, Carol, Frank and Hana stay connected for at least 5 seconds
    And Dora is closed by the service with code 1000 or 1001 and a reason containing "idle" or "timeout", between 2 and 4 seconds after pinging

  @QA-WS-012 @p0 @critical @needs.configure @needs.inject
  Scenario Outline: QA-WS-012 One client over the limit is turned away
    > Plan: given a limit of 10 (and the default 1000), when one more client connects, then it is
    > closed with 1008 and a reason with "max connections", the others are unharmed, and when one
    > leaves while ticks are delivered, politely, by a reset, or because the service closes it for an
    > error, those that stay lose no tick, and the next client is admitted: one, and not two.

    Given the ticker service is running with <limit>
    And <clients> clients are connected and subscribed to NIFTY
    When Zoe connects with a valid token
    And an option tick for NIFTY is published
    Then Zoe is closed by the service with code 1008 and a reason containing "max connections", and TCP within 2 seconds of that
    And Zoe has received no welcome
    When client 5 leaves amid 8 option ticks for NIFTY by <ending>, Zoe keeps trying to connect, and Yuri comes after that
    Then all <clients> clients but client 5 have received every tick exactly once, in order, each within 2 seconds
    And Zoe is welcomed within 2 seconds
    And Yuri is closed by the service with code 1008 and a reason containing "max connections"

    Examples:
      | limit                                | clients | ending                           |
      | a connection limit of 10             | 10      | a clean close                    |
      | a connection limit of 10             | 10      | an abrupt reset                  |
      | a connection limit of 10             | 10      | a close for an oversized message |

    @scale
    Examples: at full size
      | limit                                | clients | ending          |
      | its default connection limit of 1000 | 1000    | a clean close   |

  @QA-WS-012 @p0 @critical @needs.configure
  Scenario: QA-WS-012 Clients that were refused take no place and give none back
    > Plan: given a limit of 10, when one more client connects, then it is closed with 1008 and a
    > reason with "max connections". Who was refused for want of a token was none of the ten: there
    > are as many places behind it as before.

    Given the ticker service is running with a connection limit of 10
    And 9 clients are connected
    When Mallory connects without a token
    And Bob connects with HTTP Basic credentials instead of a token
    And client 1 leaves by an end of TCP without a close frame, Yuri keeps trying to connect, and Zoe comes after that
    Then Yuri and Zoe are connected
    When Xena connects with a valid token
    Then Xena is closed by the service with code 1008 and a reason containing "max connections"

  @QA-WS-132 @p1 @normal @needs.configure @needs.mint @needs.inject
  Scenario: QA-WS-132 The place of a client whose token has expired is free again
    > Beyond the plan: given a limit of 3, when a session has ended with its token, the next client is
    > admitted: one, and not two. Connections count, and not users: Ines is the same user as Ida.

    Given the ticker service is running with a connection limit of 3
    And Nora is connected and subscribed to NIFTY
    And Ida is connected with a token that expires in 2 seconds, and Ines as the same user as Ida with one of an hour
    When Xena connects with a valid token
    Then Xena is closed by the service with code 1008 and a reason containing "max connections"
    And Ida is closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before
    When Zoe keeps trying to connect in the place of Ida, and Yuri comes after that
    Then Zoe is welcomed within 2 seconds
    And Yuri is closed by the service with code 1008 and a reason containing "max connections"
    And Nora and Ines are connected

  @QA-WS-132 @p1 @normal @needs.configure @needs.inject @needs.silent-pongs
  Scenario Outline: QA-WS-132 The place of a client that was idle is free again
    > Beyond the plan: given a limit of 2, when a client has been closed because it was idle, the next
    > one is admitted: one, and not two.

    Given the ticker service is running with a connection limit of 2, and an idle timeout of <timeout>
    And Bob is connected and pings every 1 second
    When Alice connects with a valid token
    And Alice stays silent until closed, for up to 5 seconds
    Then Alice is closed by the service with code 1000 or 1001 and a reason containing "idle" or "timeout"
    When Zoe keeps trying to connect in the place of Alice, and Yuri comes after that
    Then Zoe is welcomed within 2 seconds
    And Yuri is closed by the service with code 1008 and a reason containing "max connections"
    And Bob is connected

    Examples:
      | timeout   |
      | 2 seconds |

  @QA-WS-108 @p1 @normal @needs.configure @needs.inject @needs.mint @needs.user-limit
  Scenario Outline: QA-WS-108 One user over the limit of its own is turned away, and nobody else
    > Beyond the plan: given a limit of 2 connections per user, when a user connects once more, then
    > it is refused, or closed with 1008; its other connections and all other users are unharmed,
    > and when one of its connections ends, its next is admitted: one, and not two.

    Given the ticker service is running with a user limit of 2
    And Alice and Anna are connected as one user and subscribed to NIFTY
    And Bob is connected and subscribed to NIFTY
    When Alan connects as that user too
    And an option tick for NIFTY is published
    Then Alan is refused with HTTP 403, 409 or 429, or closed with 1008 and a reason containing "connections"
    And Alice, Anna and Bob receive that tick exactly once, within 2 seconds
    When Alice leaves by <ending>, Alan keeps trying to connect as that user, and Abel comes after that
    Then Alan is welcomed within 2 seconds
    And Abel is refused with HTTP 403, 409 or 429, or closed with 1008 and a reason containing "connections"

    Examples:
      | ending                           |
      | a clean close                    |
      | a close for an oversized message |

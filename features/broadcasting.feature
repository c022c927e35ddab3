@integration @needs.inject
Feature: Real-time broadcasting
  What is published to the feed reaches every client that subscribed to it, unchanged and in time,
  and nobody else. Latency is measured from the publish, never from when a client began to wait.

  Background:
    Given the ticker service is running

  @QA-WS-006 @p0 @blocker
  Scenario: QA-WS-006 An option tick reaches its subscriber
    > Plan: given a client subscribed to instrument 256265, when an option tick for it is published,
    > then the client receives it within 200 ms, type option_tick, with last_price and greeks equal,
    > digit for digit, to what was published. Edge values are among them: zeros, whole numbers, many
    > digits, a volume beyond 2^32, null; members that the service does not know, objects and lists;
    > a tick that says the same as the one before, and one in which only the greeks have changed. Carol
    > has two instruments, and a library that
    > sends messages in fragments (RFC 6455, section 5.4), which the network delivers in pieces; she gives
    > one of the two up again. Dora says all that she wants as soon as she is connected, and Eve wants
    > many instruments at a time, and gives up two at a time.

    Given Alice is connected and subscribed to instrument 256265
    And Carol is connected, and subscribed to instruments 256265 and 256521 by a message in fragments, with pings between them
    And Dora is connected, asks for instrument 256265, gives it up, asks for it again, and asks for instrument 256521 and gives it up, without waiting for a welcome or any answer
    And Eve is connected, and subscribed to instruments 256265 and 256521 as the first and the last of 300
    When 9 option ticks for instrument 256265 are published, with others for NIFTY in between
    And Carol unsubscribes from instrument 256265, and Eve from instruments 256265 and 256521
    And 2 option ticks for instrument 256265 are published, with others for NIFTY in between
    Then Alice receives each of them exactly once, within 200 ms
    And the type, instrument_token, symbol, last_price and greeks that Alice receives match what was published, digit for digit

  @QA-WS-006 @p0 @blocker @needs.large-integers
  Scenario Outline: QA-WS-006 Instruments that differ in their last digit only are told apart
    > Plan: given a client subscribed to an instrument, it receives that instrument's ticks, and no
    > others; so also where the neighbour's number differs in its last digit only. Beyond 2^53 who
    > holds numbers as doubles takes one for the other.

    Given Alice is connected and subscribed to instrument <instrument>
    And Bob is connected and subscribed to instrument <neighbour>
    When 10 option ticks for FINNIFTY are published
    Then Alice has received every tick for instrument <instrument> published while subscribed, and no tick without a subscription
    And Bob has received every tick for instrument <neighbour> published while subscribed, and no tick without a subscription

    Examples:
      | instrument       | neighbour        |
      | 9007199254740993 | 9007199254740992 |

  @QA-WS-007 @p0 @blocker
  Scenario: QA-WS-007 Underlying bars reach their subscriber
    > Plan: given a client subscribed to the NIFTY underlying, when bars are published, then it
    > receives each with open, high, low, close and volume equal to what was published, and no
    > option tick. The bars differ in every field, so that a stale value shows; prices may be below
    > zero, as those of oil once were; but for one that says
    > the same as the one before, and is owed all the same, and one that differs in its volume alone. Alice has had another underlying besides
    > and given it up, which takes nothing from the first.

    Given Alice is connected and subscribed to the NIFTY underlying
    And Alice has subscribed to the BANKNIFTY underlying too, and given it up again
    When these ticks for NIFTY are published in turn
      | tick        | open     | high     | low      | close    | volume |
      | bar         | 24010.5  | 24055.25 | 23990.15 | 24040.75 | 182300 |
      | option tick |          |          |          |          |        |
      | bar         | 24040.8  | 24041.1  | 24002.35 | 24012.05 | 97450  |
      | bar         | 24012    | 24012    | 24012    | 24012    | 0      |
      | bar         | 24012    | 24012    | 24012    | 24012    | 0      |
      | bar         | 24012    | 24012    | 24012    | 24012    | 120    |
      | bar         | 24013    | 24013    | 24013    | 24013    | 310    |
      | bar         | 0.05     | 1e16     | 0.0      | 24013.1  | 6161122183 |
      | bar         | -10.01   | 17.73    | -40.32   | -37.63   | 2480   |
    Then the open, high, low, close and volume that Alice receives match what was published, digit for digit
    And Alice has received no option tick

  @QA-WS-008 @p0 @blocker
  Scenario: QA-WS-008 Clients receive what they subscribed to, and nothing else
    > Plan: given one client subscribed to NIFTY and a control client subscribed to BANKNIFTY, when
    > ticks of both (and of NIFTYNXT50) are published, then each receives all of its own and none of
    > the others'. The control client shows that the forbidden ticks existed. Carol names each of two
    > symbols twice in one message: that is one subscription of each, and one unsubscribe ends both.
    > Alice and Bob subscribe at the same moment, and neither gets what the other has asked for. Dora
    > names many symbols in one message.

    Given Alice and Bob are connected and subscribed at the same moment, one to NIFTY and the other to BANKNIFTY
    And Carol is connected, and subscribed to NIFTY and BANKNIFTY by one message that names each twice
    And Dora is connected, and subscribed to NIFTY and BANKNIFTY as the first and the last of 300
    When 20 option ticks for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    And Carol unsubscribes from NIFTY and BANKNIFTY
    And 5 option ticks for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Bob has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And Carol has received every tick for NIFTY and BANKNIFTY published while subscribed, and no tick without a subscription

  @QA-WS-008 @p0 @blocker
  Scenario Outline: QA-WS-008 Symbols with unusual names are delivered
    > Plan: given one client subscribed to a symbol and a control client subscribed to its neighbour,
    > each receives all of its own and none of the other's; so also where the name has what is often
    > cut off, escaped, or taken for something else: a word behind a blank, the 18th character or the 21st, the
    > exchange in front of a colon, digits of another width, a slash for a hyphen, one blank of two, a
    > word that some language has for no value. Bob's library sends messages in fragments, which end
    > anywhere, also within a letter (RFC 6455, sections 5.4 and 5.6).

    Given Alice is connected and subscribed to <symbol>
    And Bob is connected, and subscribed to <neighbour> by a message in fragments, with pings between them
    When 5 option ticks for each of <symbol> and <neighbour> are published in turn
    Then Alice has received every tick for <symbol> published while subscribed, and no tick without a subscription
    And Bob has received every tick for <neighbour> published while subscribed, and no tick without a subscription

    Examples:
      | what               | symbol                  | neighbour               |
      | a dot              | "BRK.B"                 | BRK                     |
      | an ampersand       | "M&M"                   | "M"                     |
      | a blank            | "NIFTY 24DEC24000 CE"   | "NIFTY 24DEC24000 PE"   |
      | only digits        | "500325"                | "BSE:500325"            |
      | other letters      | "日経225"               | "日経２２５"            |
      | a slash            | "EUR/USD"               | "EUR-USD"               |
      | much length        | MIDCPNIFTY24DEC12850CE  | MIDCPNIFTY24DEC12850PE  |
      | two blanks         | "SPXW  241220C05900000" | "SPXW  241220C05905000" |
      | a word of programs | "TRUE"                  | "NAN"                   |

  @QA-WS-009 @p0 @critical
  Scenario: QA-WS-009 A hundred clients receive the same tick
    > Plan: given 100 connected clients, when one tick is published, then all 100 receive it exactly
    > once.

    Given 100 clients are connected and subscribed to NIFTY
    When an option tick for NIFTY is published
    Then all 100 clients receive that tick exactly once, within 2 seconds

  @QA-WS-103 @p1 @normal
  Scenario: QA-WS-103 Order holds across several publishers
    > Beyond the plan: several publishers work at the same time, one per symbol, with option ticks
    > and bars mixed. However they interleave, each client receives everything it is due, each tick
    > once, and each symbol's ticks in the order in which they were published.

    Given Alice is connected and subscribed to NIFTY and BANKNIFTY
    And Bob is connected and subscribed to NIFTYNXT50
    And Carol is connected and subscribed to the BANKNIFTY underlying
    When 300 ticks for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published concurrently, one publisher per symbol
    Then Alice has received every tick for NIFTY and BANKNIFTY published while subscribed, and no tick without a subscription
    And Bob has received every tick for NIFTYNXT50 published while subscribed, and no tick without a subscription
    And Carol has received every tick for the BANKNIFTY underlying published while subscribed, and no tick without a subscription

  @QA-WS-128 @p1 @normal
  Scenario: QA-WS-128 Crowds with different interests are told apart
    > Beyond the plan: some clients follow two instruments, some a symbol, some nothing yet; half of
    > them ping. Each group gets its own ticks and no others; and when one client leaves one of its
    > instruments, it keeps the other, and the rest keep both.

    Given clients 1 to 20 are connected and subscribed to instruments 256265 and 260105
    And clients 21 to 40 are connected and subscribed to BANKNIFTY
    And clients 41 to 50 are connected
    When clients 1 to 25 ping every 0.2 seconds
    And client 1 unsubscribes from instrument 256265
    And 10 option ticks for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then client 1 has received every tick for instrument 260105 published while subscribed, and no tick without a subscription
    And client 2 has received every tick for instruments 256265 and 260105 published while subscribed, and no tick without a subscription
    And clients 41 to 50 have received no tick

@security @needs.inject
Feature: Isolation
  What belongs to one client reaches no other client, only the feed can publish ticks, and a token
  that was presented to the service never shows up again.

  @QA-WS-025 @p0 @blocker @needs.swarm
  Scenario: QA-WS-025 Session ids cannot be guessed
    > Specification: session ids are unguessable and unique over 10,000; nobody receives another's
    > id, token, error or acknowledgement.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When 10,000 clients connect and disconnect, and their session ids are recorded
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then the session ids are all unique, and have at least 128 bits of entropy
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

  @QA-WS-025 @p0 @blocker @needs.mint
  Scenario Outline: QA-WS-025 Programs of one user do not hear each other
    > Specification: nobody receives another's id, token, error or acknowledgement; so also where
    > both clients are the same user, as the programs of one desk are. What one of them gives up, or
    > that it leaves or is closed for its mistake, takes nothing from the other.

    Given the ticker service is running
    And <programs> are programs of one user and subscribed to NIFTY
    And Bob is connected and subscribed to BANKNIFTY
    When Anna reconnects twice, after a clean close and after a close for an oversized message
    And Anna subscribes to NIFTY and BANKNIFTY
    And Anna unsubscribes from NIFTY
    And Anna and Bob send broken JSON at the same moment, each with a mark of its own
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    Examples:
      | programs       |
      | Alice and Anna |

  @QA-WS-025 @p0 @blocker
  Scenario Outline: QA-WS-025 Patterns and channel names select nothing
    > Specification: `*` and the names of raw feed channels select nothing; nor do other patterns,
    > or a symbol in the wrong case, what every object of a language has for a member, or an empty list,
    > by which nothing is given up either.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When Mallory tries to subscribe to <name>
    And Mallory tries to subscribe to "__proto__" or "constructor"
    And Mallory subscribes to empty lists, and unsubscribes from them
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    Examples:
      | name                |
      | "*"                 |
      | "NIFTY*"            |
      | "?IFTY"             |
      | "[A-Z]*"            |
      | ".*"                |
      | "nifty"             |
      | "ticker:*"          |
      | "ticker:options"    |
      | "ticker:underlying" |

  @QA-WS-025 @p0 @blocker
  Scenario Outline: QA-WS-025 A client cannot publish
    > Specification: a client cannot publish. Whatever it sends, nobody receives it as a tick, and
    > no error to anybody else quotes it.

    Given the ticker service is running
    And Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When Mallory tries to publish: <message>
    And Alice and Mallory send broken JSON at the same moment, each with a mark of its own
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    Examples:
      | message                         |
      | a tick                          |
      | a bar                           |
      | a tick inside a list            |
      | a publish command with a tick   |
      | a broadcast command with a tick |
      | a ping that carries a tick      |
      | a broker command                |

  @QA-WS-025 @p0 @blocker @needs.mint @needs.launch @needs.configure
  Scenario Outline: QA-WS-025 Tokens leave no trace
    > Specification: tokens (accepted, rejected, crashing) appear nowhere in the service's output,
    > the log files that the target names, error bodies or close reasons. Each was seen to cause a
    > line in at least one of these places, and each log was seen to be written.

    Given the ticker service is running and logs at the level <level>
    And Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When valid and forged tokens are presented wherever a client can put one
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply
    And no token appears in logs, responses or close reasons

    Examples: the service logs as much as it can
      | level |
      | DEBUG |

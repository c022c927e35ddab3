@security
Feature: Isolation
  What belongs to one client reaches no other, nobody but the feed makes ticks, and a token that was
  shown to the service is seen nowhere again.

  @QA-WS-025 @p0 @blocker @needs.inject
  Scenario Outline: QA-WS-025 Nothing of one client reaches another
    > Plan: session ids are unguessable and unique over 10,000; nobody receives another's id, token,
    > error or acknowledgement; names that are no symbols select nothing; a client cannot publish;
    > tokens (accepted, rejected, crashing) appear nowhere in the service's output, logs, error
    > bodies or close reasons.

    Given the ticker service is <running>
    And Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When <attempt>
    And an option tick and a bar each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then <outcome>
    And Alice has received every tick of NIFTY published since subscribing, and nothing else
    And nobody has received another client's session id, token or reply

    Examples: session ids
      | running | attempt                                                              | outcome                                                                  |
      | running | 10,000 clients connect and leave, and their session ids are recorded | the session ids are all different, and have at least 128 bits of entropy |

    Examples: names that are no symbols
      | running | attempt                                       | outcome                                                                                    |
      | running | Mallory asks for ticks of "*"                 | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "NIFTY*"            | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "?IFTY"             | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "[A-Z]*"            | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of ".*"                | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "nifty"             | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "ticker:*"          | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "ticker:options"    | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory asks for ticks of "ticker:underlying" | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |

    Examples: what only the feed may do
      | running | attempt                                           | outcome                                                                                    |
      | running | Mallory tries to publish: a tick                  | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a bar                   | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a tick in a list        | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a tick to be published  | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a tick to be broadcast  | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a tick with its ping    | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |
      | running | Mallory tries to publish: a command to the broker | Mallory has received every tick of BANKNIFTY published since subscribing, and nothing else |

    @needs.mint @needs.launch @needs.configure
    Examples: secrets, while the service writes all that it can
      | running                           | attempt                                              | outcome                                              |
      | running with a log level of DEBUG | valid and forged tokens are presented in every place | no token appears in logs, responses or close reasons |

@security @needs.inject
Feature: Entitlements
  A client sees what its token entitles it to and nothing else, by whatever name it asks. What one
  client tries in vain changes nothing for the others.

  Background:
    Given the ticker service is running

  @QA-WS-113 @p1 @critical @needs.entitlements
  Scenario Outline: QA-WS-113 A client receives only what its token entitles it to
    > Beyond the plan: entitlements by claim. A token says what its bearer may see. Whoever subscribes
    > to anything else gets an error and no tick of it, whether by symbol, instrument or underlying;
    > no further subscribing or unsubscribing widens its rights; a neighbour with more rights is
    > unharmed.

    Given Nora is connected and subscribed to NIFTY and BANKNIFTY
    And the market is open, with ticks every 6 ms
    And Alice is connected, entitled to NIFTY only
    When Alice subscribes to <allowed>
    And Alice asks for <forbidden> without being entitled to it, before and after resubscribing to <allowed>
    And the market closes
    Then Alice gets an error each time
    And Alice has received every tick for <allowed> published while subscribed, and no tick without a subscription
    And Nora has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription

    Examples:
      | allowed              | forbidden                |
      | NIFTY                | BANKNIFTY                |
      | instrument 256265    | instrument 260105        |
      | the NIFTY underlying | the BANKNIFTY underlying |

  @QA-WS-119 @p1 @normal @needs.mint
  Scenario Outline: QA-WS-119 A second authentication on an open connection changes nothing
    > Beyond the plan: a second authentication changes nothing for others, another program of the same
    > user among them, nor for the client: it is an unknown action, and gets an error.

    Given Alice is connected and subscribed to NIFTY
    And Mallory and Anna are programs of one user and subscribed to BANKNIFTY
    When Mallory authenticates again on the open connection 3 times, with <token>
    Then Mallory receives an error each time, containing "Invalid message format", within 2 seconds
    When ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And Anna has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    Examples:
      | token               |
      | the same token      |
      | another valid token |
      | a forged token      |

  @QA-WS-119 @p1 @normal
  Scenario Outline: QA-WS-119 A second connection changes nothing for the first
    > Beyond the plan: a second authentication changes nothing for others. A client that connects once
    > more is a session of its own, whatever token it shows; when it leaves, the first stays as it was.

    Given Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When Mallory opens a second connection with <its token>, subscribes there to BANKNIFTY, unsubscribes and leaves
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    @needs.mint
    Examples: tokens that the suite makes
      | its token           |
      | another valid token |
      | a forged token      |

    @needs.token-reuse
    Examples: a token that opens more than one session
      | its token           |
      | the same token      |

  @QA-WS-119 @p1 @normal
  Scenario Outline: QA-WS-119 A half-valid subscription changes nothing for others
    > Beyond the plan: a subscribe that half fails changes nothing for others. It gets an error, and is
    > refused whole, or its valid half is acknowledged and held. What its sender held before stays.

    Given Alice is connected and subscribed to NIFTY
    And Mallory is connected and subscribed to BANKNIFTY
    When Mallory subscribes to what is only half valid: <selection>
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Mallory gets an error, and holds what was acknowledged and nothing else
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

    Examples:
      | selection                    |
      | an instrument and a text     |
      | an instrument and a fraction |
      | a symbol and a number        |

  @QA-WS-119 @p1 @normal @needs.entitlements
  Scenario: QA-WS-119 A half-entitled subscription changes nothing for others
    > Beyond the plan: a subscribe that half fails changes nothing for others, also where it fails
    > because its sender is entitled to one half only.

    Given Alice is connected and subscribed to NIFTY
    And Mallory is connected, entitled to NIFTY and BANKNIFTY only
    When Mallory subscribes to BANKNIFTY
    And Mallory subscribes to what is only half valid: a symbol that it may see and one that it may not
    And ticks of every kind for each of NIFTY, BANKNIFTY and NIFTYNXT50 are published in turn
    Then Mallory gets an error, and holds what was acknowledged and nothing else
    And Alice has received every tick for NIFTY published while subscribed, and no tick without a subscription
    And Mallory has received every tick for BANKNIFTY published while subscribed, and no tick without a subscription
    And nobody has received another client's session id, token or reply

@integration @needs.inject
Feature: Subscriptions
  Clients change their subscriptions while ticks flow. What they drop stops, what they keep
  continues without a gap, and nobody else notices.

  Background:
    Given the ticker service is running

  @QA-WS-016 @p0 @critical
  Scenario Outline: QA-WS-016 Unsubscribe is exact under live flow
    > Specification: given A on two symbols and B on one of them, with ticks flowing, when A
    > unsubscribes, resubscribes, subscribes twice, and unsubscribes what it never had, over and
    > over, then no unsubscribed tick reaches A after the acknowledgement, A's other symbol and all
    > of B stay gapless, each tick arrives once, and ticks published after a subscribe's
    > acknowledgement arrive. Carol gives up all that she has, more often than she has it, and comes
    > back to it; Alice, who has asked for the same twice by then, gets each tick once all the same.

    Given Alice, Bob and Carol are connected and subscribed to <toggled>
    And the market is open, with ticks every 6 ms
    When Alice subscribes to <kept>
    And 10 times over, Alice unsubscribes from <toggled>, subscribes to it twice, and unsubscribes from <never> without ever having subscribed to it
    And Carol unsubscribes from <toggled> 3 times, and subscribes to it again when ticks have passed
    And the market closes
    Then Alice has received every tick for <toggled> published while subscribed, and no tick without a subscription
    And Bob has received every tick for <toggled> published while subscribed, and no tick without a subscription
    And Carol is connected

    Examples: two symbols
      | toggled | kept      | never      |
      | NIFTY   | BANKNIFTY | NIFTYNXT50 |

    Examples: overlapping selectors, which deliver until both are unsubscribed
      | toggled              | kept              | never                |
      | NIFTY                | instrument 256265 | the NIFTY underlying |
      | instrument 256265    | NIFTY             | instrument 256521    |
      | the NIFTY underlying | BANKNIFTY         | NIFTY                |
      | the NIFTY underlying | NIFTY             | instrument 260105    |

  @QA-WS-117 @p1 @normal
  Scenario: QA-WS-117 Random subscription sequences conform to a model
    > Beyond the plan: whatever clients do with their subscriptions, in whatever order, each
    > receives exactly the ticks that it is due. The sequences are random, and reproducible from the
    > seed. One that fails is shrunk to the shortest that still fails, and reported step by step.

    When Alice, Bob and Carol run 60 random sequences of up to 25 commands, generated from seed 117
    Then every sequence conforms to the model

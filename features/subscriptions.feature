@integration @needs.inject
Feature: Subscriptions
  Clients change what they want while ticks flow. What they want no more they get no more; what they
  still want goes on without a gap; and nobody else notices.

  Background:
    Given the ticker service is running

  @QA-WS-016 @p0 @critical
  Scenario Outline: QA-WS-016 Unsubscribe is exact under live flow
    > Plan: given A on two symbols and B on one of them, with ticks flowing, when A unsubscribes,
    > resubscribes, subscribes twice, and unsubscribes what it never had, over and over, then no
    > unsubscribed tick reaches A after the acknowledgement, A's other symbol and all of B stay
    > gapless, each tick arrives once, and ticks published after a subscribe's acknowledgement arrive.

    Given Alice and Bob are connected and subscribed to <taken>
    And the market is open, with ticks every 6 ms
    When Alice subscribes to <kept>
    And 10 times over, Alice unsubscribes from <taken>, subscribes to it twice, and unsubscribes from <foreign>, which it never had
    Then Alice has received every tick of <taken> published since subscribing, and nothing else
    And Bob has received every tick of <taken> published since subscribing, and nothing else

    Examples: two symbols
      | taken | kept      | foreign    |
      | NIFTY | BANKNIFTY | NIFTYNXT50 |

    Examples: what is taken in two ways goes on until both have ended
      | taken                | kept              | foreign              |
      | NIFTY                | instrument 256265 | the NIFTY underlying |
      | instrument 256265    | NIFTY             | instrument 256521    |
      | the NIFTY underlying | BANKNIFTY         | NIFTY                |

  @QA-WS-117 @p1 @normal
  Scenario: QA-WS-117 Random subscription sequences hold against a model
    > Beyond the plan: whatever clients do with their subscriptions, in whatever order, each receives
    > exactly the ticks that it is due. The sequences are drawn at random; the same seed draws the
    > same. Where one goes wrong, the shortest that still does is told step by step.

    When Alice, Bob and Carol play 60 random sequences of up to 25 steps, drawn from seed 117
    Then every sequence conforms to the model

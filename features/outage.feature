@integration @needs.inject
Feature: Broker outage
  The broker keeps nothing for a service that is away, so lost ticks cannot be recovered. But the
  loss must be announced, the feed must recover by itself, and no connection may suffer.

  @QA-WS-017 @p0 @critical @needs.outage @needs.announcements
  Scenario Outline: QA-WS-017 A broker outage is announced and survived
    > Specification: given 20 clients, when the broker cuts the service's feed, or is down for 1 s,
    > or for longer than the client library's own retries last, then no client is closed, ping is
    > answered within 1 s throughout, ticks resume within 5 s of its return with no client action,
    > without duplicates, also for a symbol first subscribed during the outage; loss is announced
    > (degraded, then recovered before the first new tick), never silent, the second time too. What
    > Alice gives up meanwhile does not come back with the broker; what Bob has by instrument and
    > Carol by underlying does.

    Given the ticker service is running
    And the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50 and NIFTY
    And Bob is connected and subscribed to instrument 260105, and Carol to the NIFTY underlying
    And all clients ping continuously
    When <outage>, while Alice subscribes to BANKNIFTY and unsubscribes from NIFTY
    Then all clients receive ticks again within 5 seconds of the broker's return
    And all clients receive status "degraded" within 2 seconds of the loss, and "recovered" before the first new tick
    And all clients are still connected, and every ping was answered within 1 second

    Examples:
      | outage                                   |
      | the broker cuts the service's feed twice |
      | the broker is down for 1 second          |
      | the broker is down for 6 seconds         |

  @QA-WS-017 @p0 @critical @needs.relay @needs.announcements
  Scenario: QA-WS-017 A silent link to the broker is announced and survived
    > Specification: given 20 clients, when the link to the broker goes silent without closing, then
    > degraded is announced within 10 s of its last byte, and the rest is as in the other rows: no
    > client is closed, ping is answered within 1 s throughout, ticks resume within 5 s of its return,
    > without duplicates, and recovered is announced before the first new tick.

    Given the ticker service is running, linked to the broker through a relay
    And the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    And all clients ping continuously
    When the link to the broker goes silent until that is announced, for at most 12 seconds, while Alice subscribes to BANKNIFTY
    Then all clients receive status "degraded" within 10 seconds of the link's last byte
    And all clients receive ticks again within 5 seconds of the link's return
    And all clients receive status "recovered" before the first new tick
    And all clients are still connected, and every ping was answered within 1 second

  @QA-WS-106 @p1 @normal @needs.outage @needs.announcements
  Scenario: QA-WS-106 A broker buffer overflow is announced and survived
    > Beyond the plan: a broker output-buffer overflow is survived and announced. A broker does not
    > wait for a subscriber that reads too slowly: it disconnects it and discards what was buffered.

    Given the ticker service is running
    And the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    And all clients ping continuously
    When the broker's output buffer for the service overflows, while Alice subscribes to BANKNIFTY
    Then all clients receive ticks again within 5 seconds of the broker's return
    And all clients receive status "degraded" within 2 seconds of the loss, and "recovered" before the first new tick
    And all clients are still connected, and every ping was answered within 1 second

  @QA-WS-131 @p1 @critical @needs.outage @needs.announcements @needs.outage-told-to-newcomers
  Scenario: QA-WS-131 Whoever subscribes while the broker is away is told of the loss
    > Beyond the plan: loss is announced, never silent (QA-WS-017), also to a client that had
    > subscribed to nothing when the broker went away, and to one that came while it was away. Each is
    > told "degraded", and "recovered" before its first tick. A service may let nobody in meanwhile.

    Given the ticker service is running
    And the market is open, with ticks every 50 ms
    And Alice is connected and subscribed to NIFTY
    And Bob is connected
    And all clients ping continuously
    When the broker is down for 1 second, while Bob subscribes to NIFTY, and Zoe connects and subscribes to it
    Then all clients receive ticks again within 5 seconds of the broker's return
    And all clients receive status "recovered" before the first new tick
    And all clients are still connected, and every ping was answered within 1 second

  @QA-WS-131 @p1 @critical @needs.outage @needs.mint
  Scenario Outline: QA-WS-131 A session ends with its token while the broker is away
    > Beyond the plan: a token is good until it expires, and not until the broker is back. Its session
    > is closed with 1008 "token expired" within 2 s of the expiry (QA-WS-022), also where that comes
    > in an outage; those of others go on.

    Given the ticker service is running
    And the market is open, with ticks every 50 ms
    And Alice is connected and subscribed to NIFTYNXT50 and NIFTY
    And Ida is connected with a token that expires in 2 seconds
    And all clients ping continuously
    When the broker is down for <outage>, while Alice subscribes to BANKNIFTY and unsubscribes from NIFTY
    Then all clients receive ticks again within 5 seconds of the broker's return
    And Ida is closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before
    And Alice is connected

    Examples: an outage that outlives the token
      | outage    |
      | 5 seconds |

  @QA-WS-126 @p1 @critical @needs.relay @needs.announcements
  Scenario Outline: QA-WS-126 A link to the broker that breaks amid a tick is announced and survived
    > Beyond the plan: given 20 clients, when the link to the broker is reset in the middle of a tick,
    > or ends there in one direction only, then the loss is announced within 2 s, and the rest is as in
    > QA-WS-017: no client is closed, ping is answered within 1 s throughout, ticks resume within 5 s,
    > without duplicates, and recovered is announced before the first new tick. Half a tick is no tick.

    Given the ticker service is running, linked to the broker through a relay
    And the market is open, with ticks every 50 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    And all clients ping continuously
    When the link to the broker <breaks> in the middle of a tick, while Alice subscribes to BANKNIFTY
    Then all clients receive ticks again within 5 seconds of the link's return
    And all clients receive status "degraded" within 2 seconds of the loss, and "recovered" before the first new tick
    And all clients are still connected, and every ping was answered within 1 second

    Examples:
      | breaks                |
      | is reset              |
      | ends in one direction |

  @QA-WS-127 @p1 @normal @needs.relay
  Scenario Outline: QA-WS-127 Over a slow link to the broker ticks come later, and that is all
    > Beyond the plan: given 20 clients, when the link to the broker delivers every byte 200 ms late, or
    > a few bytes at a time, which cuts messages anywhere, then each tick arrives whole, once, in order
    > and within 1 s, no loss is announced, no client is closed, and ping is answered within 1 s.

    Given the ticker service is running, linked to the broker through a relay
    And the market is open, with ticks every 100 ms
    And 20 clients are connected and subscribed to NIFTY
    And Alice is connected and subscribed to NIFTYNXT50
    And all clients ping continuously
    When the link to the broker delivers <what> for 3 seconds, while Alice subscribes to BANKNIFTY
    And the market closes
    Then no client has been told of a loss
    And the 20 clients have received every tick exactly once, in order, each within 1 second
    And all clients are still connected, and every ping was answered within 1 second

    Examples:
      | what                     |
      | every byte 200 ms late   |
      | a few bytes at a time    |

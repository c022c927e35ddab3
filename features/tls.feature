@integration @needs.tls @needs.inject
Feature: TLS
  Most clients come over TLS, and inside a firm the certificate is often of an authority of the firm's
  own. Whoever trusts that authority is served as without TLS, and nobody gets round it.

  Background:
    Given the ticker service is running over TLS, with a certificate of a private authority

  @QA-WS-114 @p1 @critical
  Scenario: QA-WS-114 Clients that trust a private authority are served
    > Beyond the plan: TLS with a private authority. Clients that trust it, and no other, are welcomed
    > and get every tick as it was published; who has no token is told why it is turned away.

    Given Alice and Bob are connected and subscribed to NIFTY
    When Mallory connects without a token
    And 200 option ticks for NIFTY are published
    Then Mallory is refused with HTTP 401, or closed with 1008 and a reason containing "Authentication required"
    And Alice and Bob have received every tick exactly once, in order, each within 1 second
    And a ping message from Alice and Bob is answered within 1 second

  @QA-WS-114 @p1 @critical
  Scenario Outline: QA-WS-114 Nobody gets in by less than today's TLS
    > Beyond the plan: TLS with a private authority. Who speaks no TLS gets no session where TLS is
    > spoken. Versions before 1.2 must not be spoken (RFC 8996); others are unharmed.

    Given Alice is connected and subscribed to NIFTY
    When Mallory tries to connect with <how>
    Then Mallory is not let in
    When an option tick for NIFTY is published
    Then Alice receives that tick exactly once, within 1 second

    Examples:
      | how     |
      | no TLS  |
      | TLS 1.0 |
      | TLS 1.1 |

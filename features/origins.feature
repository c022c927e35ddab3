@security @needs.configure @needs.inject
Feature: Origins
  A page of any web site can make its visitor's browser connect. Only pages that are listed get in;
  a client that is no browser names no page, and its token alone counts.

  @QA-WS-023 @p0 @critical
  Scenario Outline: QA-WS-023 A page of a foreign origin is turned away
    > Plan: given an allow-list of origins, when a connection comes with a foreign Origin, then it is
    > refused with HTTP 403 even with a good token; a listed origin and (by documented policy) an
    > absent one are accepted. An origin is the listed one only if it equals it to the letter, as
    > browsers write it.

    Given the ticker service is running with an allow-list of the trading desk and the chart server
    And Alice is connected from the trading desk
    And Bob is connected from the chart server
    And Carol is connected without an Origin header
    When Mallory connects with a valid token from <origin>
    Then Mallory is refused with HTTP 403
    And Alice, Bob and Carol are connected

    Examples:
      | origin                                      |
      | another site                                |
      | a host that ends like a listed one          |
      | a host that begins like a listed one        |
      | a host with a listed one inside             |
      | a listed origin behind another one          |
      | a subdomain of a listed host                |
      | a parent domain of a listed host            |
      | a listed host without encryption            |
      | a listed host on another port               |
      | a listed host without its port              |
      | a listed host with the usual port spelt out |
      | no page (null)                              |
      | an empty origin                             |
      | two origins, the listed one first           |
      | two origins, the listed one last            |
      | two listed origins                          |
      | two origins in one text                     |
      | a listed host in capitals                   |
      | a listed origin with its scheme in capitals |
      | a listed host with a dot behind             |
      | a listed origin with a slash behind         |
      | a listed origin with a path behind          |
      | a listed host as user name                  |
      | a wildcard                                  |
      | a wildcard in place of the host             |
      | an address in place of a name               |
      | a look-alike in other letters               |

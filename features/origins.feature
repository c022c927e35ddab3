@security @needs.configure @needs.inject
Feature: Origins
  A page on any web site can make its visitor's browser connect. Only listed origins are let in; a
  client that is not a browser sends no Origin, and its token alone counts.

  @QA-WS-023 @p0 @critical
  Scenario Outline: QA-WS-023 A page from a foreign origin is turned away
    > Specification: given an allow-list of origins, when a connection comes with a foreign Origin,
    > then it is refused with HTTP 403 even with a good token; a listed origin and (by documented
    > policy) an absent one are accepted, wherever its token is shown. An origin is a listed one only if it equals it character
    > for character, as browsers write it.

    Given the ticker service is running with an allow-list of the trading desk and the chart server
    And Alice is connected from the trading desk
    And Bob is connected from the chart server
    And Carol is connected without an Origin header
    When Mallory connects from <origin> with a valid token
    Then Mallory is refused with HTTP 403
    And Alice, Bob and Carol are connected

    Examples:
      | origin                                 |
      | another site                           |
      | a host that ends like a listed one     |
      | a host that begins like a listed one   |
      | a host that contains a listed one      |
      | a listed origin in another one's query |
      | a subdomain of a listed host           |
      | a parent domain of a listed host       |
      | a listed host over plain HTTP          |
      | a listed host on another port          |
      | a listed host without its port         |
      | an opaque origin (null)                |
      | a listed host with a trailing dot      |
      | an IP address instead of a name        |
      | an IDN homograph (punycode)            |

    @needs.origins-as-text
    Examples: origins that equal a listed one only when they are parsed
      | origin                                          |
      | a listed host with its default port spelled out |
      | a listed host in capitals                       |
      | a listed origin with its scheme in capitals     |

  @QA-WS-023 @p0 @critical
  Scenario Outline: QA-WS-023 An Origin header that is malformed or sent twice opens nothing
    > Specification: given an allow-list of origins, when a connection comes with a foreign Origin,
    > then it is refused with HTTP 403, or with 400 where the header is malformed or sent twice, as
    > many servers do before the application is asked.

    Given the ticker service is running with an allow-list of the trading desk and the chart server
    And Alice is connected from the trading desk
    And Bob is connected from the chart server
    And Carol is connected without an Origin header
    When Mallory connects from <origin> with a valid token
    Then Mallory is refused with HTTP 400 or 403
    And Alice, Bob and Carol are connected

    Examples:
      | origin                                |
      | an empty origin                       |
      | two origins, the listed one first     |
      | two origins, the listed one last      |
      | two listed origins                    |
      | two origins in one header             |
      | a listed origin with a trailing slash |
      | a listed origin with a path           |
      | a listed host as the user name        |
      | a wildcard                            |
      | a wildcard instead of the host        |

@integration @needs.proxy @needs.inject
Feature: Behind a reverse proxy
  Clients seldom reach a service itself: a proxy stands in between. It cuts lines on which nothing
  moves, and may swallow what a service says when it closes.

  @QA-WS-121 @p1 @critical
  Scenario: QA-WS-121 Quiet clients live behind a reverse proxy
    > Beyond the plan: behind a reverse proxy quiet clients survive. A silent client and one of rare
    > ticks stay connected for more than a minute, which is the usual default of proxies, and then
    > still get their ticks.

    Given the ticker service is running behind a reverse proxy
    And Alice and Bob are connected and subscribed to NIFTY
    And Carol is connected
    When Alice, Bob and Carol say nothing for 65 seconds
    Then Alice, Bob and Carol are connected
    When 20 option ticks for NIFTY are published
    Then Alice and Bob have received every tick exactly once, in order, each within 1 second

  @QA-WS-121 @p1 @critical
  Scenario Outline: QA-WS-121 A refusal keeps its reason behind a reverse proxy
    > Beyond the plan: behind a reverse proxy closes and reasons survive. Who has no token is told so.

    Given the ticker service is running behind a reverse proxy
    And Bob is connected and subscribed to NIFTY
    When Alice connects without a token
    Then Alice is refused with HTTP 401, or closed with 1008 and a reason containing "<reason>"
    When an option tick for NIFTY is published
    Then Bob receives that tick exactly once, within 1 second

    Examples:
      | reason                  |
      | Authentication required |

  @QA-WS-121 @p1 @critical @needs.mint
  Scenario Outline: QA-WS-121 The end of a token keeps its reason behind a reverse proxy
    > Beyond the plan: behind a reverse proxy closes and reasons survive. A client whose token expires
    > is told so; another one stays.

    Given the ticker service is running behind a reverse proxy
    And Bob is connected and subscribed to NIFTY
    And Alice is connected with a token that expires in <lifetime>
    Then Alice is closed by the service with code 1008 and a reason containing "token expired", within 2 seconds of the expiry and not before
    And Bob is connected

    Examples:
      | lifetime  |
      | 3 seconds |

  @QA-WS-121 @p1 @critical @needs.configure
  Scenario Outline: QA-WS-121 The end of idleness keeps its reason behind a reverse proxy
    > Beyond the plan: behind a reverse proxy closes and reasons survive. An idle client is told so;
    > one that pings stays.

    Given the ticker service is running behind a reverse proxy, with an idle timeout of <timeout>
    And Bob is connected and pings every 1 second
    When Alice connects with a valid token
    And Alice stays silent until closed, for up to 5 seconds
    Then Alice is closed by the service with code 1000 or 1001 and a reason containing "idle" or "timeout"
    And Bob is connected

    Examples:
      | timeout   |
      | 2 seconds |

  @QA-WS-121 @p1 @critical @needs.configure
  Scenario Outline: QA-WS-121 A full house keeps its reason behind a reverse proxy
    > Beyond the plan: behind a reverse proxy closes and reasons survive. One client over the limit is
    > told so, and the next one gets the place of one that left.

    Given the ticker service is running behind a reverse proxy, with a connection limit of <limit>
    And Alice and Bob are connected
    When Zoe connects with a valid token
    Then Zoe is closed by the service with code 1008 and a reason containing "max connections"
    When Alice disconnects, Zoe keeps trying to connect, and Yuri comes after that
    Then Zoe is welcomed within 2 seconds
    And Yuri is closed by the service with code 1008 and a reason containing "max connections"

    Examples:
      | limit |
      | 2     |

  @QA-WS-121 @p1 @critical @needs.launch
  Scenario Outline: QA-WS-121 A shutdown keeps its reason behind a reverse proxy
    > Beyond the plan: behind a reverse proxy closes and reasons survive. At the end of the service
    > every client has all ticks that came before, and is told why.

    Given the ticker service is running behind a reverse proxy
    And <clients> clients are connected and subscribed to NIFTY
    When ticks for NIFTY are published without a break, and the service receives SIGTERM after 100 of them
    Then all <clients> clients have received every tick published before SIGTERM
    And all <clients> clients are closed by the service with code 1001 and a reason containing "server shutdown", within 5 seconds of SIGTERM

    Examples:
      | clients |
      | 20      |

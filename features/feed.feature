@integration @needs.inject
Feature: Feed
  The feed does not always deliver what it should. Whatever is not a tick reaches nobody, and the
  ticks around it still reach everybody.

  @QA-WS-102 @p1 @critical
  Scenario Outline: QA-WS-102 A malformed payload in the feed harms nobody
    > Beyond the plan: a malformed feed payload does not kill the listener: the good ticks before
    > and after it arrive at every client, nothing malformed is relayed, and no client is closed or
    > receives a status.

    Given the ticker service is running
    And Alice is connected and subscribed to instrument 256265
    And Bob is connected and subscribed to BANKNIFTY
    And Carol and Dave are connected and subscribed to NIFTY, which ticks every 10 ms
    When a malformed payload is published amid the ticks: <payload>
    And ticks of every kind for each of NIFTY and BANKNIFTY are published in turn
    And an option tick for NIFTY is published
    Then Carol and Dave receive that tick exactly once, within 1 second
    And Carol has received no status
    And Alice, Bob, Carol and Dave are connected

    Examples:
      | payload                   |
      | broken JSON               |
      | an empty payload          |
      | bytes that are not text   |
      | a tick that is not UTF-8  |
      | two ticks in one payload  |
      | 1 MB of one letter        |
      | 100,000 nested lists      |
      | a tick whose price is NaN |

    @needs.checked-payloads
    Examples: JSON that is no tick
      | payload                          |
      | a JSON array                     |
      | a JSON number                    |
      | null                             |
      | a tick with 100,000 nested lists |
      | a tick without a symbol          |
      | a tick whose symbol is a number  |
      | a tick without a price           |
      | a tick whose price is text       |
      | a tick without an instrument     |
      | a tick whose instrument is text  |
      | a tick of an unknown type        |
      | a bar without a close            |
      | a bar whose volume is a list     |

  @QA-WS-123 @p1 @critical @needs.own-publisher
  Scenario: QA-WS-123 What the team's own publisher sends reaches clients
    > Beyond the plan: what the team's own publisher sends reaches clients. Elsewhere the suite makes
    > the ticks; in production a program of the team does, and it may name things otherwise than
    > the service does that listens to it.

    Given the ticker service is running
    When Alice subscribes to instrument 256265, and the team's own publisher runs for at most 10 seconds until a tick of it has reached her
    Then an option tick of the team's own publisher has reached Alice as it was published
    And a tick that was published behind it has reached Alice once

@integration @needs.inject
Feature: Feed
  What comes from the feed is not always what it should be. What is no tick reaches nobody, and what
  is one reaches everybody all the same.

  @QA-WS-102 @p1 @critical
  Scenario Outline: QA-WS-102 A malformed payload in the feed harms nobody
    > Plan: a malformed feed payload does not kill the listener: the good ticks before and after it
    > arrive at every client, nothing malformed is relayed, and nobody is closed or told that the feed
    > is lost.

    Given the ticker service is running
    And Alice is connected and subscribed to instrument 256265
    And Bob is connected and subscribed to the NIFTY underlying
    And Carol and Dave are connected and subscribed to NIFTY, which ticks every 10 milliseconds
    When a malformed payload is published amid the ticks: <payload>
    Then a further option tick for NIFTY reaches Carol and Dave within 1 second
    And Carol has received no status
    And Alice, Bob, Carol and Dave are connected

    Examples:
      | payload                                 |
      | broken JSON                             |
      | nothing                                 |
      | bytes that are no text                  |
      | a text that is not UTF-8                |
      | a JSON array                            |
      | a JSON number                           |
      | null                                    |
      | two ticks in one                        |
      | 1 MB of the same letter                 |
      | 100,000 lists in each other             |
      | a tick with 100,000 lists in each other |
      | a tick without a symbol                 |
      | a tick whose symbol is a number         |
      | a tick without a price                  |
      | a tick whose price is a text            |
      | a tick whose price is NaN               |
      | a tick without an instrument            |
      | a tick whose instrument is a text       |
      | a tick of an unknown type               |
      | a bar without a close                   |
      | a bar whose volume is a list            |

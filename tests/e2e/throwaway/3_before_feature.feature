@breaks.before_feature
Feature: A feature that cannot begin

  @QA-WS-021 @p0 @security
  Scenario Outline: QA-WS-021 Kept from running
    Given the message is <kind>

    Examples:
      | kind     |
      | alg none |
      | expired  |

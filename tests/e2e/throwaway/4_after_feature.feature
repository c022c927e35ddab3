@breaks.after_feature
Feature: A feature that cannot end

  @QA-WS-025 @p0 @security
  Scenario: QA-WS-025 It passes
    Given it holds

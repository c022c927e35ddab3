@security @needs.statistics @needs.private-statistics
Feature: Statistics
  How many clients a service has, and what they hold, is the business of whoever runs it.

  Background:
    Given the ticker service is running

  @QA-WS-120 @p1 @normal
  Scenario Outline: QA-WS-120 Statistics are not for strangers
    > Beyond the plan: statistics are not for strangers. Whoever shows no credentials, or wrong ones,
    > gets HTTP 401 or 403 and learns no number; with the credentials the statistics can be read.

    When a stranger asks for the statistics with <credentials>
    Then the stranger is answered with HTTP 401 or 403, and learns no number
    And whoever has the credentials can read the statistics

    Examples:
      | credentials       |
      | no credentials    |
      | wrong credentials |

    @needs.mint
    Examples: tokens that open nothing
      | credentials       |
      | an expired token  |
      | a forged token    |

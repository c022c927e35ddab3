Feature: Gallery

  @QA-WS-001 @p0 @integration @critical
  Scenario: QA-WS-001 It passes
    Given it holds

  @QA-WS-002 @p0 @integration
  Scenario: QA-WS-002 The service is refuted
    Given the service is refuted
    Then it holds

  @QA-WS-003 @p0 @integration
  Scenario Outline: QA-WS-003 An outline
    Given the message is <message>
    And "answer" is "<took>" where "at most 200 ms" is allowed

    Examples:
      | message          | took   |
      | a <broken> one   | 4.5 ms |
      | one, more so     | 7.5 ms |

  @QA-WS-004 @p0 @integration @breaks.cleanup
  Scenario: QA-WS-004 A cleanup raises
    Given it holds

  @QA-WS-005 @p0 @integration @breaks.before
  Scenario: QA-WS-005 before_scenario raises
    Given it holds

  @QA-WS-006 @p0 @integration @needs.inject
  Scenario: QA-WS-006 Skipped for a reason
    Given it holds

  @QA-WS-007 @p0 @integration @breaks.after
  Scenario: QA-WS-007 after_scenario raises
    Given it holds

  @QA-WS-008 @p0 @integration
  Scenario: QA-WS-008 The harness is starved
    Given the harness is starved

  @QA-WS-009 @p0 @integration
  Scenario: One name
    Given the broker is away

  @QA-WS-011 @p0 @integration
  Scenario: One name
    Given it holds

  @QA-WS-012 @p0 @integration
  Scenario: QA-WS-012 An undefined step
    Given nobody wrote this

  @QA-WS-014 @p0 @load @refuted.after
  Scenario: QA-WS-014 Refuted after the last step
    Given it holds

  @QA-WS-016 @p0 @integration
  Scenario: QA-WS-016 Skipped by a step
    Given it holds
    When the rest is skipped
    Then it holds

  @QA-WS-017 @p1 @integration
  Scenario: QA-WS-017 Deselected
    Given a step of the deselected scenario

  @QA-WS-018 @p0 @integration
  Scenario: QA-WS-018 After a deselected one
    Given it holds

  @QA-WS-019 @p0 @load
  Scenario: QA-WS-019 Nothing in it

  @QA-WS-020 @p0 @load @breaks.after_step
  Scenario: QA-WS-020 after_step raises
    Given it holds

  @QA-WS-022 @p0 @security
  Scenario: QA-WS-022 A plain assertion
    Given a plain assertion fails

  @QA-WS-024 @p0 @security
  Scenario: QA-WS-024 Passed in spite of its evidence
    Given "memory growth" is "9 MB" where "at most 8 MB" is allowed, but nobody looks
    And "answer" is "9 ms" where "at most 8 ms" is allowed, but nobody looks
    And "answer" is "3 ms" where "at most 8 ms" is allowed
    And "answer" is "4 ms" where "at most 8 ms" is allowed

  @QA-WS-101 @p0 @integration
  Scenario: QA-WS-101 A name that goes on and on, as names of scenarios do when nobody stops them, and says the same thing again, and again, and again, until no line on any page could hold it, noteveniftheylefttheblanksoutofitbecausesuchawordisasbadforatableasalongsentenceisandbreaksthelayout
    Given a step has a bug

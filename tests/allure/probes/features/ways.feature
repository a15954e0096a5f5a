Feature: Ways to end
  Each phrase ends in its own way.

  @TC-02 @P0 @blocker
  Scenario: passes
    ทุกอย่างเรียบร้อย <b>ตัวหนา</b>

    Given nothing is wrong
    And a table
      | Name  | Value    |
      | <tag> | ค่า & more |

  @TC-02 @P0
  Scenario: the executor fails
    Given nothing is wrong
    When the executor breaks its promise
    Then nothing is wrong

  @TC-02
  Scenario: the test environment breaks
    When the test environment breaks

  @TC-02
  Scenario: the suite is wrong
    When the suite is wrong

  @TC-02
  Scenario: undefined
    Given nothing is wrong
    When nobody ever wrote this phrase

  @TC-02
  Scenario: skipped in the middle
    Given nothing is wrong
    When the scenario is skipped in the middle
    Then nothing is wrong

  @TC-02
  Scenario: clean-up raises
    Given a clean-up that raises

Feature: Names

  @TC-02
  Scenario: the same
    Given nothing is wrong

  @TC-02
  Scenario: the same
    When the executor breaks its promise

  @TC-02
  Scenario Outline: rows
    Given the <colour> of a row

    Examples:
      | colour | size |
      | red    | 1    |
      | blue   | 2    |
      | blue   | 2    |

  @TC-02
  Rule: under a rule

    Scenario: the same
      Given nothing is wrong

    Scenario Outline: rows of a rule
      When <ending>

      Examples:
        | ending                               |
        | the executor breaks its promise      |
        | nobody ever wrote this phrase either |

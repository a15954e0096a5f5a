Feature: Interrupted

  @TC-02
  Scenario: before
    Given nothing is wrong

  @TC-02
  Scenario: during
    When somebody presses Ctrl-C
    Then nothing is wrong

  @TC-02
  Scenario: after
    Given nothing is wrong

Feature: Plain

  @TC-02 @P0
  Scenario: first
    Given nothing is wrong

  @TC-02 @P0
  Scenario: second
    Given nothing is wrong

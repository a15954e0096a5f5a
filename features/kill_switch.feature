Feature: Kill switch
  Turning the kill switch on stops the executor: before the change nothing is done, after it the change is
  taken back. When nobody can say whether the switch is on, it counts as on.

  @TC-02 @P0 @blocker
  Scenario: TC-02 Kill Switch Before Start
    Kill switch เปิดก่อนเริ่ม → abort

    Given execution run "test-tc02-001" on connection "conn-002" adds index "idx_tc02_status" on test_orders (status)
    And the kill switch of connection "conn-002" is on
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected    |
      | Kill switch detected       | Yes         |
      | Index created              | No          |
      | Final execution_run Status | FAILED      |
      | fail_reason                | kill_switch |
      | ADD INDEX statements sent  | 0           |

  @TC-02 @P0 @blocker
  Scenario: TC-02 Kill Switch Before Start: the global switch
    Global kill switch เปิดก่อนเริ่ม → abort ทุก connection

    Given execution run "test-tc02-001" on connection "conn-002" adds index "idx_tc02_status" on test_orders (status)
    And the global kill switch is on
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected    |
      | Kill switch detected       | Yes         |
      | Index created              | No          |
      | Final execution_run Status | FAILED      |
      | fail_reason                | kill_switch |
      | ADD INDEX statements sent  | 0           |

  @TC-02 @P0 @blocker
  Scenario: TC-02 Kill Switch Before Start: turned on without a reason
    Kill switch เปิดโดยไม่ระบุเหตุผล → ยังคงต้อง abort

    Given execution run "test-tc02-001" on connection "conn-002" adds index "idx_tc02_status" on test_orders (status)
    And the kill switch of connection "conn-002" is on, without a reason
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected    |
      | Kill switch detected       | Yes         |
      | Index created              | No          |
      | Final execution_run Status | FAILED      |
      | fail_reason                | kill_switch |
      | ADD INDEX statements sent  | 0           |

  @TC-02 @P0 @blocker @needs.secret
  Scenario: TC-02 Kill Switch Before Start: nobody turns it off without the secret
    คนที่ไม่มี secret หรือใช้ secret ผิด ปิด kill switch ไม่ได้ → ยังคงต้อง abort

    Given execution run "test-tc02-001" on connection "conn-002" adds index "idx_tc02_status" on test_orders (status)
    And the kill switch of connection "conn-002" is on
    And somebody without the secret has tried to turn the kill switch of connection "conn-002" off
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected    |
      | Kill switch detected       | Yes         |
      | Index created              | No          |
      | Final execution_run Status | FAILED      |
      | fail_reason                | kill_switch |
      | ADD INDEX statements sent  | 0           |

  @TC-02 @P0 @blocker
  Scenario: TC-02 Kill Switch Before Start: control, the switch of another connection
    Kill switch ของ connection อื่นเปิดอยู่ → run นี้ต้องทำต่อจนจบ

    Given execution run "test-tc02-001" on connection "conn-002" adds index "idx_tc02_status" on test_orders (status)
    And the kill switch of connection "conn-020" is on
    And the answers about the kill switch come compressed, in chunks and with a charset
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected  |
      | Kill switch detected       | No        |
      | ADD INDEX carried out      | once      |
      | Index still exists         | Yes       |
      | Final execution_run Status | COMPLETED |
      | fail_reason                | NULL      |

  @TC-03 @P0 @blocker
  Scenario: TC-03 Kill Switch After ADD INDEX
    Kill switch เปิดหลัง ADD INDEX ก่อน verify → rollback

    Given execution run "test-tc03-001" on connection "conn-003" adds index "idx_tc03_date" on test_orders (order_date)
    And the kill switch of connection "conn-003" will be turned on once the index exists
    When worker 1 carries out the run
    Then the result log reads
      | Field                          | Expected    |
      | ADD INDEX successful           | Yes         |
      | Kill switch detected after ADD | Yes         |
      | Rollback executed              | Yes         |
      | Index exists after rollback    | No          |
      | Final execution_run Status     | ROLLED_BACK |
      | fail_reason                    | kill_switch |
      | Rollback record status         | completed   |

  @TC-03 @P0 @blocker
  Scenario: TC-03 Kill Switch After ADD INDEX: the global switch
    Global kill switch เปิดหลัง ADD INDEX ก่อน verify → rollback

    Given execution run "test-tc03-001" on connection "conn-003" adds index "idx_tc03_date" on test_orders (order_date)
    And the global kill switch will be turned on once the index exists
    And the SaaS API chooses the claim tokens itself
    And the SaaS API will at first fail to take the records of the rollback
    When worker 1 carries out the run
    Then the result log reads
      | Field                          | Expected    |
      | ADD INDEX successful           | Yes         |
      | Kill switch detected after ADD | Yes         |
      | Rollback executed              | Yes         |
      | Index exists after rollback    | No          |
      | Final execution_run Status     | ROLLED_BACK |
      | fail_reason                    | kill_switch |
      | Rollback record status         | completed   |

  @TC-03 @P0 @blocker
  Scenario: TC-03 Kill Switch After ADD INDEX: turned on during the metrics window
    Kill switch เปิดระหว่าง metrics window → ต้องเห็นเมื่อ window ปิด และ rollback ก่อนตัดสินผล
    The queries get faster, so nothing but the switch speaks against the index.

    Given execution run "test-tc03-001" on connection "conn-003" adds index "idx_tc03_date" on test_orders (order_date)
    And the application's queries will get faster once the index exists
    And the kill switch of connection "conn-003" will be turned on during the metrics window
    When worker 1 carries out the run
    Then the result log reads
      | Field                          | Expected    |
      | ADD INDEX successful           | Yes         |
      | Kill switch detected after ADD | Yes         |
      | Rollback executed              | Yes         |
      | Index exists after rollback    | No          |
      | Final execution_run Status     | ROLLED_BACK |
      | fail_reason                    | kill_switch |
      | Rollback record status         | completed   |

  @TC-03 @P0 @blocker
  Scenario: TC-03 Kill Switch After ADD INDEX: the records of the rollback are refused
    บันทึกของ rollback ถูกปฏิเสธ → rollback และรายงานสุดท้ายต้องไม่หยุดเพราะเหตุนี้

    Given execution run "test-tc03-001" on connection "conn-003" adds index "idx_tc03_date" on test_orders (order_date)
    And the kill switch of connection "conn-003" will be turned on once the index exists
    And the SaaS API will refuse the records of the rollback
    When worker 1 carries out the run
    Then the result log reads
      | Field                          | Expected    |
      | ADD INDEX successful           | Yes         |
      | Kill switch detected after ADD | Yes         |
      | Index exists after rollback    | No          |
      | Final execution_run Status     | ROLLED_BACK |
      | fail_reason                    | kill_switch |

  @TC-09 @P0 @blocker
  Scenario Outline: TC-09 Kill Switch API Failure: <API error>
    Kill switch API ล่ม → fail-closed abort

    Given execution run "test-tc09-001" on connection "conn-009" adds index "idx_tc09_api" on test_orders (customer_id, order_date)
    And the kill switch API fails: <API error>
    When worker 1 carries out the run
    Then the result log reads
      | Field                      | Expected             |
      | API error detected         | Yes                  |
      | Fail-closed behavior       | Yes (assumes active) |
      | Index created              | No                   |
      | Final execution_run Status | FAILED               |
      | fail_reason                | kill_switch          |
      | ADD INDEX statements sent  | 0                    |

    Examples: the API answers with an error, or not at all
      | API error                          |
      | 500 Internal Server Error          |
      | 503 Service Unavailable            |
      | time-out                           |
      | connection reset                   |
      | headers in time, the body too late |

    Examples: the status says that it is no answer, and the body says inactive
      | API error                                |
      | 201 Created that says inactive           |
      | 401 Unauthorized that says inactive      |
      | 404 Not Found that says inactive         |
      | 502 Bad Gateway that says inactive       |

    Examples: the body is nearly the one that says inactive
      | API error                            |
      | 0 in place of false                  |
      | null in one of the two fields        |
      | fields that are there more than once |
      | field names in other letters         |
      | the answer inside another object     |
      | two objects, one after the other     |
      | a number that JSON does not have     |

    Examples: the body says inactive, and is told to be something else
      | API error                            |
      | content type of another kind of JSON |

    Examples: the API answers, but not the question
      | API error                                |
      | HTML page instead of an answer           |
      | empty object                             |
      | one of the two fields missing            |
      | false written as text                    |
      | half an answer, and a whole one too late |
      | half an object                           |
      | 302 to a sign-in page                    |
      | 302 to an address that says inactive     |

    @needs.refusals
    Examples: nobody is there to answer
      | API error          |
      | connection refused |

  @TC-09 @P0 @blocker
  Scenario Outline: TC-09 Kill Switch API Failure after ADD INDEX: <API error>
    Kill switch API ล่มหลัง ADD INDEX → ถือว่า kill switch เปิด → rollback

    Given execution run "test-tc09-001" on connection "conn-009" adds index "idx_tc09_api" on test_orders (customer_id, order_date)
    And the kill switch API will fail once the index exists: <API error>
    When worker 1 carries out the run
    Then the result log reads
      | Field                       | Expected             |
      | ADD INDEX successful        | Yes                  |
      | API error detected          | Yes                  |
      | Fail-closed behavior        | Yes (assumes active) |
      | Rollback executed           | Yes                  |
      | Index exists after rollback | No                   |
      | Final execution_run Status  | ROLLED_BACK          |
      | fail_reason                 | kill_switch          |
      | Rollback record status      | completed            |

    Examples:
      | API error                                  |
      | 500 Internal Server Error                  |
      | time-out                                   |
      | a byte order mark before the object        |
      | content type that begins like that of JSON |
      | no content type                            |

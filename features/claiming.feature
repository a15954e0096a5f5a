Feature: Claiming an execution run
  Many workers may want the same execution run, and only one of them gets it.

  @TC-01 @P1 @critical
  Scenario: TC-01 Worker Claim Conflict
    Worker 2 ตัว claim execution_run เดียวกัน → ต้องรันได้ตัวเดียว

    Given execution run "test-tc01-001" on connection "conn-001" adds index "idx_tc01_customer" on test_orders (customer_id)
    When two workers claim the run at the same moment, and the one that gets it is called worker 1
    And the same execution run is scheduled once more
    Then the result log reads
      | Field                      | Expected     |
      | Worker 1 HTTP Response     | 200 OK       |
      | Worker 2 HTTP Response     | 409 Conflict |
      | Final execution_run Status | COMPLETED    |
      | Only 1 worker executed     | Yes          |
      | Worker 1 exit status       | 0            |
      | Worker 2 exit status       | 3            |
      | Same run scheduled again   | 409 Conflict |

  @TC-01 @P1 @critical
  Scenario: TC-01 Worker Claim Conflict: control, the claim is answered with an error
    Claim ได้ response ที่เป็น error ซึ่งไม่ใช่ 409 → worker ต้องไม่แตะอะไร และ exit code ต้องไม่ใช่ทั้ง 0 และ 3
    A worker that sends its claim again meets another error the second time.

    Given execution run "test-tc01-001" on connection "conn-001" adds index "idx_tc01_customer" on test_orders (customer_id)
    And the SaaS API will answer the claim of worker 1 with 500, and then with 404
    When worker 1 carries out the run
    Then the result log reads
      | Field                         | Expected  |
      | Worker 1 claimed successfully | No        |
      | ADD INDEX statements sent     | 0         |
      | Final execution_run Status    | SCHEDULED |

  @TC-01 @P1 @critical
  Scenario: TC-01 Worker Claim Conflict: control, two runs at once whose ids are alike
    Run สองรายการที่ id ยาว 64 ตัวอักษรและต่างกันเพียงตัวพิมพ์เล็กใหญ่ของตัวสุดท้าย ทำบนตารางเดียวกันพร้อมกัน → ต้องสำเร็จทั้งคู่ และ worker ต้องไม่แตะ run หรือ connection ของกันและกัน

    Given execution run "test-tc01-001:one-of-two-runs-with-ids-which-only-differ-in-case" on connection "conn-001" adds index "idx_tc01_customer" on test_orders (customer_id)
    And beside it execution run "test-tc01-001:one-of-two-runs-with-ids-which-only-differ-in-casE" on connection "conn-001" adds index "idx_tc01_date" on test_orders (order_date)
    When workers 1 and 2 carry out the two runs at once, and the table comes free when both ADD INDEX statements wait for it
    Then the result log reads
      | Field                      | Expected  |
      | Worker 1 HTTP Response     | 200 OK    |
      | Worker 1 exit status       | 0         |
      | ADD INDEX carried out      | once      |
      | Final execution_run Status | COMPLETED |
      | Run beside it              | COMPLETED |
